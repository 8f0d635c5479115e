#pragma once

#include <systemd/sd-event.h>

#include "flow.h"

/* The event loop's time, for flow. */
struct flow_event_clock {
	struct flow_clock base; /* first */
	sd_event_source *timer;
	struct flow *flow; /* to be set before the first update */
};

/* Returns 0 or negative errno; to be finished in any case. */
int flow_event_clock_init(struct flow_event_clock *clock, sd_event *event);
void flow_event_clock_finish(struct flow_event_clock *clock);
