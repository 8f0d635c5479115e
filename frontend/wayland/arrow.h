#pragma once

#include <stdint.h>
#include <wayland-client.h>

struct display;
struct wl_cursor_image;
struct wl_cursor_theme;

/*
 * The host's own arrow, for compositors that do not offer it by name (cursor-shape-v1): the
 * theme's picture on a surface. Zeroed where it is not needed or could not be loaded.
 */
struct arrow {
	struct wl_cursor_theme *theme;
	struct wl_cursor_image *image; /* the theme's; NULL: none */
	struct wl_surface *surface;    /* of pointers */
	int32_t hot_x, hot_y;
};

/* Reads the cursor theme from disk: before attaching to a VM. */
void arrow_init(struct arrow *arrow, struct display *display);
void arrow_finish(struct arrow *arrow);
