#pragma once

#include <stdint.h>

/*
 * Between logical pixels, which windows are measured in, and those of a monitor. A scale is in
 * 120ths, as in wp_fractional_scale_v1, whose rule for rounding this is: halves away from zero.
 */

#define SCALE_ONE 120
/* What compositors offer ends far below; anything beyond is taken for this. */
#define SCALE_MAX (SCALE_ONE * 16)
/* Sizes in logical pixels that are looked at around the one that division gives. */
#define SCALE_NEIGHBOURS 1

static inline int32_t
scale_to_pixels(int32_t logical, uint32_t scale_120)
{
	return (int32_t)(((int64_t)logical * scale_120 + SCALE_ONE / 2) / SCALE_ONE);
}

/* The logical size that makes so many pixels; where there is none, the nearest. At least 1. */
static inline int32_t
scale_to_logical(int32_t pixels, uint32_t scale_120)
{
	int32_t nearest = (int32_t)(((int64_t)pixels * SCALE_ONE + scale_120 / 2) / scale_120);

	for (int32_t i = nearest - SCALE_NEIGHBOURS; i <= nearest + SCALE_NEIGHBOURS; i++) {
		if (scale_to_pixels(i, scale_120) == pixels) {
			nearest = i;
			break;
		}
	}
	return nearest > 1 ? nearest : 1;
}

/* Whole multiples of so many logical pixels begin where a pixel of the monitor does. */
static inline int32_t
scale_grid(uint32_t scale_120)
{
	uint32_t a = SCALE_ONE, b = scale_120;

	while (b != 0) {
		uint32_t rest = a % b;

		a = b;
		b = rest;
	}
	return (int32_t)(SCALE_ONE / a);
}
