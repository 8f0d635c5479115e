#include "geometry.h"

#include <stdlib.h>

#include "scale.h"

static int64_t
at_least_one(int64_t size)
{
	return size < 1 ? 1 : size;
}

static int32_t
clamp_size(int32_t size)
{
	if (size < 0) {
		return 0;
	}
	return size < GEOMETRY_MAX_SIZE ? size : GEOMETRY_MAX_SIZE;
}

static uint32_t
scale_of(const struct geometry *geometry)
{
	return geometry->scale_120 != 0 ? geometry->scale_120 : SCALE_ONE;
}

static uint32_t
zoom_of(const struct geometry *geometry)
{
	return geometry->zoom_percent != 0 ? geometry->zoom_percent : 100;
}

static bool
has_picture(const struct geometry *geometry)
{
	return geometry->picture_width > 0 && geometry->picture_height > 0;
}

/*
 * The monitor's pixels of the picture in its own size, or, where a side is longer than any output,
 * of one of the same shape. Libraries draw shadows as large as the window: the VM must not choose
 * how much memory that takes.
 */
static void
natural_pixels(const struct geometry *geometry, int32_t *ret_width, int32_t *ret_height)
{
	int64_t width = ((int64_t)geometry->picture_width * zoom_of(geometry) + 50) / 100;
	int64_t height = ((int64_t)geometry->picture_height * zoom_of(geometry) + 50) / 100;
	int64_t longer = width > height ? width : height;
	int64_t limit = geometry->max_floating;

	if (limit > 0 && longer > limit) {
		width = at_least_one((width * limit + longer / 2) / longer);
		height = at_least_one((height * limit + longer / 2) / longer);
	}
	*ret_width = (int32_t)at_least_one(width);
	*ret_height = (int32_t)at_least_one(height);
}

/* The logical length that makes so many pixels, or nearly. */
static int32_t
to_length(const struct geometry *geometry, int32_t pixels)
{
	return clamp_size(scale_to_logical(pixels, scale_of(geometry)));
}

static int32_t
length_in_pixels(const struct geometry *geometry, int32_t length, int32_t screen)
{
	int32_t pixels = scale_to_pixels(length, scale_of(geometry));
	int32_t scale_120 = (int32_t)scale_of(geometry);
	int32_t slack = GEOMETRY_SCREEN_SLACK_PX;

	if (scale_120 % SCALE_ONE != 0) {
		/* One of 1.33, as KWin can be given, comes as 160/120, and more pixels with it. */
		slack += pixels / (2 * scale_120);
	}
	return screen > 0 && abs(pixels - screen) <= slack ? screen : pixels;
}

/*
 * One dimension of a picture that is held: how much of the window it takes, and how much of it is
 * seen there.
 */
static void
hold_length(int32_t natural_px, int32_t natural, int32_t window_px, int32_t window, int32_t picture,
	int32_t *ret_fit, int32_t *ret_shown)
{
	int64_t shown;

	if (natural_px < window_px) {
		*ret_fit = natural < window ? natural : window;
		*ret_shown = picture;
		return;
	}
	shown = ((int64_t)window_px * picture + natural_px / 2) / natural_px;
	*ret_fit = window;
	*ret_shown = (int32_t)at_least_one(shown);
}

static void
hold_picture(struct geometry *geometry)
{
	int32_t width, height;

	natural_pixels(geometry, &width, &height);
	geometry->fit = (struct rect){ 0 };
	hold_length(width, to_length(geometry, width), geometry->width_px, geometry->width,
		geometry->picture_width, &geometry->fit.width, &geometry->shown_width);
	hold_length(height, to_length(geometry, height), geometry->height_px, geometry->height,
		geometry->picture_height, &geometry->fit.height, &geometry->shown_height);
}

/* It is what the window has room for, or the window has the size that it would get for it. */
static bool
picture_has_come(const struct geometry *geometry)
{
	int32_t width, height;

	geometry_wanted_picture(geometry, &width, &height);
	if (width == geometry->picture_width && height == geometry->picture_height) {
		return true;
	}
	natural_pixels(geometry, &width, &height);
	return to_length(geometry, width) == geometry->width &&
	       to_length(geometry, height) == geometry->height;
}

static void
lay_out(struct geometry *geometry)
{
	struct fit_request request = {
		.width = geometry->width,
		.height = geometry->height,
		.scale_120 = scale_of(geometry),
		.picture_width = geometry->picture_width,
		.picture_height = geometry->picture_height,
		.zoom_percent = zoom_of(geometry),
		.mode = geometry->mode,
	};

	geometry->width_px = request.width_px =
		length_in_pixels(geometry, geometry->width, geometry->screen_width);
	geometry->height_px = request.height_px =
		length_in_pixels(geometry, geometry->height, geometry->screen_height);
	if (!has_picture(geometry) || geometry->width == 0) {
		return;
	}
	geometry->holding = geometry->holding && !picture_has_come(geometry);
	if (geometry->holding) {
		hold_picture(geometry);
	} else {
		geometry->fit = fit_picture(&request);
		geometry->shown_width = geometry->picture_width;
		geometry->shown_height = geometry->picture_height;
	}
	geometry->exact = fit_is_exact(
		&request, &geometry->fit, geometry->shown_width, geometry->shown_height);
}

