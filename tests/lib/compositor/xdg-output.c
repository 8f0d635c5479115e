#include <wayland-server-protocol.h>

#include "output.h"
#include "xdg-output-unstable-v1-server-protocol.h"

/* From here on wl_output.done ends the news of both. */
#define SHARED_DONE_SINCE_VERSION 3

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_xdg_output_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static const struct zxdg_output_v1_interface xdg_output_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
send_logical(struct wl_resource *resource, const struct output *output)
{
	zxdg_output_v1_send_logical_position(resource, output->spec.x, output->spec.y);
	zxdg_output_v1_send_logical_size(
		resource, output_logical_width(output), output_logical_height(output));
}

void
xdg_output_send_logical(struct output *output)
{
	struct wl_resource *resource;

	wl_resource_for_each(resource, &output->xdg_outputs)
	{
		send_logical(resource, output);
		if (wl_resource_get_version(resource) < SHARED_DONE_SINCE_VERSION) {
			zxdg_output_v1_send_done(resource);
		}
	}
}

static void
handle_manager_get_xdg_output(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	struct wl_resource *output_resource)
{
	struct output *output = output_from_resource(output_resource);
	int version = wl_resource_get_version(manager);
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_output_v1_interface, version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &xdg_output_implementation, output, handle_xdg_output_destroy);
	wl_list_insert(output->xdg_outputs.prev, wl_resource_get_link(resource));
	if (output->removed) {
		return;
	}
	send_logical(resource, output);
	if (version >= ZXDG_OUTPUT_V1_NAME_SINCE_VERSION) {
		zxdg_output_v1_send_name(resource, output->spec.name);
		zxdg_output_v1_send_description(resource, output->spec.description);
	}
	if (version < SHARED_DONE_SINCE_VERSION) {
		zxdg_output_v1_send_done(resource);
	} else if (wl_resource_get_version(output_resource) >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(output_resource);
	}
}

static const struct zxdg_output_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_xdg_output = handle_manager_get_xdg_output,
};

void
bind_xdg_output_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zxdg_output_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
