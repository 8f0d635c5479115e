#include "surface.h"

#include <stdlib.h>
#include <wayland-server-protocol.h>

#include "picture.h"
#include "record.h"
#include "shell.h"
#include "stamps.h"
#include "state.h"
#include "syncobj.h"
#include "compositor.h"

struct surface *
surface_from_resource(struct wl_resource *resource)
{
	return resource != NULL ? wl_resource_get_user_data(resource) : NULL;
}

struct surface *
surface_find(struct compositor *compositor, uint32_t number)
{
	struct surface *surface;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		if (surface->number == number) {
			return surface;
		}
	}
	return NULL;
}

bool
surface_set_role(struct surface *surface, enum surface_role role, struct wl_resource *object,
	uint32_t error_code)
{
	if (surface->role != ROLE_NONE && surface->role != role) {
		wl_resource_post_error(object, error_code, "the surface has another role");
		return false;
	}
	surface->role = role;
	return true;
}

void
surfaces_forget_attached(struct compositor *compositor, struct buffer *buffer)
{
	struct surface *surface;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		if (surface->pending.buffer == buffer) {
			surface->pending.buffer = NULL;
		}
	}
}

static void
handle_surface_attach(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *buffer, int32_t x, int32_t y)
{
	struct surface *surface = surface_from_resource(resource);

	if (wl_resource_get_version(resource) >= WL_SURFACE_OFFSET_SINCE_VERSION &&
		(x != 0 || y != 0)) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_OFFSET,
			"attach at %d,%d: the offset has a request of its own", x, y);
		return;
	}
	surface->pending.has_buffer = true;
	surface->pending.buffer = buffer != NULL ? buffer_from_resource(buffer) : NULL;
}

static void
handle_surface_damage(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
	record_rect(surface_from_resource(resource)->pending.surface_damage, x, y, width, height);
}

static void
handle_surface_damage_buffer(struct wl_client *client, struct wl_resource *resource, int32_t x,
	int32_t y, int32_t width, int32_t height)
{
	record_rect(surface_from_resource(resource)->pending.damage, x, y, width, height);
}

static void
handle_callback_destroy(struct wl_resource *callback)
{
	wl_list_remove(wl_resource_get_link(callback));
}

static void
handle_surface_frame(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct surface *surface = surface_from_resource(resource);
	struct wl_resource *callback = wl_resource_create(client, &wl_callback_interface, 1, id);

	if (callback == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(callback, NULL, NULL, handle_callback_destroy);
	wl_list_insert(surface->pending.callbacks.prev, wl_resource_get_link(callback));
}

static void
handle_surface_set_opaque_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
	struct surface *surface = surface_from_resource(resource);

	if (region != NULL) {
		pixman_region32_copy(&surface->pending.opaque, wl_resource_get_user_data(region));
	} else {
		pixman_region32_clear(&surface->pending.opaque);
	}
}

static void
handle_surface_set_input_region(
	struct wl_client *client, struct wl_resource *resource, struct wl_resource *region)
{
	struct surface *surface = surface_from_resource(resource);

	surface->pending.input_everywhere = region == NULL;
	if (region != NULL) {
		pixman_region32_copy(&surface->pending.input, wl_resource_get_user_data(region));
	} else {
		pixman_region32_clear(&surface->pending.input);
	}
}

static void
handle_surface_set_buffer_transform(
	struct wl_client *client, struct wl_resource *resource, int32_t transform)
{
	if (transform < WL_OUTPUT_TRANSFORM_NORMAL || transform > WL_OUTPUT_TRANSFORM_FLIPPED_270) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_TRANSFORM,
			"transform %d does not exist", transform);
		return;
	}
	surface_from_resource(resource)->pending.transform = transform;
}

static void
handle_surface_set_buffer_scale(
	struct wl_client *client, struct wl_resource *resource, int32_t scale)
{
	if (scale < 1) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_INVALID_SCALE, "scale %d", scale);
		return;
	}
	surface_from_resource(resource)->pending.scale = scale;
}

static void
handle_surface_offset(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y)
{
}

