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
start_wait(struct sight *sight)
{
	deadline_set(&sight->deadline, clock_now_ns() + SIGHT_HIDDEN_AFTER_NS);
}

static void
handle_deadline_reached(void *data)
{
	struct sight *sight = data;

	set(sight, &sight->starved, true);
}

void
sight_init(
	struct sight *sight, struct deadlines *deadlines, void (*changed)(void *data), void *data)
{
	deadline_init(&sight->deadline, deadlines, handle_deadline_reached, sight);
	sight->changed = changed;
	sight->data = data;
}

void
sight_finish(struct sight *sight)
{
	deadline_finish(&sight->deadline);
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
		if (sight->waiting) {
			start_wait(sight);
		}
	}
	set(sight, &sight->suspended, suspended);
}

void
sight_wait(struct sight *sight)
{
	sight->waiting = true;
	start_wait(sight);
}

void
sight_end_wait(struct sight *sight, bool shown)
{
	sight->waiting = false;
	deadline_set(&sight->deadline, DEADLINE_NEVER);
	if (shown) {
		set(sight, &sight->starved, false);
	}
}
