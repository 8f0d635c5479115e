#include "surface-scale.h"

#include "display-private.h"
#include "fractional-scale-v1-client.h"
#include "scale.h"

static void
handle_fractional_scale_preferred_scale(
	void *data, struct wp_fractional_scale_v1 *fractional, uint32_t scale_120)
{
	struct surface_scale *scale = data;

	scale->told_120 = scale_120;
	scale->changed(scale->data);
}

static const struct wp_fractional_scale_v1_listener fractional_scale_listener = {
	.preferred_scale = handle_fractional_scale_preferred_scale,
};

void
surface_scale_init(struct surface_scale *scale, struct display *display, struct wl_surface *surface,
	void (*changed)(void *data), void *data)
{
	struct wp_fractional_scale_manager_v1 *manager = display->globals.fractional_scale_manager;

	scale->changed = changed;
	scale->data = data;
	if (manager == NULL) {
		return;
	}
	scale->fractional = wp_fractional_scale_manager_v1_get_fractional_scale(manager, surface);
	if (scale->fractional != NULL) {
		wp_fractional_scale_v1_add_listener(
			scale->fractional, &fractional_scale_listener, scale);
	}
}

void
surface_scale_finish(struct surface_scale *scale)
{
	if (scale->fractional != NULL) {
		wp_fractional_scale_v1_destroy(scale->fractional);
	}
	*scale = (struct surface_scale){ 0 };
}

void
surface_scale_set_whole(struct surface_scale *scale, int32_t factor)
{
	scale->told_whole = factor > 0 ? (uint32_t)factor : 0;
	scale->changed(scale->data);
}

uint32_t
surface_scale_120(const struct surface_scale *scale)
{
	uint64_t told =
		scale->told_120 != 0 ? scale->told_120 : (uint64_t)scale->told_whole * SCALE_ONE;

	return told < SCALE_MAX ? (uint32_t)told : SCALE_MAX;
}
