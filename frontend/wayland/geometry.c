#include "geometry.h"

static int32_t
at_least_one(int64_t size)
{
	return size < 1 ? 1 : (int32_t)size;
}

static int32_t
clamp_size(int32_t size)
{
	if (size < 0) {
		return 0;
	}
	return size < GEOMETRY_MAX_SIZE ? size : GEOMETRY_MAX_SIZE;
}

/* The largest rectangle of the picture's proportions, in the middle of the window. */
static void
fit_picture(struct geometry *geometry)
{
	int64_t width = geometry->width, height = geometry->height;
	int64_t picture_width = geometry->picture_width;
	int64_t picture_height = geometry->picture_height;

	if (picture_width == 0 || picture_height == 0) {
		return; /* no picture yet */
	}
	if (width * picture_height <= height * picture_width) {
		height = (width * picture_height + picture_width / 2) / picture_width;
	} else {
		width = (height * picture_width + picture_height / 2) / picture_height;
	}
	geometry->fit.width = at_least_one(width);
	geometry->fit.height = at_least_one(height);
	geometry->fit.x = (geometry->width - geometry->fit.width) / 2;
	geometry->fit.y = (geometry->height - geometry->fit.height) / 2;
}

/*
 * The picture's own size, or, where a side is longer than any output, one of the same shape.
 * Libraries draw shadows as large as the window: the VM must not choose how much memory that takes.
 */
static void
float_at(struct geometry *geometry, int64_t width, int64_t height)
{
	int64_t longer = width > height ? width : height;
	int64_t limit = geometry->max_floating;

	if (limit > 0 && longer > limit) {
		width = at_least_one((width * limit + longer / 2) / longer);
		height = at_least_one((height * limit + longer / 2) / longer);
	}
	geometry->floating_width = (int32_t)width;
	geometry->floating_height = (int32_t)height;
}

bool
geometry_set_picture(struct geometry *geometry, int32_t width, int32_t height)
{
	if (width == geometry->picture_width && height == geometry->picture_height) {
		return false;
	}
	geometry->picture_width = width;
	geometry->picture_height = height;
	if (!geometry->user_sized) {
		geometry->stale_width = geometry->floating_width;
		geometry->stale_height = geometry->floating_height;
		float_at(geometry, width, height);
		if (!geometry->fixed) {
			geometry->width = geometry->floating_width;
			geometry->height = geometry->floating_height;
		}
	}
	fit_picture(geometry);
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
	geometry->width = width;
	geometry->height = height;
	fit_picture(geometry);
}

bool
geometry_is_direct(const struct geometry *geometry)
{
	return geometry->fit.width == geometry->width && geometry->fit.height == geometry->height;
}

static double
to_guest(double s, int32_t fit_start, int32_t fit_size, int32_t picture_size)
{
	double g = (s - fit_start) * picture_size / fit_size;

	/* The last pixel's start, so that rounding either way stays on it. */
	if (g > picture_size - 1) {
		return picture_size - 1;
	}
	return g > 0 ? g : 0;
}

void
geometry_to_guest(
	const struct geometry *geometry, double sx, double sy, double *ret_gx, double *ret_gy)
{
	const struct rect *fit = &geometry->fit;

	*ret_gx = to_guest(sx, fit->x, fit->width, geometry->picture_width);
	*ret_gy = to_guest(sy, fit->y, fit->height, geometry->picture_height);
}

bool
geometry_is_over_picture(const struct geometry *geometry, double sx, double sy)
{
	const struct rect *fit = &geometry->fit;

	return sx >= fit->x && sy >= fit->y && sx < fit->x + fit->width &&
	       sy < fit->y + fit->height;
}
