#include "qemu-dbus/timer.h"

#include <time.h>

#include "base/clock.h"

void
timer_start(sd_event_source **timer, sd_event *event, uint64_t delay_ms,
	sd_event_time_handler_t handler, void *data)
{
	uint64_t delay_us = delay_ms * US_PER_MS;

	if (*timer == NULL) {
		sd_event_add_time_relative(
			event, timer, CLOCK_MONOTONIC, delay_us, 1, handler, data);
	} else if (sd_event_source_get_enabled(*timer, NULL) == 0) {
		sd_event_source_set_time_relative(*timer, delay_us);
		sd_event_source_set_enabled(*timer, SD_EVENT_ONESHOT);
	}
}

void
timer_stop(sd_event_source *timer)
{
	/* Most have run out or been stopped, which is cheaper to ask than to do again. */
	if (timer != NULL && sd_event_source_get_enabled(timer, NULL) > 0) {
		sd_event_source_set_enabled(timer, SD_EVENT_OFF);
	}
}
