#include "shortcuts.h"

#include <stdlib.h>
#include <wayland-server-core.h>

#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "compositor.h"

struct inhibitor {
	struct compositor *compositor;
	struct wl_list link;
	struct wl_resource *resource;
	uint32_t surface; /* its number: it may go first */
	struct seat *seat;
};

static struct wl_list inhibitors = { &inhibitors, &inhibitors };

static struct inhibitor *
find_inhibitor(const struct surface *surface, const struct seat *seat)
{
	struct inhibitor *inhibitor;

	wl_list_for_each(inhibitor, &inhibitors, link)
	{
		if (inhibitor->surface == surface->number && inhibitor->seat == seat) {
			return inhibitor;
		}
	}
	return NULL;
}

static json_object *
describe(const struct inhibitor *inhibitor, const char *name)
{
	json_object *event = record_new(name);

	record_int(event, "surface", inhibitor->surface);
	record_int(event, "seat", inhibitor->seat - inhibitor->compositor->seats);
	return event;
}

bool
shortcuts_set_active(struct surface *surface, struct seat *seat, bool active)
{
	struct inhibitor *inhibitor = find_inhibitor(surface, seat);

	if (inhibitor == NULL) {
		return false;
	}
	if (active) {
		zwp_keyboard_shortcuts_inhibitor_v1_send_active(inhibitor->resource);
	} else {
		zwp_keyboard_shortcuts_inhibitor_v1_send_inactive(inhibitor->resource);
	}
	return true;
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwp_keyboard_shortcuts_inhibitor_v1_interface inhibitor_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_inhibitor_destroy(struct wl_resource *resource)
{
	struct inhibitor *inhibitor = wl_resource_get_user_data(resource);

	record_write(inhibitor->compositor->log, describe(inhibitor, "shortcuts_inhibit_end"));
	wl_list_remove(&inhibitor->link);
	free(inhibitor);
}

static void
handle_manager_inhibit_shortcuts(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface_resource, struct wl_resource *seat_resource)
{
	struct compositor *compositor = wl_resource_get_user_data(manager);
	struct surface *surface = surface_from_resource(surface_resource);
	struct seat *seat = wl_resource_get_user_data(seat_resource);
	struct inhibitor *inhibitor;
	json_object *event;

	if (find_inhibitor(surface, seat) != NULL) {
		wl_resource_post_error(manager,
			ZWP_KEYBOARD_SHORTCUTS_INHIBIT_MANAGER_V1_ERROR_ALREADY_INHIBITED,
			"the surface has an inhibitor of that seat");
		return;
	}
	inhibitor = calloc(1, sizeof(*inhibitor));
	if (inhibitor == NULL) {
		abort();
	}
	inhibitor->resource =
		wl_resource_create(client, &zwp_keyboard_shortcuts_inhibitor_v1_interface, 1, id);
	if (inhibitor->resource == NULL) {
		abort();
	}
	inhibitor->compositor = compositor;
	inhibitor->surface = surface->number;
	inhibitor->seat = seat;
	wl_list_insert(&inhibitors, &inhibitor->link);
	wl_resource_set_implementation(inhibitor->resource, &inhibitor_implementation, inhibitor,
		handle_inhibitor_destroy);
	event = describe(inhibitor, "shortcuts_inhibit");
	record_bool(event, "focused", seat->keyboard_focus == surface);
	record_bool(event, "mapped", surface->width > 0);
	record_write(compositor->log, event);
	if (!compositor->keeps_shortcuts && seat->keyboard_focus == surface) {
		zwp_keyboard_shortcuts_inhibitor_v1_send_active(inhibitor->resource);
	}
}

static const struct zwp_keyboard_shortcuts_inhibit_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.inhibit_shortcuts = handle_manager_inhibit_shortcuts,
};

void
bind_shortcuts(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_keyboard_shortcuts_inhibit_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
