#include "syncobj.h"

#include <stdlib.h>
#include <unistd.h>

#include "compositor.h"
#include "linux-drm-syncobj-v1-server-protocol.h"
#include "record.h"
#include "surface.h"

/* A timeline is its number, 0: none; its resource may be gone before the commit. */
struct point {
	uint32_t timeline;
	uint64_t value;
};

struct syncobj_surface {
	struct wl_resource *resource;
	struct surface *surface; /* NULL: gone */
	struct point acquire, release;
};

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wp_linux_drm_syncobj_timeline_v1_interface timeline_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
set_point(struct wl_resource *resource, struct wl_resource *timeline, uint32_t high, uint32_t low,
	bool is_acquire)
{
	struct syncobj_surface *syncobj = wl_resource_get_user_data(resource);
	struct point *point = is_acquire ? &syncobj->acquire : &syncobj->release;

	if (syncobj->surface == NULL) {
		wl_resource_post_error(resource, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_SURFACE,
			"the wl_surface is gone");
		return;
	}
	point->timeline = (uint32_t)(uintptr_t)wl_resource_get_user_data(timeline);
	point->value = (uint64_t)high << 32 | low;
}

static void
handle_surface_set_acquire_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t high, uint32_t low)
{
	set_point(resource, timeline, high, low, true);
}

static void
handle_surface_set_release_point(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *timeline, uint32_t high, uint32_t low)
{
	set_point(resource, timeline, high, low, false);
}

static const struct wp_linux_drm_syncobj_surface_v1_interface surface_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_acquire_point = handle_surface_set_acquire_point,
	.set_release_point = handle_surface_set_release_point,
};

static void
handle_surface_destroy(struct wl_resource *resource)
{
	struct syncobj_surface *syncobj = wl_resource_get_user_data(resource);
	json_object *event;

	if (syncobj->surface != NULL) {
		event = record_new("syncobj_surface_destroy");
		record_int(event, "surface", syncobj->surface->number);
		record_write(syncobj->surface->compositor->log, event);
		syncobj->surface->syncobj = NULL;
	}
	free(syncobj);
}

static void
handle_manager_get_surface(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *surface_resource)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct syncobj_surface *syncobj;
	json_object *event;

	if (surface->syncobj != NULL) {
		wl_resource_post_error(resource,
			WP_LINUX_DRM_SYNCOBJ_MANAGER_V1_ERROR_SURFACE_EXISTS,
			"the surface has such an object");
		return;
	}
	syncobj = calloc(1, sizeof(*syncobj));
	if (syncobj == NULL) {
		abort();
	}
	syncobj->resource =
		wl_resource_create(client, &wp_linux_drm_syncobj_surface_v1_interface, 1, id);
	if (syncobj->resource == NULL) {
		abort();
	}
	syncobj->surface = surface;
	surface->syncobj = syncobj;
	wl_resource_set_implementation(
		syncobj->resource, &surface_implementation, syncobj, handle_surface_destroy);
	event = record_new("syncobj_surface");
	record_int(event, "surface", surface->number);
	record_write(surface->compositor->log, event);
}

static void
handle_manager_import_timeline(
	struct wl_client *client, struct wl_resource *resource, uint32_t id, int32_t fd)
{
	struct compositor *compositor = wl_resource_get_user_data(resource);
	struct wl_resource *timeline =
		wl_resource_create(client, &wp_linux_drm_syncobj_timeline_v1_interface, 1, id);
	uint32_t number = compositor_take_number(compositor);
	json_object *event;

	if (timeline == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		timeline, &timeline_implementation, (void *)(uintptr_t)number, NULL);
	event = record_new("timeline");
	record_int(event, "timeline", number);
	record_fd(event, fd);
	record_write(compositor->log, event);
	close(fd);
}

static const struct wp_linux_drm_syncobj_manager_v1_interface manager_implementation = {
	.destroy = handle_resource_destroy_request,
	.get_surface = handle_manager_get_surface,
	.import_timeline = handle_manager_import_timeline,
};

void
bind_syncobj(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource = wl_resource_create(
		client, &wp_linux_drm_syncobj_manager_v1_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}

static bool
post(const struct syncobj_surface *syncobj, uint32_t code, const char *what)
{
	wl_resource_post_error(syncobj->resource, code, "%s", what);
	return false;
}

bool
syncobj_check(struct surface *surface)
{
	const struct syncobj_surface *syncobj = surface->syncobj;
	const struct buffer *buffer = surface->pending.has_buffer ? surface->pending.buffer : NULL;

	if (syncobj == NULL) {
		return true;
	}
	if (buffer == NULL) {
		return syncobj->acquire.timeline == 0 && syncobj->release.timeline == 0
			       ? true
			       : post(syncobj, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_BUFFER,
					 "points without a buffer");
	}
	if (buffer->memory.n_planes == 0) {
		return post(syncobj, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_UNSUPPORTED_BUFFER,
			"shared memory has no points");
	}
	if (syncobj->acquire.timeline == 0) {
		return post(syncobj, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_ACQUIRE_POINT,
			"a buffer without an acquire point");
	}
	if (syncobj->release.timeline == 0) {
		return post(syncobj, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_NO_RELEASE_POINT,
			"a buffer without a release point");
	}
	if (syncobj->acquire.timeline == syncobj->release.timeline &&
		syncobj->acquire.value >= syncobj->release.value) {
		return post(syncobj, WP_LINUX_DRM_SYNCOBJ_SURFACE_V1_ERROR_CONFLICTING_POINTS,
			"released before it is acquired");
	}
	return true;
}

void
syncobj_record(json_object *event, const struct surface *surface)
{
	const struct syncobj_surface *syncobj = surface->syncobj;

	if (syncobj != NULL && syncobj->acquire.timeline != 0) {
		record_int(event, "acquire_timeline", syncobj->acquire.timeline);
		record_hex(event, "acquire_point", syncobj->acquire.value);
	}
	if (syncobj != NULL && syncobj->release.timeline != 0) {
		record_int(event, "release_timeline", syncobj->release.timeline);
		record_hex(event, "release_point", syncobj->release.value);
	}
}

void
syncobj_committed(struct surface *surface)
{
	if (surface->syncobj != NULL) {
		surface->syncobj->acquire = surface->syncobj->release = (struct point){ 0 };
	}
}

void
syncobj_forget_surface(struct surface *surface)
{
	if (surface->syncobj != NULL) {
		surface->syncobj->surface = NULL;
	}
}
