#include "cursor-scale.h"

#include "scale.h"

/* So many pixels are a whole number of logical ones; 0: too many to pad with. */
static uint32_t
step_of(uint32_t scale_120)
{
	uint32_t step =
		(uint32_t)((uint64_t)scale_120 * (uint32_t)scale_grid(scale_120) / SCALE_ONE);

	return step <= CURSOR_SCALE_MAX_PAD ? step : 0;
}

static int32_t
to_logical(uint32_t pixels, uint32_t scale_120)
{
	return (int32_t)((uint64_t)pixels * SCALE_ONE / scale_120);
}

/* One dimension, on the grid. */
static void
pad(uint32_t length, int32_t hot, uint32_t step, uint32_t *ret_pad, uint32_t *ret_length)
{
	uint32_t before = (step - (uint32_t)hot % step) % step;

	*ret_pad = before;
	*ret_length = (before + length + step - 1) / step * step;
}

static int32_t
stretch(int64_t length, int64_t factor, int64_t divisor)
{
	int64_t stretched = (length * factor + divisor / 2) / divisor;

	return stretched < GUEST_CURSOR_MAX_LOGICAL ? (int32_t)stretched : GUEST_CURSOR_MAX_LOGICAL;
}

void
cursor_scale_plan(const struct cursor_scale *scale, uint32_t width, uint32_t height, int32_t hot_x,
	int32_t hot_y, struct cursor_plan *ret_plan)
{
	uint32_t scale_120 = scale->scale_120 != 0 ? scale->scale_120 : SCALE_ONE;
	uint32_t step = step_of(scale_120);
	int64_t factor = SCALE_ONE, divisor = scale_120;
	struct cursor_plan plan = { .width = width, .height = height };

	if (scale->exact && step > 0 && hot_x >= 0 && hot_y >= 0) {
		pad(width, hot_x, step, &plan.pad_x, &plan.width);
		pad(height, hot_y, step, &plan.pad_y, &plan.height);
		plan.logical_width = to_logical(plan.width, scale_120);
		plan.logical_height = to_logical(plan.height, scale_120);
		plan.hot_x = to_logical(plan.pad_x + (uint32_t)hot_x, scale_120);
		plan.hot_y = to_logical(plan.pad_y + (uint32_t)hot_y, scale_120);
		*ret_plan = plan;
		return;
	}
	if (!scale->exact && scale->fit_width > 0 && scale->shown_width > 0) {
		factor = scale->fit_width;
		divisor = scale->shown_width;
	}
	plan.logical_width = stretch(width, factor, divisor);
	plan.logical_height = stretch(height, factor, divisor);
	plan.logical_width = plan.logical_width > 0 ? plan.logical_width : 1;
	plan.logical_height = plan.logical_height > 0 ? plan.logical_height : 1;
	plan.hot_x = stretch(hot_x, factor, divisor);
	plan.hot_y = stretch(hot_y, factor, divisor);
	*ret_plan = plan;
}
