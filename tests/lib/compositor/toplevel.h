#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

struct shell_surface;

/* xdg_surface.get_toplevel; its role is set. */
void toplevel_create(struct shell_surface *shell, struct wl_client *client, uint32_t id);
