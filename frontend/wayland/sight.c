#include "sight.h"

#include "base/clock.h"

static void
set(struct sight *sight, bool *field, bool value)
{
	bool before = sight_is_visible(sight);

	*field = value;
	if (sight_is_visible(sight) != before) {
		sight->changed(sight->data);
	}
}

static void
arm(struct sight *sight, uint64_t delay_ns)
{
	int enabled = SD_EVENT_OFF;

	sd_event_source_get_enabled(sight->timer, &enabled);
	if (enabled == SD_EVENT_OFF) {
		sd_event_source_set_time_relative(sight->timer, delay_ns / NS_PER_US);
		sd_event_source_set_enabled(sight->timer, SD_EVENT_ONESHOT);
	}
}

/* Armed once for many frames: looks how old the wait at hand really is. */
static int
handle_timer(sd_event_source *source, uint64_t time_us, void *data)
{
	struct sight *sight = data;
	uint64_t age_ns;

	if (!sight->waiting) {
		return 0;
	}
	age_ns = clock_now_ns() - sight->since_ns;
	if (age_ns < SIGHT_HIDDEN_AFTER_NS) {
		arm(sight, SIGHT_HIDDEN_AFTER_NS - age_ns);
	} else {
		set(sight, &sight->starved, true);
	}
	return 0;
}

int
sight_init(struct sight *sight, sd_event *event, void (*changed)(void *data), void *data)
{
	int r = sd_event_add_time(event, &sight->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, sight);

	sight->changed = changed;
	sight->data = data;
	return r < 0 ? r : sd_event_source_set_enabled(sight->timer, SD_EVENT_OFF);
}

void
sight_finish(struct sight *sight)
{
	sd_event_source_disable_unref(sight->timer);
	*sight = (struct sight){ 0 };
}

bool
sight_is_visible(const struct sight *sight)
{
	return sight->mapped && !sight->suspended && !sight->starved;
}

void
sight_set_mapped(struct sight *sight)
{
	set(sight, &sight->mapped, true);
}

void
sight_set_suspended(struct sight *sight, bool suspended)
{
	if (suspended == sight->suspended) {
		return;
	}
	if (!suspended) {
		/* What was overdue while nobody looked says nothing about now. */
		sight->starved = false;
		sight->since_ns = clock_now_ns();
		if (sight->waiting) {
			arm(sight, SIGHT_HIDDEN_AFTER_NS);
		}
	}
	set(sight, &sight->suspended, suspended);
}

void
sight_wait(struct sight *sight)
{
	sight->waiting = true;
	sight->since_ns = clock_now_ns();
	arm(sight, SIGHT_HIDDEN_AFTER_NS);
}

void
sight_end_wait(struct sight *sight, bool shown)
{
	sight->waiting = false;
	if (shown) {
		set(sight, &sight->starved, false);
	}
}
