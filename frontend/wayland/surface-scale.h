#pragma once

#include <stdint.h>
#include <wayland-client.h>

struct display;
struct wp_fractional_scale_v1;

/*
 * What the compositor says of one surface's scale: in 120ths where it can (fractional-scale-v1),
 * else whole (wl_surface version 6). Zero-initialise.
 */
struct surface_scale {
	struct wp_fractional_scale_v1 *fractional;
	uint32_t told_120;   /* 0: not yet */
	uint32_t told_whole; /* 0: not yet */
	void (*changed)(void *data);
	void *data;
};

void surface_scale_init(struct surface_scale *scale, struct display *display,
	struct wl_surface *surface, void (*changed)(void *data), void *data);
void surface_scale_finish(struct surface_scale *scale);
/* wl_surface.preferred_buffer_scale, which goes to the surface's own listener. */
void surface_scale_set_whole(struct surface_scale *scale, int32_t factor);
/* 0: the compositor has not said. */
uint32_t surface_scale_120(const struct surface_scale *scale);
