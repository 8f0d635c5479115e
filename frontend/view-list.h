#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "observers.h"

struct flow;
struct view;

/* The views of the VM, as the app keeps them. */
struct view_list {
	struct view *views[GUEST_MAX_HEADS]; /* by console number, lowest first */
	uint32_t n_views;
	struct flow *flow; /* has their answers */
	struct observers *observers;
	bool gone;       /* the VM is, and is waited for: what they show is of before */
	bool taken_over; /* another viewer has the VM: it shows, but takes and is told nothing */
};

/* NULL: there is no such console. */
struct view *view_list_find(const struct view_list *views, uint32_t console);
/*
 * console: a number, or CLI_CONSOLE_FIRST: the first that is on, else the first. NULL: it does not
 * exist.
 */
struct view *view_list_choose(const struct view_list *views, int32_t console);
