#include "compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loops.h"

#define LEAST_ALPHA 0x01000000

/* The pixels of both that are compared with each other. */
struct pair {
	const uint32_t *image, *reference;
	size_t image_step, reference_step; /* pixels from one row to the next */
	uint32_t width, height;
};

struct row_result {
	uint32_t n_different;
	int32_t max_difference;
};

static inline int32_t
channel_difference(uint32_t pixel, uint32_t reference, uint32_t shift)
{
	return abs((int32_t)(pixel >> shift & 0xff) - (int32_t)(reference >> shift & 0xff));
}

static inline int32_t
larger(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

/* The farthest of the three channels; 0 where the reference does not care. Without a branch. */
static inline int32_t
pixel_difference(uint32_t pixel, uint32_t reference)
{
	int32_t looked_at = -(int32_t)(reference >= LEAST_ALPHA);

	return looked_at & larger(larger(channel_difference(pixel, reference, 16),
					  channel_difference(pixel, reference, 8)),
				   channel_difference(pixel, reference, 0));
}

PIXEL_LOOP static struct row_result
compare_row(const uint32_t *row, const uint32_t *reference, uint32_t width, int32_t tolerance)
{
	struct row_result result = { 0 };

	for (uint32_t x = 0; x < width; x++) {
		int32_t difference = pixel_difference(row[x], reference[x]);

		result.max_difference = larger(result.max_difference, difference);
		result.n_different += difference > tolerance;
	}
	return result;
}

static uint32_t
first_different(const uint32_t *row, const uint32_t *reference, uint32_t width, int32_t tolerance)
{
	uint32_t x = 0;

	while (x < width && pixel_difference(row[x], reference[x]) <= tolerance) {
		x++;
	}
	return x;
}

static bool
same_size(const struct image *image, uint32_t width, uint32_t height)
{
	return image->width == width && image->height == height;
}

/* Returns COMPARE_MATCH where there is something to compare. */
static enum compare_verdict
find_pair(const struct image *image, const struct image *reference, const struct rect *wanted,
	struct rect *ret_region, struct pair *ret_pair)
{
	struct rect whole = { 0, 0, (int32_t)image->width, (int32_t)image->height };
	struct rect region = rect_is_empty(wanted) ? whole : *wanted;
	struct pair pair = {
		.reference = reference->pixels,
		.image_step = image->stride / sizeof(uint32_t),
		.reference_step = reference->stride / sizeof(uint32_t),
	};

	if (!rect_contains(&whole, &region)) {
		return COMPARE_OUTSIDE;
	}
	pair.width = (uint32_t)region.width;
	pair.height = (uint32_t)region.height;
	pair.image = image->pixels + (size_t)region.y * pair.image_step + (size_t)region.x;
	if (same_size(reference, image->width, image->height)) {
		pair.reference += (size_t)region.y * pair.reference_step + (size_t)region.x;
	} else if (!same_size(reference, pair.width, pair.height)) {
		return COMPARE_OTHER_SIZE;
	}
	*ret_region = region;
	*ret_pair = pair;
	return COMPARE_MATCH;
}

void
compare_images(const struct image *image, const struct image *reference,
	const struct compare_rules *rules, struct compare_result *ret_result)
{
	struct compare_result result = { 0 };
	struct rect region;
	struct pair pair;

	result.verdict = find_pair(image, reference, &rules->region, &region, &pair);
	if (result.verdict != COMPARE_MATCH) {
		*ret_result = result;
		return;
	}
	for (uint32_t y = 0; y < pair.height; y++) {
		const uint32_t *row = pair.image + y * pair.image_step;
		const uint32_t *expected = pair.reference + y * pair.reference_step;
		struct row_result found;

		if (memcmp(row, expected, pair.width * sizeof(*row)) == 0) {
			continue;
		}
		found = compare_row(row, expected, pair.width, rules->tolerance);
		if (found.n_different > 0 && result.n_different == 0) {
			result.x = (uint32_t)region.x +
				   first_different(row, expected, pair.width, rules->tolerance);
			result.y = (uint32_t)region.y + y;
		}
		result.n_different += found.n_different;
		result.max_difference =
			(uint8_t)larger(result.max_difference, found.max_difference);
	}
	result.verdict =
		result.n_different > rules->n_tolerated ? COMPARE_DIFFERENT : COMPARE_MATCH;
	*ret_result = result;
}

/* Half as bright, and colourless, by the weights of BT.601 in 1/512. */
static inline uint32_t
dim(uint32_t pixel)
{
	uint32_t grey =
		((pixel >> 16 & 0xff) * 77 + (pixel >> 8 & 0xff) * 150 + (pixel & 0xff) * 29) >> 9;

	return 0xff000000 | grey * 0x010101;
}

int
compare_draw_difference(const struct image *image, const struct image *reference,
	const struct compare_rules *rules, struct image **ret_image)
{
	struct image *drawn;
	struct rect region;
	struct pair pair;
	size_t step;
	int r;

	if (find_pair(image, reference, &rules->region, &region, &pair) != COMPARE_MATCH) {
		return -EINVAL;
	}
	r = image_create(image->width, image->height, &drawn);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < (size_t)image->width * image->height; i++) {
		drawn->pixels[i] = dim(image->pixels[i]);
	}
	step = drawn->stride / sizeof(uint32_t);
	for (uint32_t y = 0; y < pair.height; y++) {
		const uint32_t *row = pair.image + y * pair.image_step;
		const uint32_t *expected = pair.reference + y * pair.reference_step;
		uint32_t *to = drawn->pixels + ((size_t)region.y + y) * step + (size_t)region.x;

		for (uint32_t x = 0; x < pair.width; x++) {
			if (pixel_difference(row[x], expected[x]) > rules->tolerance) {
				to[x] = COMPARE_DIFFERENCE_COLOUR;
			}
		}
	}
	*ret_image = drawn;
	return 0;
}
