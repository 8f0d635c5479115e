#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

/* wp_single_pixel_buffer_manager_v1: buffers as any other, written down as "single_pixel_buffer"
 * with their number and their premultiplied channels. */
void bind_single_pixel(struct wl_client *client, void *data, uint32_t version, uint32_t id);
