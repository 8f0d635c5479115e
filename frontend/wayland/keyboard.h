#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "lock-keys.h"

struct seat;
struct window;

/* A seat's keyboard. Keys are evdev codes from end to end: the layout is the guest's business. */
struct keyboard {
	struct seat *seat;
	struct wl_keyboard *proxy; /* NULL: the seat has none */
	struct window *focus;
	struct lock_keys locks; /* with display_options.lock_keys */
	uint32_t told_locks;    /* what the focus was told is on */
	bool locks_due;         /* it was told nothing yet */
};

/* Does nothing when there already is one. */
void keyboard_init(struct keyboard *keyboard, struct seat *seat);
void keyboard_finish(struct keyboard *keyboard);
/* The window has the focus again that it has had all the time: it is to know of the locks. */
void keyboard_tell_locks_again(struct keyboard *keyboard, struct window *window);
void keyboard_forget_window(struct keyboard *keyboard, struct window *window);
