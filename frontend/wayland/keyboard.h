#pragma once

#include <wayland-client.h>

struct seat;
struct window;

/* A seat's keyboard. Keys are evdev codes from end to end: the layout is the guest's business. */
struct keyboard {
	struct seat *seat;
	struct wl_keyboard *proxy; /* NULL: the seat has none */
	struct window *focus;
};

/* Does nothing when there already is one. */
void keyboard_init(struct keyboard *keyboard, struct seat *seat);
void keyboard_finish(struct keyboard *keyboard);
void keyboard_forget_window(struct keyboard *keyboard, struct window *window);
