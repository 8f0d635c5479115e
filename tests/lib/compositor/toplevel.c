#include "toplevel.h"

#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "output.h"
#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"

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
		window_reset(shell);
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

static void
handle_toplevel_set_maximized(struct wl_client *client, struct wl_resource *resource)
{
	record_toplevel(shell_from_resource(resource), "set_maximized", NULL, NULL);
	window_maximize(shell_from_resource(resource), true);
}

static void
handle_toplevel_unset_maximized(struct wl_client *client, struct wl_resource *resource)
{
	record_toplevel(shell_from_resource(resource), "unset_maximized", NULL, NULL);
	window_maximize(shell_from_resource(resource), false);
}

static void
handle_toplevel_set_fullscreen(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *output_resource)
{
	struct output *output =
		output_resource != NULL ? output_from_resource(output_resource) : NULL;

	record_toplevel(shell_from_resource(resource), "set_fullscreen", "output",
		output != NULL ? output->spec.name : NULL);
	/* Who asks for one that has just gone means it well. */
	window_fullscreen(shell_from_resource(resource), true,
		output != NULL && !output->removed ? output : NULL);
}

static void
handle_toplevel_unset_fullscreen(struct wl_client *client, struct wl_resource *resource)
{
	record_toplevel(shell_from_resource(resource), "unset_fullscreen", NULL, NULL);
	window_fullscreen(shell_from_resource(resource), false, NULL);
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

void
toplevel_create(struct shell_surface *shell, struct wl_client *client, uint32_t id)
{
	shell->toplevel = wl_resource_create(
		client, &xdg_toplevel_interface, wl_resource_get_version(shell->resource), id);
	if (shell->toplevel == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		shell->toplevel, &toplevel_implementation, shell, handle_toplevel_destroy);
	window_reset(shell);
	placement_init(shell);
	record_toplevel(shell, "toplevel", NULL, NULL);
}
