#include <stdlib.h>

#include "compositor.h"
#include "record.h"
#include "shell.h"
#include "xdg-shell-server-protocol.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_positioner_number(struct wl_client *client, struct wl_resource *resource, uint32_t number)
{
}

static void
handle_positioner_pair(struct wl_client *client, struct wl_resource *resource, int32_t a, int32_t b)
{
}

static void
handle_positioner_rect(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
}

static void
handle_positioner_set_reactive(struct wl_client *client, struct wl_resource *resource)
{
}

/* Without popups nobody asks what it says. */
static const struct xdg_positioner_interface positioner_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_size = handle_positioner_pair,
	.set_anchor_rect = handle_positioner_rect,
	.set_anchor = handle_positioner_number,
	.set_gravity = handle_positioner_number,
	.set_constraint_adjustment = handle_positioner_number,
	.set_offset = handle_positioner_pair,
	.set_reactive = handle_positioner_set_reactive,
	.set_parent_size = handle_positioner_pair,
	.set_parent_configure = handle_positioner_number,
};

static void
handle_wm_base_create_positioner(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct wl_resource *positioner = wl_resource_create(
		client, &xdg_positioner_interface, wl_resource_get_version(resource), id);

	if (positioner == NULL) {
		abort();
	}
	wl_resource_set_implementation(positioner, &positioner_implementation, NULL, NULL);
}

static void
handle_wm_base_pong(struct wl_client *client, struct wl_resource *resource, uint32_t serial)
{
	struct compositor *compositor = wl_resource_get_user_data(resource);
	json_object *event = record_new("pong");

	record_int(event, "serial", serial);
	record_write(compositor->log, event);
}

static const struct xdg_wm_base_interface wm_base_implementation = {
	.destroy = handle_resource_destroy_request,
	.create_positioner = handle_wm_base_create_positioner,
	.get_xdg_surface = shell_surface_create,
	.pong = handle_wm_base_pong,
};

void
bind_wm_base(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &xdg_wm_base_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &wm_base_implementation, data, NULL);
}
