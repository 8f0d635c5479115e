#include "meter.h"

#include <assert.h>

#include "base/clock.h"

void
meter_init(struct meter *meter, sd_event *event, void (*measured)(void *data), void *data)
{
	*meter = (struct meter){ .event = event, .measured = measured, .data = data };
}

void
meter_finish(struct meter *meter)
{
	meter->timer = sd_event_source_disable_unref(meter->timer);
}

static int
handle_interval(sd_event_source *source, uint64_t usec, void *data)
{
	struct meter *meter = data;

	stats_end_interval(&meter->stats, clock_now_ns());
	sd_event_source_set_time_relative(source, STATS_INTERVAL_NS / NS_PER_US);
	meter->measured(meter->data);
	return 0;
}

int
meter_start(struct meter *meter)
{
	int r;

	if (!meter_is_on(meter)) {
		r = sd_event_add_time_relative(meter->event, &meter->timer, CLOCK_MONOTONIC,
			STATS_INTERVAL_NS / NS_PER_US, 1, handle_interval, meter);
		if (r >= 0) {
			r = sd_event_source_set_enabled(meter->timer, SD_EVENT_ON);
		}
		if (r < 0) {
			meter_finish(meter);
			return r;
		}
		stats_set_on(&meter->stats, true, clock_now_ns());
	}
	meter->n_users++;
	return 0;
}

void
meter_stop(struct meter *meter)
{
	assert(meter_is_on(meter));
	meter->n_users--;
	if (!meter_is_on(meter)) {
		stats_set_on(&meter->stats, false, clock_now_ns());
		meter_finish(meter);
	}
}
