#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"

/* A compositor that owes a frame callback for this long does not show the window to anybody. */
#define SIGHT_HIDDEN_AFTER_NS UINT64_C(250000000)

/*
 * Whether anybody can see a window. Not every compositor says so (xdg-shell 6 `suspended`); what
 * all do is to send no frame callbacks for windows that are not drawn. Zero-initialise.
 */
struct sight {
	bool mapped;
	bool suspended;
	bool starved; /* a callback is overdue */
	bool waiting; /* for a callback */
	struct deadline deadline;
	/* sight_is_visible() may answer differently now. May be called from any of these. */
	void (*changed)(void *data);
	void *data;
};

void sight_init(
	struct sight *sight, struct deadlines *deadlines, void (*changed)(void *data), void *data);
void sight_finish(struct sight *sight);

bool sight_is_visible(const struct sight *sight);

void sight_set_mapped(struct sight *sight);
void sight_set_suspended(struct sight *sight, bool suspended);
/* A commit asked for a frame callback. */
void sight_wait(struct sight *sight);
/* The callback came; or (shown false) its surface went away and it never will. */
void sight_end_wait(struct sight *sight, bool shown);
