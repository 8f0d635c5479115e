#include "layer.h"

#include <assert.h>
#include <errno.h>

#include "display-private.h"
#include "syncobj.h"
#include "viewporter-client.h"
#include "wayland-buffer.h"

int
layer_init(struct layer *layer, struct display *display)
{
	layer->display = display;
	layer->surface = wl_compositor_create_surface(display->globals.compositor);
	if (layer->surface != NULL) {
		layer->viewport =
			wp_viewporter_get_viewport(display->globals.viewporter, layer->surface);
		cadence_init(&layer->cadence, display, layer->surface);
	}
	return layer->viewport != NULL ? 0 : -ENOMEM;
}

void
layer_finish(struct layer *layer)
{
	cadence_finish(&layer->cadence);
	syncobj_finish_layer(layer);
	if (layer->viewport != NULL) {
		wp_viewport_destroy(layer->viewport);
	}
	if (layer->surface != NULL) {
		wl_surface_destroy(layer->surface);
	}
	*layer = (struct layer){ 0 };
}

void
layer_set_size(struct layer *layer, int32_t width, int32_t height)
{
	struct wl_region *region;

	if (width == layer->width && height == layer->height) {
		return;
	}
	layer->width = width;
	layer->height = height;
	wp_viewport_set_destination(layer->viewport, width, height);
	region = wl_compositor_create_region(layer->display->globals.compositor);
	if (region != NULL) {
		wl_region_add(region, 0, 0, width, height);
		wl_surface_set_opaque_region(layer->surface, region);
		wl_region_destroy(region);
	}
}

/* Returns whether it is another one. Always in the same commit as the buffer it is about. */
static bool
set_source(struct layer *layer, const struct wayland_buffer *buffer, const struct rect *wanted,
	bool bottom_up)
{
	const struct rect whole = { 0, 0, (int32_t)buffer->width, (int32_t)buffer->height };
	struct rect source = *wanted;
	bool changed = false;

	assert(!rect_is_empty(wanted) && rect_contains(&whole, wanted));
	if (bottom_up != layer->bottom_up) {
		layer->bottom_up = bottom_up;
		wl_surface_set_buffer_transform(layer->surface,
			bottom_up ? WL_OUTPUT_TRANSFORM_FLIPPED_180 : WL_OUTPUT_TRANSFORM_NORMAL);
		changed = true;
	}
	if (bottom_up) {
		/* The viewport counts in the picture as it stands after mirroring. */
		source.y = whole.height - (wanted->y + wanted->height);
	}
	if (rect_equal(&source, &whole)) {
		source = (struct rect){ 0 };
	}
	if (rect_equal(&source, &layer->source)) {
		return changed;
	}
	layer->source = source;
	if (rect_is_empty(&source)) {
		wl_fixed_t unset = wl_fixed_from_int(-1);
		wp_viewport_set_source(layer->viewport, unset, unset, unset, unset);
	} else {
		wp_viewport_set_source(layer->viewport, wl_fixed_from_int(source.x),
			wl_fixed_from_int(source.y), wl_fixed_from_int(source.width),
			wl_fixed_from_int(source.height));
	}
	return true;
}

static void
damage_all(struct layer *layer, uint32_t width, uint32_t height)
{
	wl_surface_damage_buffer(layer->surface, 0, 0, (int32_t)width, (int32_t)height);
}

static struct rect
enlarged(const struct wayland_buffer *buffer, const struct rect *rect)
{
	int32_t factor = buffer->base.enlarged > 1 ? (int32_t)buffer->base.enlarged : 1;

	return (struct rect){ rect->x * factor, rect->y * factor, rect->width * factor,
		rect->height * factor };
}

void
layer_attach_picture(struct layer *layer, struct wayland_buffer *buffer, const struct frame *frame)
{
	const struct rect whole = { 0, 0, (int32_t)buffer->width, (int32_t)buffer->height };
	const struct rect source = enlarged(buffer, &frame->source);
	bool all = set_source(layer, buffer, &source, frame->bottom_up) ||
		   layer->content != LAYER_PICTURE || layer->buffer_width != buffer->width ||
		   layer->buffer_height != buffer->height;

	layer->content = LAYER_PICTURE;
	layer->buffer_width = buffer->width;
	layer->buffer_height = buffer->height;
	wl_surface_attach(layer->surface, buffer->proxy, 0, 0);
	syncobj_apply(layer, buffer, frame);
	if (all) {
		damage_all(layer, buffer->width, buffer->height);
		return;
	}
	for (uint32_t i = 0; i < frame->damage.n_rects; i++) {
		struct rect rect = enlarged(buffer, &frame->damage.rects[i]);

		rect = rect_intersect(&rect, &whole);
		if (!rect_is_empty(&rect)) {
			wl_surface_damage_buffer(
				layer->surface, rect.x, rect.y, rect.width, rect.height);
		}
	}
}

void
layer_attach_black(struct layer *layer)
{
	static const struct wayland_buffer pixel = { .width = 1, .height = 1 };
	const struct rect whole = { 0, 0, 1, 1 };

	set_source(layer, &pixel, &whole, false);
	layer->content = LAYER_BLACK;
	wl_surface_attach(layer->surface, layer->display->black, 0, 0);
	syncobj_finish_layer(layer);
	damage_all(layer, 1, 1);
}

void
layer_detach(struct layer *layer)
{
	layer->content = LAYER_EMPTY;
	wl_surface_attach(layer->surface, NULL, 0, 0);
}
