#pragma once

#include <stdbool.h>
#include <wayland-client.h>

#include "window.h"

struct display;
struct seat;

/*
 * The host's shortcuts, inhibited for a window: for each seat of which it has had the keyboard, as
 * the compositor allows no second inhibitor of both, and answers it for a window with the focus
 * only.
 */
struct shortcuts {
	struct window *window;
	bool wanted;
	struct wl_list inhibitors; /* struct inhibitor.link */
};

void shortcuts_init(struct shortcuts *shortcuts, struct window *window);
void shortcuts_finish(struct shortcuts *shortcuts);

/* What counts for the user: one seat whose keys come here is enough. */
enum window_shortcuts shortcuts_state(const struct shortcuts *shortcuts);

/* Asks, now if the window has a keyboard, or gives the shortcuts back. */
void shortcuts_set(struct shortcuts *shortcuts, bool wanted);
/* A keyboard has come to the window. */
void shortcuts_update(struct shortcuts *shortcuts);
/* Before the seat goes away: of all windows. */
void shortcuts_lose_seat(struct display *display, const struct seat *seat);
