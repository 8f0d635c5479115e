#pragma once

#include <stdint.h>

/* No guest draws larger ones; compositors fall back to slow paths long before. */
#define CURSOR_MAX_DIMENSION 512

/* The picture of the guest's hardware cursor. Borrowed for the length of a call. */
struct cursor_image {
	uint32_t width, height; /* 1..CURSOR_MAX_DIMENSION */
	int32_t hot_x, hot_y;   /* inside the picture */
	const uint32_t *pixels; /* ARGB, alpha in the top byte, premultiplied, tightly packed */
};
