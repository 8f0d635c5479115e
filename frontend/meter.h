#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "stats.h"

/* Measures one guest monitor for as long as somebody wants it, interval after interval. */
struct meter {
	sd_event *event; /* borrowed */
	sd_event_source *timer;
	uint32_t n_users;
	struct stats stats;
	/* An interval ended; from the loop. */
	void (*measured)(void *data);
	void *data;
};

void meter_init(struct meter *meter, sd_event *event, void (*measured)(void *data), void *data);
void meter_finish(struct meter *meter);

/* Counted: it measures until each who started it has stopped it. Returns 0 or negative errno. */
int meter_start(struct meter *meter);
void meter_stop(struct meter *meter);

static inline bool
meter_is_on(const struct meter *meter)
{
	return meter->n_users > 0;
}
