#include "idle.h"

#include <stdlib.h>

#include "idle-inhibit-unstable-v1-server-protocol.h"
#include "record.h"
#include "surface.h"
#include "compositor.h"

struct inhibitor {
	struct compositor *compositor;
	uint32_t surface; /* its number: it may go first */
};

static void
record_inhibitor(const struct inhibitor *inhibitor, const char *name)
{
	json_object *event = record_new(name);

	record_int(event, "surface", inhibitor->surface);
	record_write(inhibitor->compositor->log, event);
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct zwp_idle_inhibitor_v1_interface inhibitor_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_inhibitor_destroy(struct wl_resource *resource)
{
	struct inhibitor *inhibitor = wl_resource_get_user_data(resource);

	record_inhibitor(inhibitor, "idle_inhibit_end");
	free(inhibitor);
}

static void
handle_manager_create_inhibitor(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface)
{
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_idle_inhibitor_v1_interface, 1, id);

	if (inhibitor == NULL || resource == NULL) {
		abort();
	}
	inhibitor->compositor = wl_resource_get_user_data(manager);
	inhibitor->surface = surface_from_resource(surface)->number;
	wl_resource_set_implementation(
		resource, &inhibitor_implementation, inhibitor, handle_inhibitor_destroy);
	record_inhibitor(inhibitor, "idle_inhibit");
}

static const struct zwp_idle_inhibit_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.create_inhibitor = handle_manager_create_inhibitor,
};

void
bind_idle_inhibit_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &zwp_idle_inhibit_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
