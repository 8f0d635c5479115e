#pragma once

#include <stdint.h>

#include "image.h"

/* Images made of others. Any thread; nothing here reads the guest's memory. */

struct cursor_image;

/*
 * Draws the guest's cursor with its upper left corner, not its hot spot, at gx,gy; what is outside
 * the image is cut off, and all of it may be.
 */
void compose_draw_cursor(
	struct image *image, const struct cursor_image *cursor, int32_t gx, int32_t gy);

/* Where an image belongs among others, in pixels of one plane: any number. */
struct compose_place {
	int32_t x, y;
};

/*
 * A new image, just large enough for n_images >= 1 others at their places, black where none is; a
 * later one covers those before it. Returns 0, -EFBIG (would be larger than BUFFER_MAX_DIMENSION),
 * or -ENOMEM.
 */
int compose_stitch(const struct image *const *images, const struct compose_place *places,
	uint32_t n_images, struct image **ret_image);
