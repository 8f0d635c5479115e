#include "cadence.h"

#include <stdlib.h>
#include <wayland-server-core.h>

#include "compositor.h"
#include "fifo-v1-server-protocol.h"
#include "record.h"
#include "surface.h"
#include "tearing-control-v1-server-protocol.h"

/* One of the two objects that a surface may have, each once. */
struct cadence {
	struct surface *surface; /* NULL: gone */
	struct wl_listener surface_destroyed;
};

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_surface_destroyed(struct wl_listener *listener, void *data)
{
	struct cadence *cadence = wl_container_of(listener, cadence, surface_destroyed);

	cadence->surface = NULL;
}

static void
handle_cadence_destroy(struct wl_resource *resource)
{
	struct cadence *cadence = wl_resource_get_user_data(resource);

	if (cadence->surface != NULL) {
		wl_list_remove(&cadence->surface_destroyed.link);
	}
	free(cadence);
}

/* destroyed: of this kind of object alone, so that it tells whether the surface has one. */
static void
create(struct wl_client *client, struct wl_resource *manager, struct wl_resource *surface_resource,
	uint32_t id, const struct wl_interface *interface, const void *implementation,
	wl_notify_func_t destroyed, uint32_t error)
{
	struct cadence *cadence = calloc(1, sizeof(*cadence));
	struct wl_resource *resource;

	if (cadence == NULL) {
		abort();
	}
	if (wl_resource_get_destroy_listener(surface_resource, destroyed) != NULL) {
		wl_resource_post_error(manager, error, "the surface has a %s", interface->name);
		free(cadence);
		return;
	}
	resource = wl_resource_create(client, interface, 1, id);
	if (resource == NULL) {
		abort();
	}
	cadence->surface = surface_from_resource(surface_resource);
	cadence->surface_destroyed.notify = destroyed;
	wl_resource_add_destroy_listener(surface_resource, &cadence->surface_destroyed);
	wl_resource_set_implementation(resource, implementation, cadence, handle_cadence_destroy);
}

static void
handle_tearing_hint(struct wl_client *client, struct wl_resource *resource, uint32_t hint)
{
	struct cadence *cadence = wl_resource_get_user_data(resource);
	json_object *event;

	if (cadence->surface == NULL) {
		return;
	}
	event = record_new("presentation_hint");
	record_int(event, "surface", cadence->surface->number);
	record_text(event, "hint",
		hint == WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC ? "async" : "vsync");
	record_write(cadence->surface->compositor->log, event);
}

static const struct wp_tearing_control_v1_interface tearing_implementation = {
	.set_presentation_hint = handle_tearing_hint,
	.destroy = handle_resource_destroy_request,
};

static void
handle_tearing_surface_destroyed(struct wl_listener *listener, void *data)
{
	handle_surface_destroyed(listener, data);
}

static void
handle_get_tearing_control(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface)
{
	create(client, manager, surface, id, &wp_tearing_control_v1_interface,
		&tearing_implementation, handle_tearing_surface_destroyed,
		WP_TEARING_CONTROL_MANAGER_V1_ERROR_TEARING_CONTROL_EXISTS);
}

static const struct wp_tearing_control_manager_v1_interface tearing_manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_tearing_control = handle_get_tearing_control,
};

void
bind_tearing_control(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_tearing_control_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &tearing_manager_implementation, data, NULL);
}

static void
record_barrier(struct wl_resource *resource, const char *name)
{
	struct cadence *cadence = wl_resource_get_user_data(resource);
	json_object *event;

	if (cadence->surface == NULL) {
		wl_resource_post_error(
			resource, WP_FIFO_V1_ERROR_SURFACE_DESTROYED, "%s without a surface", name);
		return;
	}
	event = record_new(name);
	record_int(event, "surface", cadence->surface->number);
	record_write(cadence->surface->compositor->log, event);
}

static void
handle_set_barrier(struct wl_client *client, struct wl_resource *resource)
{
	record_barrier(resource, "set_barrier");
}

static void
handle_wait_barrier(struct wl_client *client, struct wl_resource *resource)
{
	record_barrier(resource, "wait_barrier");
}

static const struct wp_fifo_v1_interface fifo_implementation = {
	.set_barrier = handle_set_barrier,
	.wait_barrier = handle_wait_barrier,
	.destroy = handle_resource_destroy_request,
};

static void
handle_fifo_surface_destroyed(struct wl_listener *listener, void *data)
{
	handle_surface_destroyed(listener, data);
}

static void
handle_get_fifo(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *surface)
{
	create(client, manager, surface, id, &wp_fifo_v1_interface, &fifo_implementation,
		handle_fifo_surface_destroyed, WP_FIFO_MANAGER_V1_ERROR_ALREADY_EXISTS);
}

static const struct wp_fifo_manager_v1_interface fifo_manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_fifo = handle_get_fifo,
};

void
bind_fifo(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_fifo_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &fifo_manager_implementation, data, NULL);
}
