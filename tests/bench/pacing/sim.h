#pragma once

#include <stdint.h>

/* Discrete events in virtual time: nothing waits, and every run is the same. */

#define SIM_MAX_EVENTS 1024

typedef void (*sim_fn)(void *data, uint64_t number);

struct sim_event {
	uint64_t at_ns, order;
	sim_fn fn;
	void *data;
	uint64_t number;
};

/* Zero-initialise. */
struct sim {
	uint64_t now_ns, n_added;
	uint32_t n_events;
	struct sim_event events[SIM_MAX_EVENTS]; /* a heap, the next one first */
};

/* Calls fn(data, number) then; of several at one time, the first added is the first called. */
void sim_at(struct sim *sim, uint64_t at_ns, sim_fn fn, void *data, uint64_t number);
void sim_run(struct sim *sim, uint64_t until_ns);
