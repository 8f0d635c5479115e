#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "cursor-shape-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "compositor.h"
#include "relative-pointer-unstable-v1-server-protocol.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_resource_destroy_unlink(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static void
record_surface(json_object *event, const struct surface *surface)
{
	if (surface != NULL) {
		record_int(event, "surface", surface->number);
	} else {
		record_text(event, "surface", NULL);
	}
}

static void
handle_pointer_set_cursor(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
	struct wl_resource *surface_resource, int32_t hot_x, int32_t hot_y)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	struct surface *surface = surface_from_resource(surface_resource);
	json_object *event;

	if (surface != NULL &&
		!surface_set_role(surface, ROLE_CURSOR, resource, WL_POINTER_ERROR_ROLE)) {
		return;
	}
	if (surface != NULL) {
		scale_update(surface);
	}
	event = record_new("set_cursor");
	record_surface(event, surface);
	record_int(event, "hot_x", hot_x);
	record_int(event, "hot_y", hot_y);
	/* Desktops ignore the request otherwise. */
	record_bool(event, "serial_is_latest", serial == seat->enter_serial);
	if (surface != NULL) {
		record_int(event, "width", surface->width);
		record_int(event, "height", surface->height);
	}
	record_write(seat->compositor->log, event);
}

const struct wl_pointer_interface pointer_implementation = {
	.set_cursor = handle_pointer_set_cursor,
	.release = handle_resource_destroy_request,
};

static const struct zwp_relative_pointer_v1_interface relative_pointer_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_relative_manager_get_relative_pointer(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *pointer)
{
	struct seat *seat = wl_resource_get_user_data(pointer);
	struct wl_resource *relative =
		wl_resource_create(client, &zwp_relative_pointer_v1_interface, 1, id);

	if (relative == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		relative, &relative_pointer_implementation, seat, handle_resource_destroy_unlink);
	wl_list_insert(&seat->relative_pointers, wl_resource_get_link(relative));
	record_write(seat->compositor->log, record_new("relative_pointer"));
}

static const struct zwp_relative_pointer_manager_v1_interface relative_manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_relative_pointer = handle_relative_manager_get_relative_pointer,
};

static void
handle_shape_device_set_shape(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial, uint32_t shape)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	json_object *event;

	if (!wp_cursor_shape_device_v1_shape_is_valid(
		    shape, (uint32_t)wl_resource_get_version(resource))) {
		wl_resource_post_error(resource, WP_CURSOR_SHAPE_DEVICE_V1_ERROR_INVALID_SHAPE,
			"shape %u does not exist", shape);
		return;
	}
	event = record_new("cursor_shape");
	record_int(event, "shape", shape);
	record_bool(event, "serial_is_latest", serial == seat->enter_serial);
	record_write(seat->compositor->log, event);
}

static const struct wp_cursor_shape_device_v1_interface shape_device_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_shape = handle_shape_device_set_shape,
};

static void
handle_shape_manager_get_device(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *pointer)
{
	struct wl_resource *device = wl_resource_create(client,
		&wp_cursor_shape_device_v1_interface, wl_resource_get_version(resource), id);

	if (device == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		device, &shape_device_implementation, wl_resource_get_user_data(pointer), NULL);
}

static const struct wp_cursor_shape_manager_v1_interface shape_manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_pointer = handle_shape_manager_get_device,
	.get_tablet_tool_v2 = handle_shape_manager_get_tool,
};

static void
bind_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id,
	const struct wl_interface *interface, const void *implementation)
{
	struct wl_resource *resource = wl_resource_create(client, interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, implementation, data, NULL);
}

void
bind_relative_pointer(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	bind_manager(client, data, version, id, &zwp_relative_pointer_manager_v1_interface,
		&relative_manager_implementation);
}

void
bind_cursor_shape(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	bind_manager(client, data, version, id, &wp_cursor_shape_manager_v1_interface,
		&shape_manager_implementation);
}
