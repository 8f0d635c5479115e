#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "keyboard.h"
#include "pointer.h"
#include "tablet.h"
#include "touch.h"

struct display;
struct window;

/* A user's set of input devices. Which of the first three it has changes at any time. */
struct seat {
	struct display *display;
	struct wl_list link;
	struct wl_seat *proxy;
	uint32_t name; /* in the registry */
	struct keyboard keyboard;
	struct pointer pointer;
	struct touch touch;
	struct tablets tablets;
};

/* Takes the proxy, also when there is no memory. */
void seat_create(struct display *display, struct wl_seat *proxy, uint32_t name);
void seat_remove_by_name(struct display *display, uint32_t name);
void seat_remove_all(struct display *display);

/* No seat knows the window any more; its listener is not called. */
void seat_forget_window(struct display *display, struct window *window);
/*
 * Nobody is to draw or touch in it unseen, or after somebody has turned to another window: pens and
 * fingers are lifted. False: that was the end of the window.
 */
bool seat_release_window(struct display *display, struct window *window);
/* The window has the focus again, though no keyboard has moved. It may be gone afterwards. */
void seat_tell_locks_again(struct display *display, struct window *window);
/* The compositor has tablets. */
void seats_start_tablets(struct display *display);
/* The cursor or the pointer lock of the window changed. */
void seat_refresh_cursors(struct display *display, struct window *window);
/* It was laid out anew. */
void seat_handle_layout(struct display *display, struct window *window);
/* The pointer over the window, else any; NULL when there is none. */
struct pointer *seat_find_pointer(struct display *display, struct window *window);
