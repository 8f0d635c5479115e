#include <stdlib.h>

#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "compositor.h"

/* zwp_pointer_constraints_v1: one constraint a seat, which is all that any client here has. */

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

bool
seat_constrain(struct seat *seat, bool active)
{
	if (seat->constraint == NULL) {
		return false;
	}
	seat->constraint_active = active;
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

void
seats_commit(struct compositor *compositor, const struct surface *surface)
{
	for (uint32_t i = 0; i < compositor->n_seats; i++) {
		struct seat *seat = &compositor->seats[i];

		if (seat->constraint != NULL && seat->constraint_surface == surface) {
			seat->hint = seat->pending_hint;
		}
	}
}

static void
handle_locked_set_cursor_position_hint(
	struct wl_client *client, struct wl_resource *resource, wl_fixed_t x, wl_fixed_t y)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	seat->pending_hint.set = true;
	seat->pending_hint.sx = wl_fixed_to_double(x);
	seat->pending_hint.sy = wl_fixed_to_double(y);
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

	struct lock_hint hint = seat->hint;
	json_object *event = record_new("constraint_destroy");
	bool active = seat->constraint_active;

	record_bool(event, "active", active);
	record_bool(event, "hint", hint.set);
	record_double(event, "x", hint.sx);
	record_double(event, "y", hint.sy);
	record_write(seat->compositor->log, event);
	seat->constraint = NULL;
	seat->constraint_active = false;
	seat->hint = seat->pending_hint = (struct lock_hint){ 0 };
	if (active && hint.set && seat->pointer_focus != NULL &&
		seat->pointer_focus == seat->constraint_surface) {
		seat_motion(seat, hint.sx, hint.sy);
		seat_frame(seat);
	}
}

static void
add_constraint(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource, struct wl_resource *pointer, uint32_t lifetime,
	bool is_lock)
{
	struct surface *surface = surface_from_resource(surface_resource);
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
	seat->constraint_surface = surface;
	seat->constraint_is_lock = is_lock;
	event = record_new(is_lock ? "lock_pointer" : "confine_pointer");
	record_int(event, "surface", surface->number);
	record_text(event, "lifetime",
		lifetime == ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT ? "persistent"
									   : "oneshot");
	record_write(seat->compositor->log, event);
	if (seat->compositor->grants_locks && seat->pointer_focus == surface) {
		seat_constrain(seat, true);
	}
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

void
bind_constraints(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_pointer_constraints_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &constraints_implementation, data, NULL);
}
