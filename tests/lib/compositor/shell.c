#include "shell.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "output.h"
#include "record.h"
#include "surface.h"
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

static void
record_toplevel(struct shell_surface *shell, const char *name, const char *key, const char *text)
{
	json_object *event = record_new(name);

	record_int(event, "surface", shell->surface != NULL ? shell->surface->number : 0);
	if (key != NULL) {
		record_text(event, key, text);
	}
	record_write(shell->compositor->log, event);
}

/* How large a window should be at most, where that changed. */
static void
send_bounds(struct shell_surface *shell)
{
	const struct output *output = shell->placement.output;
	int32_t width = output != NULL ? output_logical_width(output) : 0;
	int32_t height = output != NULL ? output_logical_height(output) : 0;

	if (wl_resource_get_version(shell->toplevel) >=
			XDG_TOPLEVEL_CONFIGURE_BOUNDS_SINCE_VERSION &&
		(shell->bounds_width != width || shell->bounds_height != height)) {
		shell->bounds_width = width;
		shell->bounds_height = height;
		xdg_toplevel_send_configure_bounds(shell->toplevel, width, height);
	}
}

uint32_t
shell_surface_configure(
	struct shell_surface *shell, int32_t width, int32_t height, const char *const *states)
{
	struct configure configure = { .width = width, .height = height };
	size_t n_names = sizeof(state_names) / sizeof(state_names[0]);
	struct wl_array values;

	wl_array_init(&values);
	for (; *states != NULL; states++) {
		size_t i = 0;
		while (i < n_names && strcmp(state_names[i].name, *states) != 0) {
			i++;
		}
		if (i == n_names) {
			wl_array_release(&values);
			return 0;
		}
		if (wl_resource_get_version(shell->toplevel) >= state_names[i].since) {
			uint32_t *value = wl_array_add(&values, sizeof(*value));
			*value = state_names[i].value;
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
	static const char *const states[] = { "activated", NULL };
	struct compositor *compositor = shell->compositor;
	bool mapped = shell->surface->current.buffer != NULL;

	if (shell->toplevel != NULL && !shell->initial_sent) {
		shell->initial_sent = true;
		shell_surface_configure(
			shell, compositor->initial_width, compositor->initial_height, states);
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
handle_toplevel_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	struct shell_surface *shell = shell_from_resource(resource);

	if (shell->decoration != NULL) {
		wl_resource_post_error(shell->decoration,
			ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ORPHANED,
			"xdg_toplevel destroyed before its decoration");
		return;
	}
	wl_resource_destroy(resource);
}

static void
handle_toplevel_destroy(struct wl_resource *resource)
{
	struct shell_surface *shell = shell_from_resource(resource);

	if (shell != NULL) {
		record_toplevel(shell, "toplevel_destroy", NULL, NULL);
		shell->toplevel = NULL;
		shell->configured = false;
		shell->initial_sent = false;
	}
}

static void
handle_toplevel_set_title(struct wl_client *client, struct wl_resource *resource, const char *title)
{
	record_toplevel(shell_from_resource(resource), "title", "title", title);
}

static void
handle_toplevel_set_app_id(
	struct wl_client *client, struct wl_resource *resource, const char *app_id)
{
	record_toplevel(shell_from_resource(resource), "app_id", "app_id", app_id);
}

static void
handle_toplevel_set_parent(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *parent)
{
}

static void
handle_toplevel_show_window_menu(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial, int32_t x, int32_t y)
{
}

static void
handle_toplevel_move(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial)
{
	record_toplevel(shell_from_resource(resource), "move", NULL, NULL);
}

static void
handle_toplevel_resize(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *seat, uint32_t serial, uint32_t edges)
{
	record_toplevel(shell_from_resource(resource), "resize", NULL, NULL);
}

static void
record_size_limit(struct shell_surface *shell, const char *name, int32_t width, int32_t height)
{
	json_object *event = record_new(name);

	record_int(event, "surface", shell->surface != NULL ? shell->surface->number : 0);
	record_int(event, "width", width);
	record_int(event, "height", height);
	record_write(shell->compositor->log, event);
	if (width < 0 || height < 0) {
		wl_resource_post_error(shell->toplevel, XDG_TOPLEVEL_ERROR_INVALID_SIZE, "%s %dx%d",
			name, width, height);
	}
}

static void
handle_toplevel_set_max_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height)
{
	record_size_limit(shell_from_resource(resource), "max_size", width, height);
}

static void
handle_toplevel_set_min_size(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height)
{
	record_size_limit(shell_from_resource(resource), "min_size", width, height);
}

/* Granted at once, as by most desktops. */
static void
grant(struct wl_resource *resource, const char *name, const char *state)
{
	struct shell_surface *shell = shell_from_resource(resource);
	const char *states[] = { "activated", state, NULL };

	record_toplevel(shell, name, NULL, NULL);
	if (shell->initial_sent) {
		const struct output *output = shell->placement.output;

		shell_surface_configure(shell,
			state != NULL && output != NULL ? output_logical_width(output) : 0,
			state != NULL && output != NULL ? output_logical_height(output) : 0,
			states);
	}
}

static void
handle_toplevel_set_maximized(struct wl_client *client, struct wl_resource *resource)
{
	grant(resource, "set_maximized", "maximized");
}

static void
handle_toplevel_unset_maximized(struct wl_client *client, struct wl_resource *resource)
{
	grant(resource, "unset_maximized", NULL);
}

static void
handle_toplevel_set_fullscreen(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *output)
{
	grant(resource, "set_fullscreen", "fullscreen");
}

static void
handle_toplevel_unset_fullscreen(struct wl_client *client, struct wl_resource *resource)
{
	grant(resource, "unset_fullscreen", NULL);
}

static void
handle_toplevel_set_minimized(struct wl_client *client, struct wl_resource *resource)
{
	record_toplevel(shell_from_resource(resource), "set_minimized", NULL, NULL);
}

static const struct xdg_toplevel_interface toplevel_implementation = {
	.destroy = handle_toplevel_destroy_request,
	.set_parent = handle_toplevel_set_parent,
	.set_title = handle_toplevel_set_title,
	.set_app_id = handle_toplevel_set_app_id,
	.show_window_menu = handle_toplevel_show_window_menu,
	.move = handle_toplevel_move,
	.resize = handle_toplevel_resize,
	.set_max_size = handle_toplevel_set_max_size,
	.set_min_size = handle_toplevel_set_min_size,
	.set_maximized = handle_toplevel_set_maximized,
	.unset_maximized = handle_toplevel_unset_maximized,
	.set_fullscreen = handle_toplevel_set_fullscreen,
	.unset_fullscreen = handle_toplevel_unset_fullscreen,
	.set_minimized = handle_toplevel_set_minimized,
};

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
	shell->toplevel = wl_resource_create(
		client, &xdg_toplevel_interface, wl_resource_get_version(resource), id);
	if (shell->toplevel == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		shell->toplevel, &toplevel_implementation, shell, handle_toplevel_destroy);
	placement_init(shell);
	record_toplevel(shell, "toplevel", NULL, NULL);
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
