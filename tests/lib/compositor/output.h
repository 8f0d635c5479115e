#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

/* wl_output */
void bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id);
