#include "window-private.h"

#include <stdlib.h>

#include "display-private.h"
#include "scale.h"

/* On which of the host's monitors a window is, and what follows from that: scale, size, refresh. */

/* NULL: none, as far as the compositor has said. */
static struct output *
current_output(const struct window *window)
{
	return window->n_outputs == 0 ? NULL : window->outputs[window->n_outputs - 1];
}

uint32_t
window_current_refresh(const struct window *window)
{
	const struct output *output = current_output(window);

	return output == NULL ? 0 : output->refresh_mhz;
}

/*
 * Before the window is on a monitor: that of the one that it is to cover, or the largest, which
 * for most people is the only one.
 */
static uint32_t
guess_scale(const struct window *window)
{
	const struct output *wished = output_find_by_name(window->display, window->wished_output);
	const struct output *output;
	uint32_t scale_120 = 0;

	if (wished != NULL) {
		return output_scale_120(wished);
	}
	wl_list_for_each(output, &window->display->outputs, link)
	{
		uint32_t own = output_scale_120(output);

		scale_120 = own > scale_120 ? own : scale_120;
	}
	return scale_120 != 0 ? scale_120 : SCALE_ONE;
}

static uint32_t
find_scale(const struct window *window)
{
	const struct output *output = current_output(window);
	uint32_t told = surface_scale_120(&window->scale);

	if (window->scale.told_120 != 0) {
		return told;
	}
	/* A whole scale may stand for a fraction, which only the output's sizes tell. */
	if (output != NULL) {
		return output_scale_120(output);
	}
	return told != 0 ? told : guess_scale(window);
}

/* Exactly the monitor's pixels, where the window covers it: logical sizes are rounded. */
static bool
measure_screen(struct window *window)
{
	const struct output *output = current_output(window);
	int32_t width = 0, height = 0;

	if (window->fullscreen && output == NULL) {
		output = output_find_by_name(window->display, window->wished_output);
	}
	if (window->fullscreen && output != NULL) {
		output_size(output, &width, &height);
	}
	return geometry_set_screen(&window->stage.geometry, width, height);
}

bool
window_measure(struct window *window)
{
	bool changed = measure_screen(window);

	return geometry_set_scale(&window->stage.geometry, find_scale(window)) || changed;
}

void
window_handle_output_changed(struct window *window)
{
	if (window_measure(window)) {
		window_relayout(window);
	}
	/* What it tells may be another: the refresh, the size. */
	window_report_later(window);
}

static void
handle_surface_enter(void *data, struct wl_surface *surface, struct wl_output *proxy)
{
	struct window *window = data;
	struct output *output = output_find(window->display, proxy);

	if (output == NULL) {
		return;
	}
	window_leave_output(window, output);
	if (window->n_outputs < WINDOW_MAX_OUTPUTS) {
		window->outputs[window->n_outputs++] = output;
	}
	window_handle_output_changed(window);
}

static void
handle_surface_leave(void *data, struct wl_surface *surface, struct wl_output *proxy)
{
	struct window *window = data;
	struct output *output = output_find(window->display, proxy);

	if (output != NULL) {
		window_leave_output(window, output);
		window_handle_output_changed(window);
	}
}

static void
handle_surface_preferred_buffer_scale(void *data, struct wl_surface *surface, int32_t factor)
{
	struct window *window = data;

	surface_scale_set_whole(&window->scale, factor);
}

/* What a guest draws is upright. */
static void
handle_surface_preferred_buffer_transform(
	void *data, struct wl_surface *surface, uint32_t transform)
{
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_surface_enter,
	.leave = handle_surface_leave,
	.preferred_buffer_scale = handle_surface_preferred_buffer_scale,
	.preferred_buffer_transform = handle_surface_preferred_buffer_transform,
};

static void
handle_scale_changed(void *data)
{
	window_handle_output_changed(data);
}

void
window_watch_outputs(struct window *window)
{
	struct wl_surface *surface = window->stage.base.surface;

	wl_surface_add_listener(surface, &surface_listener, window);
	surface_scale_init(&window->scale, window->display, surface, handle_scale_changed, window);
	window_measure(window);
}

void
window_leave_output(struct window *window, struct output *output)
{
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < window->n_outputs; i++) {
		if (window->outputs[i] != output) {
			window->outputs[n_kept++] = window->outputs[i];
		}
	}
	window->n_outputs = n_kept;
	window_report_later(window);
}

uint32_t
window_whole_scale(const struct window *window)
{
	return (find_scale(window) + SCALE_ONE - 1) / SCALE_ONE;
}
