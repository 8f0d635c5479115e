#pragma once

#include <wayland-client.h>

struct display;

/*
 * Makes the surface one of the window's, above all others so far; it moves with the parent's
 * commits. All input goes to the window's own: one coordinate system, one focus. Returns 0 or
 * -ENOMEM.
 */
int subsurface_create(struct display *display, struct wl_surface *surface,
	struct wl_surface *parent, struct wl_subsurface **ret_subsurface);
