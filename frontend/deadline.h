#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * Times at which something of the frame path is to happen. A timer of sd-event's costs two to four
 * system calls each time it is set and goes off, a deferred source one: for every frame. These cost
 * none: the loop looks at them between two events, and sleeps no longer than until the first.
 */

#define DEADLINE_NEVER UINT64_MAX
/* Once the event at hand has been dealt with, before the loop sends, reads or sleeps. */
#define DEADLINE_NOW UINT64_C(0)
/* Reached in a row before events have their turn. */
#define DEADLINE_MAX_DUE 64

struct deadline;

/* Those that are set, the earliest first: few of all, as most frames are shown and answered at
 * once. */
struct deadlines {
	struct deadline *first, *last;
};

/* Embedded by whoever waits. */
struct deadline {
	struct deadlines *list;
	struct deadline *before, *next; /* while set */
	uint64_t at_ns;                 /* by CLOCK_MONOTONIC, or one of the two above */
	void (*reached)(void *data);
	void *data;
};

/* Starts at DEADLINE_NEVER. reached is called from the loop, with the deadline at NEVER again. */
void deadline_init(
	struct deadline *deadline, struct deadlines *list, void (*reached)(void *data), void *data);
/* Legal in every callback, twice, and for one that is all zeroes. */
void deadline_finish(struct deadline *deadline);

void deadline_set(struct deadline *deadline, uint64_t at_ns);

/*
 * What is due, then one turn of the loop, no longer than timeout_us or until the first deadline.
 * As sd_event_run: > 0 when an event was dispatched, 0 when not, or negative errno.
 */
int deadlines_run(struct deadlines *list, sd_event *event, uint64_t timeout_us);
/* Turns of the loop until it ends: its exit code, or negative errno. */
int deadlines_loop(struct deadlines *list, sd_event *event);
