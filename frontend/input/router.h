#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "input.h"

/*
 * Between a window and its guest monitor: knows what the guest holds down and lets go of it when
 * the focus goes, keeps our own key combinations from the guest, and decides when the pointer is
 * to be locked. One per window. Nothing of a key is logged.
 */

struct router;

/* What our own keys ask for: Ctrl+Alt with the key named here. */
enum router_action {
	ROUTER_TOGGLE_STATS,      /* S: statistics over the picture */
	ROUTER_TOGGLE_FULLSCREEN, /* F */
	ROUTER_ZOOM_RESET,        /* 0 */
	ROUTER_ZOOM_IN,           /* + */
	ROUTER_ZOOM_OUT,          /* - */
	ROUTER_TOGGLE_MONITOR,    /* 1 to 9: the guest's monitor of that number */
};

struct router_listener {
	/* To the guest. */
	void (*event)(void *data, const struct input_event *event);
	/*
	 * The user asked for the pointer to be locked to the window, or freed. A negative errno
	 * (logged) says that it cannot be done: then clicks go to the guest as they are.
	 */
	int (*lock_pointer)(void *data, bool lock);
	/* number: of the monitor, from 1; else 0. May destroy the router. */
	void (*action)(void *data, enum router_action action, uint32_t number);
};

int router_create(const struct router_listener *listener, void *data, struct router **ret_router);
/* Releases what is held. NULL is fine. */
void router_destroy(struct router *router);

/* From the window. */
void router_handle_event(struct router *router, const struct input_event *event);
/* Losing the focus releases every key and button, and the pointer. */
void router_set_focus(struct router *router, bool focused);
void router_set_locked(struct router *router, bool locked);

/* From the guest: a relative pointer is locked by the first click. */
void router_set_pointer_mode(struct router *router, enum pointer_mode mode);

/* Sends a release for everything that the guest holds. */
void router_release_all(struct router *router);
