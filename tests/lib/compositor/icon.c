#include "icon.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"
#include "xdg-toplevel-icon-v1-server-protocol.h"

#define MAX_BUFFERS 32

struct icon_buffer {
	struct icon *icon;
	struct wl_listener destroy;
};

struct icon {
	struct wl_resource *resource;
	struct wl_listener client_destroy;
	bool set; /* on a window: it stays as it is */
	char *name;
	json_object *sizes;
	struct icon_buffer buffers[MAX_BUFFERS];
	int n_buffers;
};

static bool
check_mutable(struct icon *icon)
{
	if (icon->set) {
		wl_resource_post_error(icon->resource, XDG_TOPLEVEL_ICON_V1_ERROR_IMMUTABLE,
			"the icon is on a window");
	}
	return !icon->set;
}

static void
handle_icon_set_name(struct wl_client *client, struct wl_resource *resource, const char *name)
{
	struct icon *icon = wl_resource_get_user_data(resource);

	if (check_mutable(icon)) {
		free(icon->name);
		icon->name = strdup(name);
	}
}

static void
forget_buffers(struct icon *icon)
{
	for (int i = 0; i < icon->n_buffers; i++) {
		wl_list_remove(&icon->buffers[i].destroy.link);
	}
	icon->n_buffers = 0;
}

static void
handle_buffer_destroy(struct wl_listener *listener, void *data)
{
	struct icon_buffer *buffer = wl_container_of(listener, buffer, destroy);

	wl_list_remove(&listener->link);
	wl_list_init(&listener->link);
	wl_resource_post_error(buffer->icon->resource, XDG_TOPLEVEL_ICON_V1_ERROR_NO_BUFFER,
		"a buffer was destroyed before its icon");
}

/* A client that goes may leave its objects in any order. */
static void
handle_client_destroy(struct wl_listener *listener, void *data)
{
	struct icon *icon = wl_container_of(listener, icon, client_destroy);

	forget_buffers(icon);
}

static void
handle_icon_add_buffer(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *buffer_resource, int32_t scale)
{
	struct icon *icon = wl_resource_get_user_data(resource);
	struct wl_shm_buffer *shm = wl_shm_buffer_get(buffer_resource);
	struct icon_buffer *buffer;
	json_object *size;

	if (!check_mutable(icon)) {
		return;
	}
	if (shm == NULL || wl_shm_buffer_get_width(shm) != wl_shm_buffer_get_height(shm) ||
		icon->n_buffers == MAX_BUFFERS) {
		wl_resource_post_error(resource, XDG_TOPLEVEL_ICON_V1_ERROR_INVALID_BUFFER,
			"an icon is a square in wl_shm memory");
		return;
	}
	buffer = &icon->buffers[icon->n_buffers++];
	buffer->icon = icon;
	buffer->destroy.notify = handle_buffer_destroy;
	wl_resource_add_destroy_listener(buffer_resource, &buffer->destroy);
	size = json_object_new_array();
	json_object_array_add(size, json_object_new_int(wl_shm_buffer_get_width(shm)));
	json_object_array_add(size, json_object_new_int(wl_shm_buffer_get_height(shm)));
	json_object_array_add(size, json_object_new_int(scale));
	json_object_array_add(icon->sizes, size);
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct xdg_toplevel_icon_v1_interface icon_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_name = handle_icon_set_name,
	.add_buffer = handle_icon_add_buffer,
};

static void
handle_icon_destroy(struct wl_resource *resource)
{
	struct icon *icon = wl_resource_get_user_data(resource);

	forget_buffers(icon);
	wl_list_remove(&icon->client_destroy.link);
	json_object_put(icon->sizes);
	free(icon->name);
	free(icon);
}

static void
handle_manager_create_icon(struct wl_client *client, struct wl_resource *manager, uint32_t id)
{
	struct icon *icon = calloc(1, sizeof(*icon));

	if (icon == NULL) {
		abort();
	}
	icon->resource = wl_resource_create(client, &xdg_toplevel_icon_v1_interface, 1, id);
	if (icon->resource == NULL) {
		abort();
	}
	icon->sizes = json_object_new_array();
	icon->client_destroy.notify = handle_client_destroy;
	wl_client_add_destroy_listener(client, &icon->client_destroy);
	wl_resource_set_implementation(
		icon->resource, &icon_implementation, icon, handle_icon_destroy);
}

static void
handle_manager_set_icon(struct wl_client *client, struct wl_resource *manager,
	struct wl_resource *toplevel, struct wl_resource *icon_resource)
{
	struct compositor *compositor = wl_resource_get_user_data(manager);
	const struct shell_surface *shell = wl_resource_get_user_data(toplevel);
	struct icon *icon = icon_resource != NULL ? wl_resource_get_user_data(icon_resource) : NULL;
	json_object *event = record_new("set_icon");

	record_int(event, "surface",
		shell != NULL && shell->surface != NULL ? shell->surface->number : 0);
	record_text(event, "name", icon != NULL ? icon->name : NULL);
	json_object_object_add(
		event, "buffers", icon != NULL ? json_object_get(icon->sizes) : NULL);
	record_write(compositor->log, event);
	if (icon != NULL) {
		icon->set = true;
	}
}

static const struct xdg_toplevel_icon_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.create_icon = handle_manager_create_icon,
	.set_icon = handle_manager_set_icon,
};

void
bind_icon_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &xdg_toplevel_icon_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
	xdg_toplevel_icon_manager_v1_send_icon_size(resource, 48);
	xdg_toplevel_icon_manager_v1_send_icon_size(resource, 96);
	xdg_toplevel_icon_manager_v1_send_done(resource);
}
