#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cursor.h"

/* Transparent pixels on each side at most; scales that need more are rounded. */
#define CURSOR_SCALE_MAX_PAD 16
/* No cursor is shown larger, whatever a picture is enlarged by. */
#define GUEST_CURSOR_MAX_LOGICAL 1024

/*
 * How large the picture under the cursor is shown: the cursor is drawn for it. All zeroes: as it
 * comes.
 */
struct cursor_scale {
	uint32_t scale_120; /* of the surface */
	bool exact;         /* one guest pixel is one of the monitor's */
	/* Of the picture, where it is not: logical pixels for guest pixels. */
	int32_t fit_width, shown_width;
};

/* How a cursor's surface is made up. */
struct cursor_plan {
	uint32_t pad_x, pad_y;                 /* transparent pixels left of and above the image */
	uint32_t width, height;                /* of the buffer, with what is padded */
	int32_t logical_width, logical_height; /* of the surface */
	int32_t hot_x, hot_y;                  /* on the surface */
};

/*
 * Surfaces and hotspots are whole logical pixels: where a guest's pixel is to be one of the
 * monitor's, the image is padded until both are.
 */
void cursor_scale_plan(const struct cursor_scale *scale, uint32_t width, uint32_t height,
	int32_t hot_x, int32_t hot_y, struct cursor_plan *ret_plan);
