#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "overlay.h"
#include "shm-pool.h"

struct display;
struct wp_viewport;

/*
 * What dims a window's picture, and words in its middle. The picture itself is not touched, nor
 * read: a pixel of translucent black is stretched over the window by the compositor.
 * Zero-initialise; nothing exists until veil_set.
 */
struct veil {
	struct wl_surface *surface; /* NULL: the picture is as it is */
	struct wl_subsurface *subsurface;
	struct wp_viewport *viewport;
	struct shm_pool pool;
	struct wl_buffer *proxy;
	struct overlay words;
};

/* Dims the window, of that size in logical pixels. Nothing when it does. Returns 0 or negative
 * errno. */
int veil_set(struct veil *veil, struct display *display, struct wl_surface *parent, int32_t width,
	int32_t height);
/* Before a commit with which the window gets this size. */
void veil_fit(struct veil *veil, int32_t width, int32_t height);
/* Leaves nothing behind. */
void veil_finish(struct veil *veil);