static void
record_commit(struct surface *surface, bool waits, int32_t width, int32_t height)
{
	static const char *const roles[] = {
		[ROLE_NONE] = "none",
		[ROLE_TOPLEVEL] = "toplevel",
		[ROLE_SUBSURFACE] = "subsurface",
		[ROLE_CURSOR] = "cursor",
		[ROLE_TOOL_CURSOR] = "tool-cursor",
	};
	json_object *event = record_new("commit");

	record_int(event, "surface", surface->number);
	record_text(event, "role", roles[surface->role]);
	record_bool(event, "cached", waits);
	surface_state_record(event, &surface->pending);
	record_int(event, "width", width);
	record_int(event, "height", height);
	syncobj_record(event, surface);
	record_write(surface->compositor->log, event);
}

static void
apply_children(struct wl_list *children)
{
	struct surface *child;

	wl_list_for_each(child, children, sibling_link)
	{
		child->x = child->pending_x;
		child->y = child->pending_y;
		if (child->cached.changed) {
			surface_apply(child, &child->cached);
		}
	}
}

void
surface_apply(struct surface *surface, struct surface_state *state)
{
	struct surface_state *current = &surface->current;
	json_object *damage;
	bool attached = state->has_buffer;

	surface_state_move(state, current);
	if (attached && current->buffer == NULL) {
		texture_finish(&surface->texture);
	} else if (attached && surface->compositor->stamps_fd < 0) {
		/* Old clients speak of surface pixels: taken for all. */
		damage = json_object_array_length(current->surface_damage) > 0 ? NULL
									       : current->damage;
		texture_upload(&surface->texture, current->buffer, damage);
	}
	surface_state_clear_damage(current);
	surface_state_check(surface, current, current->buffer, &surface->width, &surface->height);
	apply_children(&surface->below);
	apply_children(&surface->above);
	if (surface->shell != NULL) {
		shell_surface_applied(surface->shell);
	}
	scale_update(surface);
	if (!wl_list_empty(&current->callbacks) || !wl_list_empty(&current->feedbacks)) {
		frames_schedule(surface);
	}
}

/* What the user sees from now on, where the window that it is in was asked to tell. */
static void
record_look(struct surface *surface)
{
	while (surface->parent != NULL) {
		surface = surface->parent;
	}
	if (surface->compositor->looks && surface->role == ROLE_TOPLEVEL &&
		surface->current.buffer != NULL) {
		picture_record(surface, surface->compositor->log);
	}
}

static void
handle_surface_commit(struct wl_client *client, struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);
	bool waits = surface_is_synchronized(surface);
	const struct buffer *buffer = surface->pending.has_buffer  ? surface->pending.buffer
				      : surface->cached.has_buffer ? surface->cached.buffer
								   : surface->current.buffer;
	int32_t width, height;

	if (!surface_state_check(surface, &surface->pending, buffer, &width, &height)) {
		return;
	}
	if (surface->compositor->stamps_fd >= 0) {
		stamps_write(surface->compositor->stamps_fd, surface->number,
			surface->pending.buffer != NULL ? surface->pending.buffer->number : 0);
	} else {
		record_commit(surface, waits, width, height);
	}
	if (!syncobj_check(surface)) {
		return;
	}
	syncobj_committed(surface);
	if (surface->shell != NULL &&
		!shell_surface_check(surface->shell, buffer != NULL, width, height)) {
		return;
	}
	if (surface->pending.has_buffer && surface->pending.buffer != NULL) {
		buffer_use(surface->pending.buffer);
	}
	if (waits) {
		surface_state_move(&surface->pending, &surface->cached);
	} else {
		surface_apply(surface, &surface->pending);
		seats_commit(surface->compositor, surface);
		record_look(surface);
	}
}

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_surface_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);

	if (surface->shell != NULL) {
		wl_resource_post_error(resource, WL_SURFACE_ERROR_DEFUNCT_ROLE_OBJECT,
			"wl_surface destroyed before its xdg_surface");
		return;
	}
	wl_resource_destroy(resource);
}

