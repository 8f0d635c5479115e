#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

#include "placement.h"
#include "window.h"

struct compositor;
struct surface;

/* Sent and not yet acknowledged; more than a client can sensibly leave open. */
#define SHELL_MAX_CONFIGURES 1024

struct configure {
	uint32_t serial;
	int32_t width, height;
	bool maximized, fullscreen;
};

/* An xdg_surface with its toplevel (the only role there is here) and
 * decoration. */
struct shell_surface {
	struct surface *surface; /* NULL: gone */
	struct compositor *compositor;
	struct wl_resource *resource, *toplevel, *decoration;
	struct configure sent[SHELL_MAX_CONFIGURES]; /* oldest first */
	uint32_t n_sent;
	bool configured;   /* one was acknowledged */
	bool initial_sent; /* the first commit was answered */
	struct configure acknowledged;
	bool has_geometry;
	int32_t geometry_x, geometry_y, geometry_width, geometry_height;
	struct placement placement;
	struct window window;
	int32_t bounds_width, bounds_height; /* as sent last */
};

/* xdg_wm_base.get_xdg_surface */
void shell_surface_create(struct wl_client *client, struct wl_resource *wm_base, uint32_t id,
	struct wl_resource *surface);

/*
 * Checks the rules of xdg-shell for a commit that shows a picture of this size.
 * False with the error posted.
 */
bool shell_surface_check(
	struct shell_surface *shell, bool has_buffer, int32_t width, int32_t height);

/* A commit took effect. */
void shell_surface_applied(struct shell_surface *shell);

/* Its wl_surface is gone: only when a whole client goes. */
void shell_surface_forget(struct shell_surface *shell);

/*
 * Sends a configure. states is a list of names ("activated", "maximized",
 * "fullscreen", "resizing", "tiled_left", "suspended" ...) ended by NULL.
 * Returns its serial; 0 with nothing sent when a name is unknown.
 */
uint32_t shell_surface_configure(
	struct shell_surface *shell, int32_t width, int32_t height, const char *const *states);

void bind_wm_base(struct wl_client *client, void *data, uint32_t version, uint32_t id);
void bind_decoration_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id);
