#pragma once

#include <stddef.h>
#include <stdint.h>

#include "scanout.h"

/*
 * A picture in our own memory, as every viewer would show it: XRGB8888 in the machine's byte
 * order, top row first, the top byte of each pixel always 0xff; what a picture's file holds there
 * is kept only by picture-file.h.
 */
struct image {
	uint32_t width, height; /* 1..BUFFER_MAX_DIMENSION */
	size_t stride;          /* bytes from one row to the next: width * 4 */
	uint32_t *pixels;
};

/* All pixels black. Returns 0, -EINVAL (no area, or larger than any buffer), or -ENOMEM. */
int image_create(uint32_t width, uint32_t height, struct image **ret_image);
/* NULL is fine. */
void image_destroy(struct image *image);

/* A GPU that has not finished its picture after this long has hung. */
#define IMAGE_DRAWING_TIMEOUT_MS 2000
#define IMAGE_DRAWING_TIMEOUT_REASON "the guest's GPU has not finished its picture within 2 s"

/*
 * Reads what a monitor shows out of the guest's memory: the source rectangle, turned upright,
 * without the alpha channel. Needs the picture itself plus less than 3 MiB. May run in any thread
 * while the caller holds a reference to the buffer, but not next to another read of that buffer.
 * Returns 0, -ENOTSUP (the CPU can not read this layout or format), -EIO (the memory became
 * shorter), -ETIMEDOUT (the guest's GPU is still drawing), or -ENOMEM. Blocks until the picture is
 * drawn: not for the event loop.
 */
int image_read_scanout(const struct scanout *scanout, struct image **ret_image);

/* A copy of a part; region lies within the image. Returns 0 or -ENOMEM. */
int image_cut(const struct image *image, const struct rect *region, struct image **ret_image);
