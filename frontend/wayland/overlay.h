#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "shm-pool.h"
#include "window.h"

struct display;

/* Logical pixels from the window's top left corner. */
#define OVERLAY_MARGIN 8
/* One is on screen, one is free to be drawn into. */
#define OVERLAY_SLOTS 2

struct overlay_slot {
	struct shm_pool pool;
	struct wl_buffer *proxy;
	uint32_t width, height; /* pixels */
	bool busy;
};

/*
 * A small picture above a window's, on a subsurface that is committed on its own: it costs the
 * guest's picture no commit, but for the one with which it appears. Zero-initialise; nothing exists
 * until overlay_set.
 */
struct overlay {
	struct wl_surface *surface;
	struct wl_subsurface *subsurface;
	struct overlay_slot slots[OVERLAY_SLOTS];
	bool centred;          /* in the window; else in its top left corner */
	int32_t width, height; /* logical; 0: nothing is shown */
};

/*
 * Shows the image (its pixels are copied) above the parent surface, a window of that size, where
 * there has to be room for it. Returns 0, -EAGAIN (the compositor reads both slots) or -ENOMEM.
 */
int overlay_set(struct overlay *overlay, struct display *display, struct wl_surface *parent,
	const struct overlay_image *image, int32_t parent_width, int32_t parent_height);
/*
 * Before a commit with which the window gets this size: takes it off the screen where it would
 * reach out of the window, which would count as part of it, and keeps in the middle what is there.
 */
void overlay_fit(struct overlay *overlay, int32_t width, int32_t height);
/* Leaves nothing behind. */
void overlay_finish(struct overlay *overlay);
