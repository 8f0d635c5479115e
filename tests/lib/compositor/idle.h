#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

/* zwp_idle_inhibit_manager_v1: "idle_inhibit" and "idle_inhibit_end" with the surface are written
 * down. An inhibitor whose surface is gone inhibits nothing. */
void bind_idle_inhibit_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);