/* The floating size makes as many pixels as it is to have. */
static void
float_at_pixels(struct geometry *geometry)
{
	geometry->stale_width = geometry->floating_width;
	geometry->stale_height = geometry->floating_height;
	geometry->floating_width = to_length(geometry, geometry->floating_width_px);
	geometry->floating_height = to_length(geometry, geometry->floating_height_px);
	if (!geometry->fixed) {
		geometry->width = geometry->floating_width;
		geometry->height = geometry->floating_height;
	}
}

/* The floating size is the picture's own from now on. */
static void
float_at_picture(struct geometry *geometry)
{
	geometry->user_sized = false;
	natural_pixels(geometry, &geometry->floating_width_px, &geometry->floating_height_px);
	float_at_pixels(geometry);
}

/* Whether the window takes the size of a picture that comes by itself. */
static bool
gives_way(const struct geometry *geometry, bool is_first)
{
	if (!geometry->follows || is_first) {
		return !geometry->user_sized;
	}
	return !geometry->fixed;
}

bool
geometry_set_picture(struct geometry *geometry, int32_t width, int32_t height)
{
	bool is_first;

	geometry->words = false;
	if (width == geometry->picture_width && height == geometry->picture_height) {
		return false;
	}
	is_first = !has_picture(geometry);
	geometry->picture_width = width;
	geometry->picture_height = height;
	if (geometry->holding) {
		/* An answer, maybe to a size that the window had on the way. */
		geometry->hold_moved = true;
	} else if (gives_way(geometry, is_first)) {
		float_at_picture(geometry);
	}
	lay_out(geometry);
	return true;
}

static void
begin_hold(struct geometry *geometry)
{
	if (geometry->follows && !geometry->words && has_picture(geometry) && !geometry->holding) {
		geometry->holding = true;
		geometry->hold_moved = false;
	}
}

bool
geometry_set_words(struct geometry *geometry, int32_t width, int32_t height)
{
	if (geometry->floating_width == 0) {
		bool changed = geometry_set_picture(geometry, width, height);

		geometry->words = true;
		return changed;
	}
	geometry->words = true;
	if (width == geometry->picture_width && height == geometry->picture_height) {
		return false;
	}
	geometry->picture_width = width;
	geometry->picture_height = height;
	geometry->holding = false;
	lay_out(geometry);
	return true;
}

void
geometry_configure(struct geometry *geometry, int32_t width, int32_t height, bool fixed)
{
	width = clamp_size(width);
	height = clamp_size(height);
	width = width != 0 ? width : geometry->floating_width;
	height = height != 0 ? height : geometry->floating_height;
	geometry->fixed = fixed;
	if (!fixed) {
		/*
		 * A wish that the compositor sent before it learned of the size that we took
		 * with the guest's last mode is not the user's.
		 */
		if (width == geometry->stale_width && height == geometry->stale_height) {
			width = geometry->floating_width;
			height = geometry->floating_height;
		} else if (width != geometry->floating_width ||
			   height != geometry->floating_height) {
			geometry->user_sized = true;
			/* From now on every size is the user's, also that one. */
			geometry->stale_width = 0;
			geometry->stale_height = 0;
			geometry->floating_width = width;
			geometry->floating_height = height;
		} else {
			geometry->stale_width = 0;
			geometry->stale_height = 0;
		}
	}
	if (width != geometry->width || height != geometry->height) {
		begin_hold(geometry);
	}
	geometry->width = width;
	geometry->height = height;
	lay_out(geometry);
}

bool
geometry_set_scale(struct geometry *geometry, uint32_t scale_120)
{
	if (scale_120 > SCALE_MAX) {
		scale_120 = SCALE_MAX;
	}
	if (scale_120 == 0 || scale_120 == scale_of(geometry)) {
		return false;
	}
	geometry->scale_120 = scale_120;
	if (!has_picture(geometry)) {
		return false;
	}
	if (!geometry->user_sized) {
		float_at_pixels(geometry);
	}
	if (geometry_is_chosen(geometry)) {
		begin_hold(geometry);
	}
	lay_out(geometry);
	return true;
}

bool
geometry_set_screen(struct geometry *geometry, int32_t width, int32_t height)
{
	if (width == geometry->screen_width && height == geometry->screen_height) {
		return false;
	}
	geometry->screen_width = width;
	geometry->screen_height = height;
	lay_out(geometry);
	return true;
}

bool
geometry_set_zoom(struct geometry *geometry, uint32_t zoom_percent, enum fit_mode mode)
{
	if (zoom_percent == zoom_of(geometry) && mode == geometry->mode) {
		return false;
	}
	geometry->zoom_percent = zoom_percent;
	geometry->mode = mode;
	if (!has_picture(geometry)) {
		return false;
	}
	if (geometry->follows && geometry_is_chosen(geometry)) {
		/* The guest's turn: it has more or less room now. */
		begin_hold(geometry);
	} else if (!geometry->fixed || !geometry->user_sized) {
		float_at_picture(geometry);
	}
	lay_out(geometry);
	return true;
}

