#include "scale.h"

#include <wayland-server-protocol.h>

#include "fractional-scale-v1-server-protocol.h"
#include "output.h"
#include "placement.h"
#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"

/* NULL while nobody knows. */
static const struct output *
known_output(const struct surface *surface)
{
	const struct surface *root = surface;

	while (root->parent != NULL) {
		root = root->parent;
	}
	if (root->role == ROLE_CURSOR) {
		return placement_output(root);
	}
	if (root->shell == NULL || root->shell->toplevel == NULL) {
		return NULL;
	}
	return root->shell->placement.shown ||
			       (root->shell->initial_sent && !root->compositor->enters_mapped)
		       ? root->shell->placement.output
		       : NULL;
}

static void
send_fractional(struct surface *surface, int32_t scale_120)
{
	struct scale_state *state = &surface->scale;
	json_object *event;

	if (state->resource == NULL || state->sent_120 == scale_120) {
		return;
	}
	state->sent_120 = scale_120;
	wp_fractional_scale_v1_send_preferred_scale(state->resource, (uint32_t)scale_120);
	event = record_new("preferred_scale");
	record_int(event, "surface", surface->number);
	record_int(event, "scale_120", scale_120);
	record_write(surface->compositor->log, event);
}

static void
send_buffer_scale(struct surface *surface, int32_t factor, int32_t transform)
{
	struct scale_state *state = &surface->scale;
	json_object *event;

	if (!surface->compositor->sends_buffer_scale ||
		wl_resource_get_version(surface->resource) <
			WL_SURFACE_PREFERRED_BUFFER_SCALE_SINCE_VERSION ||
		(state->sent_factor == factor && state->sent_transform == transform)) {
		return;
	}
	if (state->sent_factor != factor) {
		wl_surface_send_preferred_buffer_scale(surface->resource, factor);
	}
	/* Until then it is the normal one. */
	if (state->sent_transform != transform) {
		wl_surface_send_preferred_buffer_transform(surface->resource, (uint32_t)transform);
	}
	state->sent_factor = factor;
	state->sent_transform = transform;
	event = record_new("preferred_buffer_scale");
	record_int(event, "surface", surface->number);
	record_int(event, "scale", factor);
	record_int(event, "transform", transform);
	record_write(surface->compositor->log, event);
}

void
scale_update(struct surface *surface)
{
	const struct output *output = known_output(surface);

	if (output != NULL) {
		send_fractional(surface, output->spec.scale_120);
		send_buffer_scale(
			surface, (output->spec.scale_120 + 119) / 120, output->spec.transform);
	}
}

void
scale_update_all(struct compositor *compositor)
{
	struct surface *surface;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		scale_update(surface);
	}
}

void
scale_forget_surface(struct surface *surface)
{
	if (surface->scale.resource != NULL) {
		wl_resource_set_user_data(surface->scale.resource, NULL);
	}
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wp_fractional_scale_v1_interface fractional_scale_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_fractional_scale_destroy(struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);

	if (surface != NULL) {
		surface->scale.resource = NULL;
		surface->scale.sent_120 = 0;
	}
}

static void
handle_manager_get_fractional_scale(struct wl_client *client, struct wl_resource *manager,
	uint32_t id, struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (surface->scale.resource != NULL) {
		wl_resource_post_error(manager,
			WP_FRACTIONAL_SCALE_MANAGER_V1_ERROR_FRACTIONAL_SCALE_EXISTS,
			"the surface has a fractional scale object");
		return;
	}
	surface->scale.resource =
		wl_resource_create(client, &wp_fractional_scale_v1_interface, 1, id);
	if (surface->scale.resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(surface->scale.resource, &fractional_scale_implementation,
		surface, handle_fractional_scale_destroy);
	scale_update(surface);
}

static const struct wp_fractional_scale_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_fractional_scale = handle_manager_get_fractional_scale,
};

void
bind_fractional_scale_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_fractional_scale_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
