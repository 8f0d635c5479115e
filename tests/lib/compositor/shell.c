#include "shell.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "output.h"
#include "record.h"
#include "surface.h"
#include "toplevel.h"
#include "compositor.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"

static const struct {
	const char *name;
	uint32_t value;
	int since;
} state_names[] = {
	{ "maximized", XDG_TOPLEVEL_STATE_MAXIMIZED, 1 },
	{ "fullscreen", XDG_TOPLEVEL_STATE_FULLSCREEN, 1 },
	{ "resizing", XDG_TOPLEVEL_STATE_RESIZING, 1 },
	{ "activated", XDG_TOPLEVEL_STATE_ACTIVATED, 1 },
	{ "tiled_left", XDG_TOPLEVEL_STATE_TILED_LEFT, 2 },
	{ "tiled_right", XDG_TOPLEVEL_STATE_TILED_RIGHT, 2 },
	{ "tiled_top", XDG_TOPLEVEL_STATE_TILED_TOP, 2 },
	{ "tiled_bottom", XDG_TOPLEVEL_STATE_TILED_BOTTOM, 2 },
	{ "suspended", XDG_TOPLEVEL_STATE_SUSPENDED, 6 },
};

static struct shell_surface *
shell_from_resource(struct wl_resource *resource)
{
	return wl_resource_get_user_data(resource);
}

/* How large a window should be at most, where that changed. */
static void
send_bounds(struct shell_surface *shell)
{
	const struct output *output = shell->placement.output;
	int32_t width = output != NULL ? output_logical_width(output) : 0;
	int32_t height = output != NULL ? output_logical_height(output) : 0;

	if (shell->bounds_width == width && shell->bounds_height == height) {
		return;
	}
	shell->bounds_width = width;
	shell->bounds_height = height;
	if (wl_resource_get_version(shell->toplevel) >=
		XDG_TOPLEVEL_CONFIGURE_BOUNDS_SINCE_VERSION) {
		xdg_toplevel_send_configure_bounds(shell->toplevel, width, height);
	}
}

/* Takes names. */
static void
record_configure(struct shell_surface *shell, const struct configure *configure, json_object *names)
{
	const struct output *output = shell->placement.output;
	json_object *event = record_new("configure");

	record_int(event, "surface", shell->surface != NULL ? shell->surface->number : 0);
	record_int(event, "serial", configure->serial);
	record_int(event, "width", configure->width);
	record_int(event, "height", configure->height);
	json_object_object_add(event, "states", names);
	record_text(event, "output", output != NULL ? output->spec.name : NULL);
	record_write(shell->compositor->log, event);
}

uint32_t
shell_surface_configure(
	struct shell_surface *shell, int32_t width, int32_t height, const char *const *states)
{
	struct configure configure = { .width = width, .height = height };
	size_t n_names = sizeof(state_names) / sizeof(state_names[0]);
	json_object *names = json_object_new_array();
	struct wl_array values;

	wl_array_init(&values);
	for (; *states != NULL; states++) {
		size_t i = 0;
		while (i < n_names && strcmp(state_names[i].name, *states) != 0) {
			i++;
		}
		if (i == n_names) {
			wl_array_release(&values);
			json_object_put(names);
			return 0;
		}
		if (wl_resource_get_version(shell->toplevel) >= state_names[i].since) {
			uint32_t *value = wl_array_add(&values, sizeof(*value));
			*value = state_names[i].value;
			json_object_array_add(names, json_object_new_string(*states));
			configure.maximized |= *value == XDG_TOPLEVEL_STATE_MAXIMIZED;
			configure.fullscreen |= *value == XDG_TOPLEVEL_STATE_FULLSCREEN;
		}
	}
	configure.serial = wl_display_next_serial(shell->compositor->display);
	if (shell->n_sent == SHELL_MAX_CONFIGURES) {
		shell->n_sent--;
		memmove(&shell->sent[0], &shell->sent[1], shell->n_sent * sizeof(shell->sent[0]));
	}
	shell->sent[shell->n_sent++] = configure;
	if (shell->decoration != NULL) {
		zxdg_toplevel_decoration_v1_send_configure(
			shell->decoration, shell->compositor->server_decorations
						   ? ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE
						   : ZXDG_TOPLEVEL_DECORATION_V1_MODE_CLIENT_SIDE);
	}
	record_configure(shell, &configure, names);
	send_bounds(shell);
	xdg_toplevel_send_configure(shell->toplevel, width, height, &values);
	xdg_surface_send_configure(shell->resource, configure.serial);
	wl_array_release(&values);
	return configure.serial;
}

bool
shell_surface_check(struct shell_surface *shell, bool has_buffer, int32_t width, int32_t height)
{
	const struct configure *configure = &shell->acknowledged;
	int32_t shown_width = shell->has_geometry ? shell->geometry_width : width;
	int32_t shown_height = shell->has_geometry ? shell->geometry_height : height;

	if (!has_buffer) {
		return true;
	}
	if (shell->toplevel == NULL) {
		wl_resource_post_error(shell->resource, XDG_SURFACE_ERROR_NOT_CONSTRUCTED,
			"a picture before the role");
		return false;
	}
	if (!shell->configured) {
		wl_resource_post_error(shell->resource, XDG_SURFACE_ERROR_UNCONFIGURED_BUFFER,
			"a picture before a configure was acknowledged");
		return false;
	}
	if (configure->width > 0 &&
		((configure->maximized &&
			 (shown_width != configure->width || shown_height != configure->height)) ||
			(configure->fullscreen && (shown_width > configure->width ||
							  shown_height > configure->height)))) {
		wl_resource_post_error(shell->resource, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
			"%dx%d does not obey the configured %dx%d", shown_width, shown_height,
			configure->width, configure->height);
		return false;
	}
	return true;
}

