#include <stdlib.h>

#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

/* A mode is part of the window's state: it comes with a whole configure. */
static void
configure_again(struct shell_surface *shell)
{
	if (shell->initial_sent) {
		window_configure(shell);
	}
}

static void
handle_decoration_set_mode(struct wl_client *client, struct wl_resource *resource, uint32_t mode)
{
	struct shell_surface *shell = wl_resource_get_user_data(resource);
	json_object *event;

	if (shell == NULL) {
		return;
	}
	event = record_new("decoration_mode");
	record_text(event, "mode",
		mode == ZXDG_TOPLEVEL_DECORATION_V1_MODE_SERVER_SIDE ? "server" : "client");
	record_write(shell->compositor->log, event);
	configure_again(shell);
}

static void
handle_decoration_unset_mode(struct wl_client *client, struct wl_resource *resource)
{
	struct shell_surface *shell = wl_resource_get_user_data(resource);

	if (shell != NULL) {
		configure_again(shell);
	}
}

static const struct zxdg_toplevel_decoration_v1_interface decoration_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_mode = handle_decoration_set_mode,
	.unset_mode = handle_decoration_unset_mode,
};

static void
handle_decoration_destroy(struct wl_resource *resource)
{
	struct shell_surface *shell = wl_resource_get_user_data(resource);

	if (shell != NULL) {
		shell->decoration = NULL;
	}
}

static void
handle_manager_get_toplevel_decoration(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *toplevel)
{
	struct shell_surface *shell = wl_resource_get_user_data(toplevel);

	if (shell->decoration != NULL) {
		wl_resource_post_error(resource,
			ZXDG_TOPLEVEL_DECORATION_V1_ERROR_ALREADY_CONSTRUCTED,
			"the toplevel has a decoration object");
		return;
	}
	if (shell->surface != NULL && (shell->surface->current.buffer != NULL ||
					      shell->surface->pending.buffer != NULL)) {
		wl_resource_post_error(resource,
			ZXDG_TOPLEVEL_DECORATION_V1_ERROR_UNCONFIGURED_BUFFER,
			"the toplevel has a picture already");
		return;
	}
	shell->decoration = wl_resource_create(client, &zxdg_toplevel_decoration_v1_interface,
		wl_resource_get_version(resource), id);
	if (shell->decoration == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		shell->decoration, &decoration_implementation, shell, handle_decoration_destroy);
	configure_again(shell);
}

static const struct zxdg_decoration_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_toplevel_decoration = handle_manager_get_toplevel_decoration,
};

void
bind_decoration_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_decoration_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