static const struct wl_surface_interface surface_implementation = {
	.destroy = handle_surface_destroy_request,
	.attach = handle_surface_attach,
	.damage = handle_surface_damage,
	.frame = handle_surface_frame,
	.set_opaque_region = handle_surface_set_opaque_region,
	.set_input_region = handle_surface_set_input_region,
	.commit = handle_surface_commit,
	.set_buffer_transform = handle_surface_set_buffer_transform,
	.set_buffer_scale = handle_surface_set_buffer_scale,
	.damage_buffer = handle_surface_damage_buffer,
	.offset = handle_surface_offset,
};

static void
handle_surface_destroy(struct wl_resource *resource)
{
	struct surface *surface = surface_from_resource(resource);
	struct compositor *compositor = surface->compositor;
	json_object *event = record_new("surface_destroy");

	record_int(event, "surface", surface->number);
	record_write(compositor->log, event);
	seats_forget_surface(compositor, surface);
	if (surface->shell != NULL) {
		shell_surface_forget(surface->shell);
	}
	if (surface->viewport != NULL) {
		wl_resource_set_user_data(surface->viewport, NULL);
	}
	syncobj_forget_surface(surface);
	scale_forget_surface(surface);
	subsurface_finish(surface);
	wl_list_remove(&surface->link);
	surface_state_finish(&surface->pending, false);
	surface_state_finish(&surface->cached, true);
	surface_state_finish(&surface->current, true);
	texture_finish(&surface->texture);
	free(surface);
}

static void
handle_compositor_create_surface(
	struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct compositor *compositor = wl_resource_get_user_data(resource);
	struct surface *surface = calloc(1, sizeof(*surface));

	if (surface == NULL) {
		abort();
	}
	surface->resource = wl_resource_create(
		client, &wl_surface_interface, wl_resource_get_version(resource), id);
	if (surface->resource == NULL) {
		free(surface);
		wl_client_post_no_memory(client);
		return;
	}
	surface->compositor = compositor;
	surface->number = compositor_take_number(compositor);
	surface_state_init(&surface->pending);
	surface_state_init(&surface->cached);
	surface_state_init(&surface->current);
	wl_list_init(&surface->below);
	wl_list_init(&surface->above);
	wl_list_init(&surface->sibling_link);
	wl_list_insert(compositor->surfaces.prev, &surface->link);
	wl_resource_set_implementation(
		surface->resource, &surface_implementation, surface, handle_surface_destroy);
}

static void
handle_region_add(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
	pixman_region32_t *region = wl_resource_get_user_data(resource);

	if (width > 0 && height > 0) {
		pixman_region32_union_rect(region, region, x, y, (uint32_t)width, (uint32_t)height);
	}
}

static void
handle_region_subtract(struct wl_client *client, struct wl_resource *resource, int32_t x, int32_t y,
	int32_t width, int32_t height)
{
	pixman_region32_t *region = wl_resource_get_user_data(resource);
	pixman_region32_t rect;

	if (width > 0 && height > 0) {
		pixman_region32_init_rect(&rect, x, y, (uint32_t)width, (uint32_t)height);
		pixman_region32_subtract(region, region, &rect);
		pixman_region32_fini(&rect);
	}
}

static const struct wl_region_interface region_implementation = {
	.destroy = handle_resource_destroy_request,
	.add = handle_region_add,
	.subtract = handle_region_subtract,
};

static void
handle_region_destroy(struct wl_resource *resource)
{
	pixman_region32_t *region = wl_resource_get_user_data(resource);

	pixman_region32_fini(region);
	free(region);
}

static void
handle_compositor_create_region(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	pixman_region32_t *region = calloc(1, sizeof(*region));
	struct wl_resource *region_resource =
		wl_resource_create(client, &wl_region_interface, 1, id);

	if (region == NULL || region_resource == NULL) {
		abort();
	}
	pixman_region32_init(region);
	wl_resource_set_implementation(
		region_resource, &region_implementation, region, handle_region_destroy);
}

static const struct wl_compositor_interface compositor_implementation = {
	.create_surface = handle_compositor_create_surface,
	.create_region = handle_compositor_create_region,
};

void
bind_compositor(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &wl_compositor_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &compositor_implementation, data, NULL);
}
