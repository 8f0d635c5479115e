#include "window-private.h"

#include <string.h>

#include "base/log.h"
#include "display-private.h"
#include "scale.h"
#include "toplevel.h"

/* How large a window is, what it covers, and who decides that. */

/*
 * Nobody has maximized a window that is so from the start without having been asked: some
 * compositors (Hyprland) say it of every one, and would do it if the next were to ask. Not each
 * says it of what is on full screen.
 */
void
window_note_states(struct window *window, const struct toplevel_configure *configure)
{
	bool fills_output = configure->maximized || configure->fullscreen;

	if (window->state == WINDOW_CONFIGURING) {
		window->maximized = window->opens_maximized && fills_output;
	} else if (!fills_output) {
		window->maximized = false;
	} else if (configure->maximized && !window->said_maximized && !window->fullscreen) {
		window->maximized = true;
	}
	window->said_maximized = configure->maximized;
	window->fullscreen = configure->fullscreen;
}

/* The user's; or of before it was made as large as it is, which the guest has followed. */
static bool
has_floating_size(const struct window *window)
{
	const struct geometry *geometry = &window->stage.geometry;

	return geometry->user_sized ||
	       ((window->maximized || window->fullscreen) && geometry_floats_apart(geometry));
}

void
window_measure_room(const struct window *window, struct window_room *ret_room)
{
	const struct geometry *geometry = &window->stage.geometry;

	/* Padding included: rooms are compared as bytes. */
	memset(ret_room, 0, sizeof(*ret_room));
	if (window->state != WINDOW_MAPPED) {
		return;
	}
	ret_room->width = geometry->width;
	ret_room->height = geometry->height;
	if (has_floating_size(window)) {
		ret_room->floating_width = geometry->floating_width;
		ret_room->floating_height = geometry->floating_height;
	}
	ret_room->width_px = geometry->width_px;
	ret_room->height_px = geometry->height_px;
	geometry_wanted_picture(geometry, &ret_room->wanted_width, &ret_room->wanted_height);
	ret_room->output =
		window->n_outputs == 0 ? 0 : window->outputs[window->n_outputs - 1]->name;
	ret_room->chosen = geometry_is_chosen(geometry);
	ret_room->fixed = geometry->fixed;
	ret_room->maximized = window->maximized;
	ret_room->fullscreen = window->fullscreen;
	ret_room->holding = geometry->holding;
}

void
window_set_follows(struct window *window, bool follows)
{
	geometry_set_follows(&window->stage.geometry, follows);
}

void
window_end_hold(struct window *window)
{
	if (geometry_end_hold(&window->stage.geometry)) {
		window_relayout(window);
	}
}

void
window_set_zoom(struct window *window, uint32_t zoom_percent, enum fit_mode mode)
{
	if (geometry_set_zoom(&window->stage.geometry, zoom_percent, mode)) {
		window_relayout(window);
	}
}

/* Monitor's pixels for a guest pixel, so that none is smaller than one of them. */
static uint32_t
wanted_enlargement(const struct window *window)
{
	const struct geometry *geometry = &window->stage.geometry;
	int32_t pixels, factor;

	if (!window->nearest || geometry->shown_width <= 0) {
		return 1;
	}
	pixels = geometry->fit.width == geometry->width
			 ? geometry->width_px
			 : scale_to_pixels(geometry->fit.width,
				   geometry->scale_120 != 0 ? geometry->scale_120 : SCALE_ONE);
	factor = (pixels + geometry->shown_width - 1) / geometry->shown_width;
	return factor < WINDOW_MAX_ENLARGEMENT ? (uint32_t)factor : WINDOW_MAX_ENLARGEMENT;
}

void
window_choose_enlargement(struct window *window)
{
	uint32_t enlarge = wanted_enlargement(window);

	if (enlarge != window->sink.enlarge && (enlarge > 1 || window->sink.enlarge > 1)) {
		window->formats_due = true;
		display_notify_later(window->display);
	}
	window->sink.enlarge = enlarge;
}

void
window_set_nearest(struct window *window, bool nearest)
{
	window->nearest = nearest;
	window_choose_enlargement(window);
}

void
window_set_floating_size(struct window *window, int32_t width, int32_t height)
{
	struct geometry *geometry = &window->stage.geometry;
	int32_t max_width, max_height;

	if (window->state == WINDOW_EMPTY && width > 0 && height > 0) {
		output_desktop_size(window->display, &max_width, &max_height);
		geometry->floating_width = width < max_width ? width : max_width;
		geometry->floating_height = height < max_height ? height : max_height;
		geometry->user_sized = true;
	}
}

void
window_open_maximized(struct window *window)
{
	window->opens_maximized = true;
}

/* What was asked for, as far as there is a window to ask it for. */
void
window_apply_fullscreen(struct window *window)
{
	const struct output *output = output_find_by_name(window->display, window->wished_output);

	if (window->toplevel == NULL || !window->fullscreen_due) {
		return;
	}
	window->fullscreen_due = false;
	toplevel_set_fullscreen(
		window->toplevel, window->wishes_fullscreen, output != NULL ? output->proxy : NULL);
}

/*
 * On full screen, but not of the monitor's size: so Sway opens a window that its rules let float,
 * while it is busy with another one. Asked again, it looks again. Once, and only before the
 * window is seen anywhere: from then on it may be the user who moves it to another monitor.
 */
void
window_insist_on_fullscreen(struct window *window, const struct toplevel_configure *configure)
{
	const struct output *output = output_find_by_name(window->display, window->wished_output);
	struct rect whole;

	if (!configure->fullscreen || configure->width == 0 || !window->wishes_fullscreen ||
		window->insisted || window->n_outputs > 0 || output == NULL) {
		return;
	}
	whole = output_logical(output);
	window->insisted = whole.width != configure->width || whole.height != configure->height;
	if (window->insisted) {
		toplevel_set_fullscreen(window->toplevel, true, output->proxy);
	}
}

void
window_set_fullscreen(struct window *window, bool fullscreen, uint32_t output)
{
	window->wishes_fullscreen = fullscreen;
	window->wished_output = fullscreen ? output : 0;
	window->fullscreen_due = fullscreen || window->state != WINDOW_EMPTY;
	window_measure(window);
	window_apply_fullscreen(window);
}
