#include "sim.h"

#include <assert.h>
#include <stdbool.h>

static bool
is_before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

static void
swap(struct sim_event *a, struct sim_event *b)
{
	struct sim_event kept = *a;

	*a = *b;
	*b = kept;
}

void
sim_at(struct sim *sim, uint64_t at_ns, sim_fn fn, void *data, uint64_t number)
{
	uint32_t i = sim->n_events++;

	assert(sim->n_events <= SIM_MAX_EVENTS && at_ns >= sim->now_ns);
	sim->events[i] = (struct sim_event){ at_ns, sim->n_added++, fn, data, number };
	while (i > 0 && is_before(&sim->events[i], &sim->events[(i - 1) / 2])) {
		swap(&sim->events[i], &sim->events[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
}

static struct sim_event
take_first(struct sim *sim)
{
	struct sim_event first = sim->events[0];
	uint32_t i = 0;

	sim->events[0] = sim->events[--sim->n_events];
	for (;;) {
		uint32_t least = i;
		for (uint32_t child = 2 * i + 1; child <= 2 * i + 2; child++) {
			if (child < sim->n_events &&
				is_before(&sim->events[child], &sim->events[least])) {
				least = child;
			}
		}
		if (least == i) {
			return first;
		}
		swap(&sim->events[i], &sim->events[least]);
		i = least;
	}
}

void
sim_run(struct sim *sim, uint64_t until_ns)
{
	while (sim->n_events > 0 && sim->events[0].at_ns <= until_ns) {
		struct sim_event event = take_first(sim);
		sim->now_ns = event.at_ns;
		event.fn(event.data, event.number);
	}
	sim->now_ns = until_ns;
}
