#include "overlay.h"

#include <errno.h>
#include <string.h>

#include "display-private.h"
#include "subsurface.h"

static void
handle_slot_release(void *data, struct wl_buffer *proxy)
{
	struct overlay_slot *slot = data;

	slot->busy = false;
}

static const struct wl_buffer_listener slot_listener = {
	.release = handle_slot_release,
};

static void
slot_finish(struct overlay_slot *slot)
{
	if (slot->proxy != NULL) {
		wl_buffer_destroy(slot->proxy);
	}
	shm_pool_finish(&slot->pool);
	*slot = (struct overlay_slot){ 0 };
}

static int
fill_slot(struct overlay_slot *slot, struct display *display, const struct overlay_image *image)
{
	size_t row_size = image->width * sizeof(*image->pixels);
	int r;

	if (slot->width != image->width || slot->height != image->height) {
		slot_finish(slot);
		r = shm_pool_init(&slot->pool, display->globals.shm, row_size * image->height);
		if (r < 0) {
			return r;
		}
		slot->proxy = wl_shm_pool_create_buffer(slot->pool.pool, 0, (int32_t)image->width,
			(int32_t)image->height, (int32_t)row_size, WL_SHM_FORMAT_ARGB8888);
		if (slot->proxy == NULL) {
			slot_finish(slot);
			return -ENOMEM;
		}
		wl_buffer_add_listener(slot->proxy, &slot_listener, slot);
		slot->width = image->width;
		slot->height = image->height;
	}
	memcpy(slot->pool.memory, image->pixels, row_size * image->height);
	return 0;
}

static struct overlay_slot *
find_free_slot(struct overlay *overlay)
{
	for (uint32_t i = 0; i < OVERLAY_SLOTS; i++) {
		if (!overlay->slots[i].busy) {
			return &overlay->slots[i];
		}
	}
	return NULL;
}

static int
create_surface(struct overlay *overlay, struct display *display, struct wl_surface *parent)
{
	int r;

	overlay->surface = wl_compositor_create_surface(display->globals.compositor);
	if (overlay->surface == NULL) {
		return -ENOMEM;
	}
	r = subsurface_create(display, overlay->surface, parent, &overlay->subsurface);
	if (r < 0) {
		return r;
	}
	wl_subsurface_set_position(overlay->subsurface, OVERLAY_MARGIN, OVERLAY_MARGIN);
	wl_subsurface_set_desync(overlay->subsurface);
	return 0;
}

/* Counts from the parent's next commit. */
static void
centre(struct overlay *overlay, int32_t parent_width, int32_t parent_height)
{
	wl_subsurface_set_position(overlay->subsurface, (parent_width - overlay->width) / 2,
		(parent_height - overlay->height) / 2);
}

int
overlay_set(struct overlay *overlay, struct display *display, struct wl_surface *parent,
	const struct overlay_image *image, int32_t parent_width, int32_t parent_height)
{
	struct overlay_slot *slot = find_free_slot(overlay);
	bool appears = overlay->surface == NULL;
	int r = 0;

	if (slot == NULL) {
		return -EAGAIN;
	}
	if (appears) {
		r = create_surface(overlay, display, parent);
	}
	if (r >= 0) {
		r = fill_slot(slot, display, image);
	}
	if (r < 0) {
		overlay_finish(overlay);
		return r;
	}
	slot->busy = true;
	overlay->width = (int32_t)(image->width / image->scale);
	overlay->height = (int32_t)(image->height / image->scale);
	if (overlay->centred) {
		centre(overlay, parent_width, parent_height);
	}
	wl_surface_set_buffer_scale(overlay->surface, (int32_t)image->scale);
	wl_surface_attach(overlay->surface, slot->proxy, 0, 0);
	wl_surface_damage_buffer(
		overlay->surface, 0, 0, (int32_t)image->width, (int32_t)image->height);
	wl_surface_commit(overlay->surface);
	if (appears || overlay->centred) {
		/* A new subsurface and its place count from its parent's next commit. */
		wl_surface_commit(parent);
	}
	return 0;
}

void
overlay_fit(struct overlay *overlay, int32_t width, int32_t height)
{
	if (overlay->width == 0 || (overlay->width + OVERLAY_MARGIN <= width &&
					   overlay->height + OVERLAY_MARGIN <= height)) {
		if (overlay->centred && overlay->width > 0) {
			centre(overlay, width, height);
		}
		return;
	}
	overlay->width = overlay->height = 0;
	wl_surface_attach(overlay->surface, NULL, 0, 0);
	wl_surface_commit(overlay->surface);
}

void
overlay_finish(struct overlay *overlay)
{
	if (overlay->subsurface != NULL) {
		wl_subsurface_destroy(overlay->subsurface);
	}
	if (overlay->surface != NULL) {
		wl_surface_destroy(overlay->surface);
	}
	for (uint32_t i = 0; i < OVERLAY_SLOTS; i++) {
		slot_finish(&overlay->slots[i]);
	}
	*overlay = (struct overlay){ .centred = overlay->centred };
}
