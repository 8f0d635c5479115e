#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "buttons.h"
#include "look.h"

struct seat;
struct window;
struct wp_cursor_shape_device_v1;

/* Touchpads scroll in pixels: this many are taken for a notch of a wheel. */
#define POINTER_NOTCH_PIXELS 15.0
/* Fastest wheel within one frame; drivers send single digits. */
#define POINTER_MAX_NOTCHES 1000

#define POINTER_N_AXES 2

struct pointer_axis {
	double pixels; /* within this frame */
	int64_t steps_120;
	bool stepped;     /* a wheel with notches said how many */
	double remainder; /* of earlier frames: less than 1/120 of a notch */
};

/* A seat's pointer. What belongs together (a wl_pointer frame) becomes one event a kind. */
struct pointer {
	struct seat *seat;
	struct wl_pointer *proxy; /* NULL: the seat has none */
	struct wp_cursor_shape_device_v1 *shape;
	struct window *focus;
	uint32_t enter_serial;
	double sx, sy;

	/* Since the last frame event. */
	bool moved, moved_relative;
	double dx, dy;
	struct pointer_axis axes[POINTER_N_AXES];

	struct buttons buttons;
	struct look look;
};

/* Does nothing when there already is one. */
void pointer_init(struct pointer *pointer, struct seat *seat);
void pointer_finish(struct pointer *pointer);
void pointer_forget_window(struct pointer *pointer, struct window *window);

/* Sets what is to be seen where the pointer is: the guest's cursor, the host's arrow, nothing. */
void pointer_refresh_cursor(struct pointer *pointer);
/*
 * Under a pointer that rests is another pixel now, or one of a picture of another size, which to a
 * VMM makes it another position: it is told before whatever the pointer does next.
 */
void pointer_handle_layout(struct pointer *pointer);
/* A locked pointer was moved; reported with the next frame. */
void pointer_move_relative(struct pointer *pointer, double dx, double dy);
