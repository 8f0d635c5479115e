#include "compose.h"

#include <errno.h>
#include <string.h>

#include "base/rect.h"
#include "buffer.h"
#include "cursor.h"

#define OPAQUE 0xff000000u

/* Of a channel, in 255ths, rounded. Exact for 16 bits. */
static inline uint32_t
divide_by_255(uint32_t value)
{
	return (value + 128 + ((value + 128) >> 8)) >> 8;
}

/* Premultiplied "over": alpha is that of the cursor alone, since the image is opaque. */
static inline uint32_t
over(uint32_t top, uint32_t bottom)
{
	uint32_t shows = 255 - (top >> 24), pixel = 0;

	for (uint32_t shift = 0; shift < 24; shift += 8) {
		uint32_t sum =
			(top >> shift & 0xff) + divide_by_255((bottom >> shift & 0xff) * shows);

		/* A guest whose colours are above its alpha must not spill into the next channel.
		 */
		pixel |= (sum < 255 ? sum : 255) << shift;
	}
	return OPAQUE | pixel;
}

void
compose_draw_cursor(struct image *image, const struct cursor_image *cursor, int32_t gx, int32_t gy)
{
	struct rect whole = { 0, 0, (int32_t)image->width, (int32_t)image->height };
	struct rect place = { gx, gy, (int32_t)cursor->width, (int32_t)cursor->height };
	struct rect shown = rect_intersect(&whole, &place);
	size_t step = image->stride / sizeof(uint32_t);

	for (int32_t y = shown.y; y < shown.y + shown.height; y++) {
		uint32_t *to = image->pixels + (size_t)y * step + (size_t)shown.x;
		const uint32_t *from = cursor->pixels + ((int64_t)y - gy) * cursor->width +
				       ((int64_t)shown.x - gx);

		for (int32_t x = 0; x < shown.width; x++) {
			to[x] = over(from[x], to[x]);
		}
	}
}

/* Half open, in 64 bits: places may be anything. */
struct bounds {
	int64_t left, top, right, bottom;
};

static int64_t
smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t
larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static struct bounds
find_bounds(
	const struct image *const *images, const struct compose_place *places, uint32_t n_images)
{
	struct bounds bounds = { INT64_MAX, INT64_MAX, INT64_MIN, INT64_MIN };

	for (uint32_t i = 0; i < n_images; i++) {
		bounds.left = smaller(bounds.left, places[i].x);
		bounds.top = smaller(bounds.top, places[i].y);
		bounds.right = larger(bounds.right, (int64_t)places[i].x + images[i]->width);
		bounds.bottom = larger(bounds.bottom, (int64_t)places[i].y + images[i]->height);
	}
	return bounds;
}

static void
put(struct image *image, const struct image *part, size_t x, size_t y)
{
	uint8_t *to = (uint8_t *)image->pixels + y * image->stride + x * sizeof(uint32_t);
	const uint8_t *from = (const uint8_t *)part->pixels;

	for (uint32_t row = 0; row < part->height; row++) {
		memcpy(to, from, part->width * sizeof(uint32_t));
		to += image->stride;
		from += part->stride;
	}
}

int
compose_stitch(const struct image *const *images, const struct compose_place *places,
	uint32_t n_images, struct image **ret_image)
{
	struct bounds bounds = find_bounds(images, places, n_images);
	int64_t width = bounds.right - bounds.left, height = bounds.bottom - bounds.top;
	struct image *image;
	int r;

	if (width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION) {
		return -EFBIG;
	}
	r = image_create((uint32_t)width, (uint32_t)height, &image);
	if (r < 0) {
		return r;
	}
	for (uint32_t i = 0; i < n_images; i++) {
		put(image, images[i], (size_t)(places[i].x - bounds.left),
			(size_t)(places[i].y - bounds.top));
	}
	*ret_image = image;
	return 0;
}
