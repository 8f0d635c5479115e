#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "cursor-shape-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "compositor.h"
#include "pointer-constraints-unstable-v1-server-protocol.h"
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

bool
seat_constrain(struct seat *seat, bool active)
{
	if (seat->constraint == NULL) {
		return false;
	}
	if (seat->constraint_is_lock && active) {
		zwp_locked_pointer_v1_send_locked(seat->constraint);
	} else if (seat->constraint_is_lock) {
		zwp_locked_pointer_v1_send_unlocked(seat->constraint);
	} else if (active) {
		zwp_confined_pointer_v1_send_confined(seat->constraint);
	} else {
		zwp_confined_pointer_v1_send_unconfined(seat->constraint);
	}
	return true;
}

static void
handle_locked_set_cursor_position_hint(
	struct wl_client *client, struct wl_resource *resource, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	json_object *event = record_new("lock_hint");

	record_double(event, "x", wl_fixed_to_double(x));
	record_double(event, "y", wl_fixed_to_double(y));
	record_write(seat->compositor->log, event);
}

static void
handle_constraint_set_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
}

static const struct zwp_locked_pointer_v1_interface locked_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_cursor_position_hint = handle_locked_set_cursor_position_hint,
	.set_region = handle_constraint_set_region,
};

static const struct zwp_confined_pointer_v1_interface confined_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_region = handle_constraint_set_region,
};

static void
handle_constraint_destroy(struct wl_resource *resource)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	if (seat->constraint == resource) {
		seat->constraint = NULL;
	}
	record_write(seat->compositor->log, record_new("constraint_destroy"));
}

static void
add_constraint(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface, struct wl_resource *pointer, uint32_t lifetime, bool is_lock)
{
	struct seat *seat = wl_resource_get_user_data(pointer);
	struct wl_resource *constraint;
	json_object *event;

	if (seat->constraint != NULL) {
		wl_resource_post_error(resource,
			ZWP_POINTER_CONSTRAINTS_V1_ERROR_ALREADY_CONSTRAINED,
			"the pointer is constrained already");
		return;
	}
	constraint = wl_resource_create(client,
		is_lock ? &zwp_locked_pointer_v1_interface : &zwp_confined_pointer_v1_interface, 1,
		id);
	if (constraint == NULL) {
		abort();
	}
	wl_resource_set_implementation(constraint,
		is_lock ? (const void *)&locked_implementation : &confined_implementation, seat,
		handle_constraint_destroy);
	seat->constraint = constraint;
	seat->constraint_is_lock = is_lock;
	event = record_new(is_lock ? "lock_pointer" : "confine_pointer");
	record_surface(event, surface_from_resource(surface));
	record_text(event, "lifetime",
		lifetime == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT ? "persistent"
									   : "oneshot");
	record_write(seat->compositor->log, event);
}

static void
handle_constraints_lock_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface, struct wl_resource *pointer, struct wl_resource *region,
	uint32_t lifetime)
{
	add_constraint(client, resource, id, surface, pointer, lifetime, true);
}

static void
handle_constraints_confine_pointer(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface, struct wl_resource *pointer,
	struct wl_resource *region, uint32_t lifetime)
{
	add_constraint(client, resource, id, surface, pointer, lifetime, false);
}

static const struct zwp_pointer_constraints_v1_interface constraints_implementation = {
	.destroy = handle_resource_destroy_request,
	.lock_pointer = handle_constraints_lock_pointer,
	.confine_pointer = handle_constraints_confine_pointer,
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
bind_constraints(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	bind_manager(client, data, version, id, &zwp_pointer_constraints_v1_interface,
		&constraints_implementation);
}

void
bind_cursor_shape(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	bind_manager(client, data, version, id, &wp_cursor_shape_manager_v1_interface,
		&shape_manager_implementation);
}