void
geometry_set_follows(struct geometry *geometry, bool follows)
{
	geometry->follows = follows;
}

bool
geometry_end_hold(struct geometry *geometry)
{
	if (!geometry->holding) {
		return false;
	}
	geometry->holding = false;
	if (geometry->hold_moved && !geometry->fixed) {
		float_at_picture(geometry);
	}
	lay_out(geometry);
	return true;
}

bool
geometry_is_chosen(const struct geometry *geometry)
{
	return geometry->fixed || geometry->user_sized || geometry->holding;
}

bool
geometry_floats_apart(const struct geometry *geometry)
{
	int32_t width, height;

	if (!geometry->fixed || !has_picture(geometry)) {
		return false;
	}
	natural_pixels(geometry, &width, &height);
	return geometry->follows ||
	       (!geometry->words &&
		       (to_length(geometry, width) != geometry->floating_width ||
			       to_length(geometry, height) != geometry->floating_height));
}

void
geometry_wanted_picture(const struct geometry *geometry, int32_t *ret_width, int32_t *ret_height)
{
	int64_t zoom = zoom_of(geometry);

	*ret_width = (int32_t)((geometry->width_px * INT64_C(100) + zoom / 2) / zoom);
	*ret_height = (int32_t)((geometry->height_px * INT64_C(100) + zoom / 2) / zoom);
}

bool
geometry_is_direct(const struct geometry *geometry)
{
	return geometry->fit.width == geometry->width && geometry->fit.height == geometry->height;
}

static double
to_guest(const struct geometry *geometry, double s, int32_t fit_size, int32_t shown_size)
{
	double g;

	if (geometry->exact) {
		/* What a compositor makes of it has no part of a pixel more or less. */
		g = s * scale_of(geometry) / SCALE_ONE;
	} else {
		g = s * shown_size / fit_size;
	}
	/* The last pixel's start, so that rounding either way stays on it. */
	if (g > shown_size - 1) {
		return shown_size - 1;
	}
	return g > 0 ? g : 0;
}

void
geometry_to_guest(
	const struct geometry *geometry, double sx, double sy, double *ret_gx, double *ret_gy)
{
	const struct rect *fit = &geometry->fit;

	*ret_gx = to_guest(geometry, sx - fit->x, fit->width, geometry->shown_width);
	*ret_gy = to_guest(geometry, sy - fit->y, fit->height, geometry->shown_height);
}

/* Of a guest pixel, in the window. */
static double
pixel_size(const struct geometry *geometry, int32_t fit_size, int32_t shown_size)
{
	if (geometry->exact) {
		return (double)SCALE_ONE / scale_of(geometry);
	}
	return shown_size > 0 ? (double)fit_size / shown_size : 0;
}

/*
 * A little short of its middle: compositors that draw cursors at whole pixels round to the nearest,
 * and from the middle that is the next.
 */
#define INSIDE_PIXEL 0.375

static double
from_guest(const struct geometry *geometry, double g, int32_t fit_size, int32_t shown_size)
{
	double pixel = pixel_size(geometry, fit_size, shown_size), s;

	if (shown_size <= 0) {
		return 0;
	}
	g = g > 0 ? g : 0;
	s = ((int32_t)(g < shown_size ? g : shown_size - 1) + INSIDE_PIXEL) * pixel;
	/* Logical sizes are rounded: of the last pixel the window has half, perhaps. */
	return s < fit_size - pixel / 4 ? s : fit_size - pixel / 4;
}

void
geometry_from_guest(
	const struct geometry *geometry, double gx, double gy, double *ret_sx, double *ret_sy)
{
	const struct rect *fit = &geometry->fit;

	*ret_sx = fit->x + from_guest(geometry, gx, fit->width, geometry->shown_width);
	*ret_sy = fit->y + from_guest(geometry, gy, fit->height, geometry->shown_height);
}

static int32_t
place(const struct geometry *geometry, double g, int32_t fit_size, int32_t shown_size)
{
	double s = g * pixel_size(geometry, fit_size, shown_size);
	/* Whatever a guest says: farther away than any window is large. */
	const double limit = GEOMETRY_MAX_SIZE;

	s = s < limit ? s > -limit ? s : -limit : limit;
	return (int32_t)(s < 0 ? s - 0.5 : s + 0.5);
}

void
geometry_place(
	const struct geometry *geometry, double gx, double gy, int32_t *ret_sx, int32_t *ret_sy)
{
	const struct rect *fit = &geometry->fit;

	*ret_sx = fit->x + place(geometry, gx, fit->width, geometry->shown_width);
	*ret_sy = fit->y + place(geometry, gy, fit->height, geometry->shown_height);
}

bool
geometry_is_over_picture(const struct geometry *geometry, double sx, double sy)
{
	const struct rect *fit = &geometry->fit;

	return sx >= fit->x && sy >= fit->y && sx < fit->x + fit->width &&
	       sy < fit->y + fit->height;
}
