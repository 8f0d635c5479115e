#include "flow-event-clock.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static uint64_t
handle_now_ns(struct flow_clock *base)
{
	return clock_now_ns();
}

static void
handle_arm(struct flow_clock *base, uint64_t at_ns)
{
	struct flow_event_clock *clock = (struct flow_event_clock *)base;
	int r = sd_event_source_set_time(clock->timer, at_ns / NS_PER_US);

	if (r >= 0) {
		r = sd_event_source_set_enabled(clock->timer, SD_EVENT_ONESHOT);
	}
	if (r < 0) {
		log_error("cannot set the deadline of an answer: %s", strerror(-r));
	}
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct flow_event_clock *clock = data;

	flow_expire(clock->flow);
	return 0;
}

int
flow_event_clock_init(struct flow_event_clock *clock, sd_event *event)
{
	int r;

	*clock = (struct flow_event_clock){
		.base = { .now_ns = handle_now_ns, .arm = handle_arm },
	};
	/* 0 would mean sd-event's default accuracy, a quarter of a second. */
	r = sd_event_add_time(event, &clock->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, clock);
	return r < 0 ? r : sd_event_source_set_enabled(clock->timer, SD_EVENT_OFF);
}

void
flow_event_clock_finish(struct flow_event_clock *clock)
{
	sd_event_source_disable_unref(clock->timer);
	*clock = (struct flow_event_clock){ 0 };
}
