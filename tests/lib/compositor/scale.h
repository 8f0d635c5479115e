#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

struct compositor;
struct surface;

/*
 * What clients are told of the scale that a surface is shown in: wp_fractional_scale_v1, and
 * wl_surface.preferred_buffer_scale and preferred_buffer_transform. It is that of its window's
 * output, known from the first commit, or with --enter=mapped from the first picture on; that of a
 * cursor is its window's. Each is written down: "preferred_scale", "preferred_buffer_scale".
 */

/* What a surface was told; 0: nothing yet. */
struct scale_state {
	struct wl_resource *resource; /* wp_fractional_scale_v1; NULL: none */
	int32_t sent_120, sent_factor;
	int32_t sent_transform;
};

/* Tells what is new since last time. */
void scale_update(struct surface *surface);
void scale_update_all(struct compositor *compositor);

/* The surface goes. */
void scale_forget_surface(struct surface *surface);

void bind_fractional_scale_manager(
	struct wl_client *client, void *data, uint32_t version, uint32_t id);
