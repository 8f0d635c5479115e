#include "flow-event-clock.h"

#include "base/clock.h"

static uint64_t
handle_now_ns(struct flow_clock *base)
{
	return clock_now_ns();
}

static void
handle_arm(struct flow_clock *base, uint64_t at_ns)
{
	deadline_set(&((struct flow_event_clock *)base)->deadline, at_ns);
}

static void
handle_deadline_reached(void *data)
{
	struct flow_event_clock *clock = data;

	flow_expire(clock->flow);
}

void
flow_event_clock_init(struct flow_event_clock *clock, struct deadlines *deadlines)
{
	*clock = (struct flow_event_clock){
		.base = { .now_ns = handle_now_ns, .arm = handle_arm },
	};
	deadline_init(&clock->deadline, deadlines, handle_deadline_reached, clock);
}

void
flow_event_clock_finish(struct flow_event_clock *clock)
{
	deadline_finish(&clock->deadline);
}
