#include "syncobj.h"

#include "display-private.h"
#include "layer.h"
#include "linux-drm-syncobj-v1-client.h"
#include "wayland-buffer.h"

void
syncobj_import(struct wayland_buffer *buffer, const struct timelines *timelines)
{
	struct wp_linux_drm_syncobj_manager_v1 *manager = buffer->display->globals.syncobj_manager;

	if (manager == NULL) {
		return;
	}
	buffer->acquire =
		wp_linux_drm_syncobj_manager_v1_import_timeline(manager, timelines->acquire_fd);
	/* One that serves for both is one to the compositor, too: it compares their points. */
	buffer->release = timelines->release_fd == timelines->acquire_fd
				  ? buffer->acquire
				  : wp_linux_drm_syncobj_manager_v1_import_timeline(
					    manager, timelines->release_fd);
	buffer->base.has_timelines = buffer->acquire != NULL && buffer->release != NULL;
}

void
syncobj_finish_buffer(struct wayland_buffer *buffer)
{
	if (buffer->release != NULL && buffer->release != buffer->acquire) {
		wp_linux_drm_syncobj_timeline_v1_destroy(buffer->release);
	}
	if (buffer->acquire != NULL) {
		wp_linux_drm_syncobj_timeline_v1_destroy(buffer->acquire);
	}
}

/* What compositors would end the connection for goes without points. */
static bool
has_points(const struct wayland_buffer *buffer, const struct frame *frame)
{
	return frame != NULL && frame->release_point > 0 && buffer->base.has_timelines &&
	       (buffer->acquire != buffer->release || frame->acquire_point < frame->release_point);
}

void
syncobj_apply(struct layer *layer, const struct wayland_buffer *buffer, const struct frame *frame)
{
	if (!has_points(buffer, frame)) {
		syncobj_finish_layer(layer);
		return;
	}
	if (layer->syncobj == NULL) {
		layer->syncobj = wp_linux_drm_syncobj_manager_v1_get_surface(
			layer->display->globals.syncobj_manager, layer->surface);
	}
	if (layer->syncobj != NULL) {
		wp_linux_drm_syncobj_surface_v1_set_acquire_point(layer->syncobj, buffer->acquire,
			(uint32_t)(frame->acquire_point >> 32), (uint32_t)frame->acquire_point);
		wp_linux_drm_syncobj_surface_v1_set_release_point(layer->syncobj, buffer->release,
			(uint32_t)(frame->release_point >> 32), (uint32_t)frame->release_point);
	}
}

void
syncobj_finish_layer(struct layer *layer)
{
	if (layer->syncobj != NULL) {
		wp_linux_drm_syncobj_surface_v1_destroy(layer->syncobj);
		layer->syncobj = NULL;
	}
}
