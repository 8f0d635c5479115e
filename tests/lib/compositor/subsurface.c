#include <wayland-server-protocol.h>

#include "record.h"
#include "surface.h"
#include "compositor.h"
#include "viewporter-server-protocol.h"

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

bool
surface_is_synchronized(const struct surface *surface)
{
	for (; surface != NULL; surface = surface->parent) {
		if (surface->subsurface != NULL && surface->synchronized) {
			return true;
		}
	}
	return false;
}

void
subsurface_finish(struct surface *surface)
{
	struct surface *child, *next;

	wl_list_for_each_safe(child, next, &surface->below, sibling_link)
	{
		wl_list_remove(&child->sibling_link);
		wl_list_init(&child->sibling_link);
		child->parent = NULL;
	}
	wl_list_for_each_safe(child, next, &surface->above, sibling_link)
	{
		wl_list_remove(&child->sibling_link);
		wl_list_init(&child->sibling_link);
		child->parent = NULL;
	}
	wl_list_remove(&surface->sibling_link);
	wl_list_init(&surface->sibling_link);
	surface->parent = NULL;
	if (surface->subsurface != NULL) {
		wl_resource_set_user_data(surface->subsurface, NULL);
		surface->subsurface = NULL;
	}
}

static void
handle_subsurface_set_position(
	struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y)
{
	struct surface *surface = surface_from_resource(resource);
	json_object *event;

	if (surface == NULL) {
		return;
	}
	surface->pending_x = x;
	surface->pending_y = y;
	event = record_new("subsurface_position");
	record_int(event, "surface", surface->number);
	record_int(event, "x", x);
	record_int(event, "y", y);
	record_write(surface->compositor->log, event);
}

/* Takes effect at once rather than with the parent's commit: nobody restacks a
 * shown picture. */
static void
restack(struct wl_resource *resource, struct wl_resource *sibling_resource, bool above)
{
	struct surface *surface = surface_from_resource(resource);
	struct surface *sibling = surface_from_resource(sibling_resource);
	struct wl_list *after;

	if (surface == NULL || surface->parent == NULL) {
		return;
	}
	if (sibling == surface ||
		(sibling != surface->parent && sibling->parent != surface->parent)) {
		wl_resource_post_error(resource, WL_SUBSURFACE_ERROR_BAD_SURFACE,
			"the reference is no sibling and not the parent");
		return;
	}
	if (sibling == surface->parent) {
		after = above ? &surface->parent->above : surface->parent->below.prev;
	} else {
		after = above ? &sibling->sibling_link : sibling->sibling_link.prev;
	}
	if (after != &surface->sibling_link) {
		wl_list_remove(&surface->sibling_link);
		wl_list_insert(after, &surface->sibling_link);
	}
}

static void
handle_subsurface_place_above(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *sibling)
{
	restack(resource, sibling, true);
}

static void
handle_subsurface_place_below(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *sibling)
{
	restack(resource, sibling, false);
}

static void
set_synchronized(struct wl_resource *resource, bool synchronized)
{
	struct surface *surface = surface_from_resource(resource);
	json_object *event;

	if (surface == NULL) {
		return;
	}
	surface->synchronized = synchronized;
	event = record_new("subsurface_sync");
	record_int(event, "surface", surface->number);
	record_bool(event, "sync", synchronized);
	record_write(surface->compositor->log, event);
	if (!surface_is_synchronized(surface) && surface->cached.changed) {
		surface_apply(surface, &surface->cached);
	}
}

static void
handle_subsurface_set_sync(struct wl_client *client, struct wl_resource *resource)
{
	set_synchronized(resource, true);
}

static void
handle_subsurface_set_desync(struct wl_client *client, struct wl_resource *resource)
{
	set_synchronized(resource, false);
}

static const struct wl_subsurface_interface subsurface_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_position = handle_subsurface_set_position,
	.place_above = handle_subsurface_place_above,
	.place_below = handle_subsurface_place_below,
	.set_sync = handle_subsurface_set_sync,
	.set_desync = handle_subsurface_set_desync,
};

static void
handle_subsurface_destroy(struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);
	json_object *event;

	if (surface == NULL) {
		return;
	}
	event = record_new("subsurface_destroy");
	record_int(event, "surface", surface->number);
	record_write(surface->compositor->log, event);
	wl_list_remove(&surface->sibling_link);
	wl_list_init(&surface->sibling_link);
	surface->parent = NULL;
	surface->subsurface = NULL;
}

