#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

/*
 * xdg_toplevel_icon_manager_v1, which wants icons of 48 and 96 pixels: "set_icon" says the
 * "surface", the "name", and the sizes and scales of the "buffers" ([[width, height, scale] ...]);
 * without an icon both are null. Knows the errors of the protocol.
 */
void bind_icon_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);
