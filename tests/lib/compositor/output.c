#include "output.h"

#include <wayland-server-protocol.h>

#include "compositor.h"

static void
handle_output_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_output_interface output_implementation = {
	.release = handle_output_release,
};

static void
handle_output_destroy(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

void
bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct compositor *compositor = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_output_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &output_implementation, compositor, handle_output_destroy);
	wl_list_insert(&compositor->outputs, wl_resource_get_link(resource));
	wl_output_send_geometry(resource, 0, 0, 510, 290, WL_OUTPUT_SUBPIXEL_UNKNOWN, "Mini",
		"Compositor", WL_OUTPUT_TRANSFORM_NORMAL);
	wl_output_send_mode(resource, WL_OUTPUT_MODE_CURRENT, compositor->output_width,
		compositor->output_height, compositor->output_refresh_mhz);
	if (version >= WL_OUTPUT_SCALE_SINCE_VERSION) {
		wl_output_send_scale(resource, compositor->output_scale);
	}
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
		wl_output_send_name(resource, "MINI-1");
	}
	if (version >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(resource);
	}
}