static void
handle_subcompositor_get_subsurface(struct wl_client *client, struct wl_resource *resource,
	uint32_t id, struct wl_resource *surface_resource, struct wl_resource *parent_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct surface *parent = surface_from_resource(parent_resource);
	json_object *event;

	if (surface->subsurface != NULL || !surface_set_role(surface, ROLE_SUBSURFACE, resource,
						   WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE)) {
		wl_resource_post_error(resource, WL_SUBCOMPOSITOR_ERROR_BAD_SURFACE,
			"the surface is a subsurface already");
		return;
	}
	for (struct surface *ancestor = parent; ancestor != NULL; ancestor = ancestor->parent) {
		if (ancestor == surface) {
			wl_resource_post_error(resource, WL_SUBCOMPOSITOR_ERROR_BAD_PARENT,
				"the parent is the surface or below it");
			return;
		}
	}
	surface->subsurface = wl_resource_create(client, &wl_subsurface_interface, 1, id);
	if (surface->subsurface == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(surface->subsurface, &subsurface_implementation, surface,
		handle_subsurface_destroy);
	surface->parent = parent;
	surface->synchronized = true;
	surface->x = surface->y = surface->pending_x = surface->pending_y = 0;
	wl_list_insert(parent->above.prev, &surface->sibling_link);
	event = record_new("subsurface");
	record_int(event, "surface", surface->number);
	record_int(event, "parent", parent->number);
	record_write(surface->compositor->log, event);
}

static const struct wl_subcompositor_interface subcompositor_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_subsurface = handle_subcompositor_get_subsurface,
};

void
bind_subcompositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_subcompositor_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &subcompositor_implementation, data, NULL);
}

/* The surface of a wp_viewport; NULL with the error posted once the surface is
 * gone. */
static struct surface *
viewport_surface(struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);

	if (surface == NULL) {
		wl_resource_post_error(
			resource, WP_VIEWPORT_ERROR_NO_SURFACE, "the wl_surface is gone");
	}
	return surface;
}

static void
handle_viewport_set_source(struct wl_client *client, struct wl_resource *resource, wl_fixed_t x,
	wl_fixed_t y, wl_fixed_t width, wl_fixed_t height)
{
	struct surface *surface = viewport_surface(resource);
	wl_fixed_t unset = wl_fixed_from_int(-1);

	if (surface == NULL) {
		return;
	}
	surface->pending.has_source = false;
	if (x == unset && y == unset && width == unset && height == unset) {
		return;
	}
	if (x < 0 || y < 0 || width <= 0 || height <= 0) {
		wl_resource_post_error(resource, WP_VIEWPORT_ERROR_BAD_VALUE,
			"source %gx%g at %g,%g", wl_fixed_to_double(width),
			wl_fixed_to_double(height), wl_fixed_to_double(x), wl_fixed_to_double(y));
		return;
	}
	surface->pending.has_source = true;
	surface->pending.source_x = wl_fixed_to_double(x);
	surface->pending.source_y = wl_fixed_to_double(y);
	surface->pending.source_width = wl_fixed_to_double(width);
	surface->pending.source_height = wl_fixed_to_double(height);
}

static void
handle_viewport_set_destination(
	struct wl_client *client, struct wl_resource *resource, int32_t width, int32_t height)
{
	struct surface *surface = viewport_surface(resource);

	if (surface == NULL) {
		return;
	}
	surface->pending.has_destination = false;
	if (width == -1 && height == -1) {
		return;
	}
	if (width <= 0 || height <= 0) {
		wl_resource_post_error(
			resource, WP_VIEWPORT_ERROR_BAD_VALUE, "destination %dx%d", width, height);
		return;
	}
	surface->pending.has_destination = true;
	surface->pending.destination_width = width;
	surface->pending.destination_height = height;
}

static const struct wp_viewport_interface viewport_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_source = handle_viewport_set_source,
	.set_destination = handle_viewport_set_destination,
};

static void
handle_viewport_destroy(struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);

	if (surface != NULL) {
		surface->viewport = NULL;
		surface->pending.has_source = false;
		surface->pending.has_destination = false;
	}
}

static void
handle_viewporter_get_viewport(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);

	if (surface->viewport != NULL) {
		wl_resource_post_error(resource, WP_VIEWPORTER_ERROR_VIEWPORT_EXISTS,
			"the surface has a viewport");
		return;
	}
	surface->viewport = wl_resource_create(client, &wp_viewport_interface, 1, id);
	if (surface->viewport == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		surface->viewport, &viewport_implementation, surface, handle_viewport_destroy);
}

static const struct wp_viewporter_interface viewporter_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_viewport = handle_viewporter_get_viewport,
};

void
bind_viewporter(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wp_viewporter_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &viewporter_implementation, data, NULL);
}
