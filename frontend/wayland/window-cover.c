#include <errno.h>

#include "display-private.h"
#include "window-private.h"

/* What lies over a window's picture: statistics, or a veil with words. */

bool
window_overlay_room(
	const struct window *window, int32_t *ret_width, int32_t *ret_height, uint32_t *ret_scale)
{
	const struct geometry *geometry = &window->stage.geometry;

	if (window->state != WINDOW_MAPPED) {
		return false;
	}
	*ret_width = geometry->width - 2 * OVERLAY_MARGIN;
	*ret_height = geometry->height - 2 * OVERLAY_MARGIN;
	*ret_scale = window_whole_scale(window);
	return *ret_width > 0 && *ret_height > 0;
}

static int
set_overlay(struct window *window, struct overlay *overlay, const struct overlay_image *image)
{
	const struct geometry *geometry = &window->stage.geometry;
	int32_t width, height;
	uint32_t scale;

	if (window->display->blocked || !window_overlay_room(window, &width, &height, &scale) ||
		image->width / image->scale > (uint32_t)width ||
		image->height / image->scale > (uint32_t)height) {
		return -EAGAIN;
	}
	return overlay_set(overlay, window->display, window->stage.base.surface, image,
		geometry->width, geometry->height);
}

int
window_set_overlay(struct window *window, const struct overlay_image *image)
{
	struct overlay *overlay = &window->stage.overlay;

	if (image == NULL) {
		overlay_finish(overlay);
		return 0;
	}
	return set_overlay(window, overlay, image);
}

int
window_set_veil(struct window *window)
{
	const struct geometry *geometry = &window->stage.geometry;

	if (window->display->blocked || window->state != WINDOW_MAPPED) {
		return -EAGAIN;
	}
	return veil_set(&window->stage.veil, window->display, window->stage.base.surface,
		geometry->width, geometry->height);
}

int
window_set_veil_words(struct window *window, const struct overlay_image *image)
{
	struct veil *veil = &window->stage.veil;

	if (veil->surface == NULL) {
		return -EAGAIN;
	}
	veil->words.centred = true;
	return set_overlay(window, &veil->words, image);
}

void
window_lift_veil(struct window *window)
{
	veil_finish(&window->stage.veil);
}
