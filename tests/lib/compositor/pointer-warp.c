#include "pointer-warp-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "compositor.h"

/* wp_pointer_warp_v1, where wayland-protocols has it. */

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_warp_pointer(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *surface_resource, struct wl_resource *pointer, wl_fixed_t sx,
	wl_fixed_t sy, uint32_t serial)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct seat *seat = wl_resource_get_user_data(pointer);
	json_object *event = record_new("warp_pointer");

	record_int(event, "surface", surface->number);
	record_double(event, "x", wl_fixed_to_double(sx));
	record_double(event, "y", wl_fixed_to_double(sy));
	record_bool(event, "serial_is_latest", serial == seat->enter_serial);
	record_write(seat->compositor->log, event);
	if (seat->pointer_focus == surface && serial == seat->enter_serial) {
		seat_motion(seat, wl_fixed_to_double(sx), wl_fixed_to_double(sy));
		seat_frame(seat);
	}
}

static const struct wp_pointer_warp_v1_interface pointer_warp_implementation = {
	.destroy = handle_resource_destroy_request,
	.warp_pointer = handle_warp_pointer,
};

void
bind_pointer_warp(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_pointer_warp_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &pointer_warp_implementation, data, NULL);
}
