#include "single-pixel.h"

#include <drm_fourcc.h>
#include <wayland-server-protocol.h>

#include "record.h"
#include "single-pixel-buffer-v1-server-protocol.h"
#include "compositor.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_buffer_interface buffer_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_manager_create_buffer(struct wl_client *client, struct wl_resource *manager, uint32_t id,
	uint32_t red, uint32_t green, uint32_t blue, uint32_t alpha)
{
	struct compositor *compositor = wl_resource_get_user_data(manager);
	const struct buffer_memory memory = {
		.width = 1,
		.height = 1,
		.fourcc = DRM_FORMAT_ARGB8888,
		.fds = { -1, -1, -1, -1 },
		.strides = { 4 },
		.is_solid = true,
		.solid = { (uint8_t)(blue >> 24), (uint8_t)(green >> 24), (uint8_t)(red >> 24),
			(uint8_t)(alpha >> 24) },
	};
	struct wl_resource *resource = wl_resource_create(client, &wl_buffer_interface, 1, id);
	struct buffer *buffer;
	json_object *event;

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &buffer_implementation, NULL, NULL);
	buffer = buffer_create(compositor, resource, &memory);
	event = record_new("single_pixel_buffer");
	record_int(event, "buffer", buffer->number);
	record_int(event, "red", red);
	record_int(event, "green", green);
	record_int(event, "blue", blue);
	record_int(event, "alpha", alpha);
	record_write(compositor->log, event);
}

static const struct wp_single_pixel_buffer_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.create_u32_rgba_buffer = handle_manager_create_buffer,
};

void
bind_single_pixel(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_single_pixel_buffer_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}
