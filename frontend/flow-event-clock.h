#pragma once

#include "deadline.h"
#include "flow.h"

/* The event loop's time, for flow. */
struct flow_event_clock {
	struct flow_clock base; /* first */
	struct deadline deadline;
	struct flow *flow; /* to be set before the first update */
};

void flow_event_clock_init(struct flow_event_clock *clock, struct deadlines *deadlines);
void flow_event_clock_finish(struct flow_event_clock *clock);
