#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/* Timers that go off once, and cost nothing to start and stop over and over. */

/*
 * Starts it, unless it runs: a *timer of NULL is created. Without memory it stays NULL and never
 * goes off.
 */
void timer_start(sd_event_source **timer, sd_event *event, uint64_t delay_ms,
	sd_event_time_handler_t handler, void *data);
/* NULL is fine. */
void timer_stop(sd_event_source *timer);
