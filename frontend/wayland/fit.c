#include "fit.h"

#include "scale.h"

struct size {
	int64_t width, height;
};

static int64_t
at_least_one(int64_t size)
{
	return size < 1 ? 1 : size;
}

/* As large as can be. */
static struct size
keep_proportions(const struct fit_request *request)
{
	int64_t width = request->width_px, height = request->height_px;
	int64_t picture_width = request->picture_width, picture_height = request->picture_height;

	if (width * picture_height <= height * picture_width) {
		height = (width * picture_height + picture_width / 2) / picture_width;
	} else {
		width = (height * picture_width + picture_height / 2) / picture_height;
	}
	return (struct size){ at_least_one(width), at_least_one(height) };
}

static struct size
own_size(const struct fit_request *request)
{
	int64_t zoom = request->zoom_percent;

	return (struct size){
		at_least_one((request->picture_width * zoom + 50) / 100),
		at_least_one((request->picture_height * zoom + 50) / 100),
	};
}

static struct size
whole_multiple(const struct fit_request *request, struct size own)
{
	int64_t across = request->width_px / own.width;
	int64_t down = request->height_px / own.height;
	int64_t factor = across < down ? across : down;

	return (struct size){ own.width * factor, own.height * factor };
}

static struct size
choose_size(const struct fit_request *request)
{
	struct size own = own_size(request);
	int64_t spare_width = request->width_px - own.width;
	int64_t spare_height = request->height_px - own.height;
	bool has_room = spare_width >= 0 && spare_height >= 0;

	switch (request->mode) {
	case FIT_WINDOW:
		if (has_room && spare_width <= FIT_SLACK_PX && spare_height <= FIT_SLACK_PX) {
			return own;
		}
		break;
	case FIT_ONE_TO_ONE:
		if (has_room) {
			return own;
		}
		break;
	case FIT_INTEGER:
		own = whole_multiple(request, own);
		if (own.width > 0) {
			return own;
		}
		break;
	}
	return keep_proportions(request);
}

/* One dimension: where in the window's length so many pixels begin, and how long they are. */
static void
place(int32_t length, int32_t length_px, int64_t wanted_px, uint32_t scale_120, int32_t *ret_start,
	int32_t *ret_length)
{
	int32_t grid = scale_grid(scale_120);
	int32_t start, wanted;

	if (wanted_px >= length_px) {
		*ret_start = 0;
		*ret_length = length;
		return;
	}
	wanted = scale_to_logical((int32_t)wanted_px, scale_120);
	if (wanted > length) {
		wanted = length;
	}
	start = (length - wanted) / 2;
	*ret_start = start - start % grid;
	*ret_length = wanted;
}

struct rect
fit_picture(const struct fit_request *request)
{
	struct size size = choose_size(request);
	struct rect fit;

	place(request->width, request->width_px, size.width, request->scale_120, &fit.x,
		&fit.width);
	place(request->height, request->height_px, size.height, request->scale_120, &fit.y,
		&fit.height);
	return fit;
}

static bool
is_length_exact(int32_t start, int32_t length, int32_t whole, int32_t whole_px, uint32_t scale_120,
	int32_t shown)
{
	if (start == 0 && length == whole) {
		return whole_px == shown;
	}
	/* Off the grid a compositor may round either end its own way. */
	return start % scale_grid(scale_120) == 0 && scale_to_pixels(length, scale_120) == shown;
}

bool
fit_is_exact(const struct fit_request *request, const struct rect *fit, int32_t shown_width,
	int32_t shown_height)
{
	return is_length_exact(fit->x, fit->width, request->width, request->width_px,
		       request->scale_120, shown_width) &&
	       is_length_exact(fit->y, fit->height, request->height, request->height_px,
		       request->scale_120, shown_height);
}