void
shell_surface_applied(struct shell_surface *shell)
{
	struct compositor *compositor = shell->compositor;
	bool mapped = shell->surface->current.buffer != NULL;

	if (shell->toplevel != NULL && !shell->initial_sent) {
		shell->initial_sent = true;
		scale_update_all(compositor);
		window_configure_first(shell);
		if (!compositor->enters_mapped) {
			placement_show(shell);
		}
	}
	if (mapped && !shell->placement.shown) {
		placement_show(shell);
	}
	/* Unmapped: it starts over with a commit without a picture. */
	if (!mapped && shell->configured) {
		placement_hide(shell, compositor->enters_mapped);
		window_reset(shell);
		shell->configured = false;
		shell->initial_sent = false;
		shell->n_sent = 0;
	}
}

void
shell_surface_forget(struct shell_surface *shell)
{
	shell->surface->shell = NULL;
	shell->surface = NULL;
}

static void
handle_shell_surface_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	if (shell_from_resource(resource)->toplevel != NULL) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
			"xdg_surface destroyed before its xdg_toplevel");
		return;
	}
	wl_resource_destroy(resource);
}

static void
handle_shell_surface_get_toplevel(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct shell_surface *shell = shell_from_resource(resource);

	if (shell->toplevel != NULL || shell->surface == NULL) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_ALREADY_CONSTRUCTED,
			"the surface has its role object");
		return;
	}
	if (!surface_set_role(shell->surface, ROLE_TOPLEVEL, resource, XDG_WM_BASE_ERROR_ROLE)) {
		return;
	}
	toplevel_create(shell, client, id);
}

static void
handle_shell_surface_get_popup(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *parent, struct wl_resource *positioner)
{
	wl_client_post_implementation_error(client, "the test compositor has no popups");
}

static void
handle_shell_surface_set_window_geometry(struct wl_client *client, struct wl_resource *resource,
	int32_t x, int32_t y, int32_t width, int32_t height)
{
	struct shell_surface *shell = shell_from_resource(resource);

	if (width <= 0 || height <= 0) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SIZE,
			"window geometry %dx%d", width, height);
		return;
	}
	shell->has_geometry = true;
	shell->geometry_x = x;
	shell->geometry_y = y;
	shell->geometry_width = width;
	shell->geometry_height = height;
}

static void
handle_shell_surface_ack_configure(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
	struct shell_surface *shell = shell_from_resource(resource);
	json_object *event;
	uint32_t index = 0;

	while (index < shell->n_sent && shell->sent[index].serial != serial) {
		index++;
	}
	if (index == shell->n_sent) {
		wl_resource_post_error(resource, XDG_SURFACE_ERROR_INVALID_SERIAL,
			"no configure %u waits for its ack", serial);
		return;
	}
	shell->configured = true;
	shell->acknowledged = shell->sent[index];
	/* Those before it are acknowledged with it. */
	shell->n_sent -= index + 1;
	memmove(&shell->sent[0], &shell->sent[index + 1], shell->n_sent * sizeof(shell->sent[0]));
	event = record_new("ack_configure");
	record_int(event, "surface", shell->surface != NULL ? shell->surface->number : 0);
	record_int(event, "serial", serial);
	record_write(shell->compositor->log, event);
}

static const struct xdg_surface_interface shell_surface_implementation = {
	.destroy = handle_shell_surface_destroy_request,
	.get_toplevel = handle_shell_surface_get_toplevel,
	.get_popup = handle_shell_surface_get_popup,
	.set_window_geometry = handle_shell_surface_set_window_geometry,
	.ack_configure = handle_shell_surface_ack_configure,
};

static void
handle_shell_surface_destroy(struct wl_resource *resource)
{
	struct shell_surface *shell = shell_from_resource(resource);

	if (shell->toplevel != NULL) {
		wl_resource_set_user_data(shell->toplevel, NULL);
	}
	if (shell->decoration != NULL) {
		wl_resource_set_user_data(shell->decoration, NULL);
	}
	if (shell->surface != NULL) {
		shell->surface->shell = NULL;
	}
	free(shell);
}

void
shell_surface_create(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct shell_surface *shell;

	if (surface->shell != NULL ||
		(surface->role != ROLE_NONE && surface->role != ROLE_TOPLEVEL)) {
		wl_resource_post_error(
			resource, XDG_WM_BASE_ERROR_ROLE, "the surface has another role");
		return;
	}
	if (surface->current.buffer != NULL || surface->pending.buffer != NULL) {
		wl_resource_post_error(resource, XDG_WM_BASE_ERROR_INVALID_SURFACE_STATE,
			"the surface has a buffer already");
		return;
	}
	shell = calloc(1, sizeof(*shell));
	if (shell == NULL) {
		abort();
	}
	shell->resource = wl_resource_create(
		client, &xdg_surface_interface, wl_resource_get_version(resource), id);
	if (shell->resource == NULL) {
		abort();
	}
	shell->compositor = wl_resource_get_user_data(resource);
	shell->surface = surface;
	surface->shell = shell;
	wl_resource_set_implementation(shell->resource, &shell_surface_implementation, shell,
		handle_shell_surface_destroy);
}
