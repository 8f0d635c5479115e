#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct seat;
struct window;

/* Fingers at once; one more is not reported. QEMU's touch screen has ten slots. */
#define TOUCH_MAX_POINTS 10

struct touch_point {
	struct window *window; /* NULL: the slot is free */
	int32_t id;            /* the compositor's */
	double sx, sy;
	bool moved; /* since the last frame event */
};

/* A seat's touch screen. */
struct touch {
	struct seat *seat;
	struct wl_touch *proxy; /* NULL: the seat has none */
	struct touch_point points[TOUCH_MAX_POINTS];
};

/* Does nothing when there already is one. */
void touch_init(struct touch *touch, struct seat *seat);
void touch_finish(struct touch *touch);
/* Its fingers are lifted, as far as the guest is concerned: it hears no more of them. */
void touch_release(struct touch *touch, struct window *window);
void touch_forget_window(struct touch *touch, struct window *window);
