#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "headless/compare.h"

#define WIDTH 67
#define HEIGHT 41

static struct image *
create_noise(uint32_t width, uint32_t height, uint32_t seed)
{
	struct image *image;

	assert_int_equal(image_create(width, height, &image), 0);
	for (uint32_t i = 0; i < width * height; i++) {
		image->pixels[i] = 0xff000000 | unit_random(&seed);
	}
	return image;
}

static struct image *
copy_of(const struct image *image)
{
	struct image *copy;

	assert_int_equal(image_create(image->width, image->height, &copy), 0);
	memcpy(copy->pixels, image->pixels, image->stride * image->height);
	return copy;
}

static uint32_t *
pixel_of(struct image *image, uint32_t x, uint32_t y)
{
	return &image->pixels[y * image->width + x];
}

static void
check(const struct image *image, const struct image *reference, const struct compare_rules *rules,
	const struct compare_result *expected)
{
	struct compare_result result;

	memset(&result, 0xa5, sizeof(result));
	compare_images(image, reference, rules, &result);
	assert_int_equal(result.verdict, expected->verdict);
	assert_int_equal(result.n_different, expected->n_different);
	assert_int_equal(result.x, expected->x);
	assert_int_equal(result.y, expected->y);
	assert_int_equal(result.max_difference, expected->max_difference);
}

static void
test_equal(void **state)
{
	struct image *image = create_noise(WIDTH, HEIGHT, 1), *reference = copy_of(image);

	check(image, reference, &(struct compare_rules){ 0 }, &(struct compare_result){ 0 });
	/* Any alpha but 0 is the same. */
	*pixel_of(reference, 3, 2) &= 0x01ffffff;
	check(image, reference, &(struct compare_rules){ 0 }, &(struct compare_result){ 0 });
	image_destroy(image);
	image_destroy(reference);
}

/* Every channel, both directions, at the tolerance and one above it. */
static void
test_tolerance(void **state)
{
	struct image *image, *reference;

	assert_int_equal(image_create(WIDTH, HEIGHT, &image), 0);
	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		image->pixels[i] = 0xff646464;
	}
	reference = copy_of(image);
	for (uint32_t shift = 0; shift < 24; shift += 8) {
		for (int sign = -1; sign <= 1; sign += 2) {
			uint32_t value = (uint32_t)(100 + sign * 9);
			struct compare_rules rules = { .tolerance = 9 };
			struct compare_result expected = { .max_difference = 9 };

			*pixel_of(image, 40, 7) = (0xff646464 & ~(0xffu << shift)) | value << shift;
			check(image, reference, &rules, &expected);
			rules.tolerance = 8;
			expected = (struct compare_result){ COMPARE_DIFFERENT, 1, 40, 7, 9 };
			check(image, reference, &rules, &expected);
			/* One pixel may. */
			rules.n_tolerated = 1;
			expected.verdict = COMPARE_MATCH;
			check(image, reference, &rules, &expected);
		}
	}
	*pixel_of(image, 40, 7) = 0xff000000;
	*pixel_of(reference, 40, 7) = 0xff0000ff;
	check(image, reference, &(struct compare_rules){ .tolerance = 254 },
		&(struct compare_result){ COMPARE_DIFFERENT, 1, 40, 7, 255 });
	check(image, reference, &(struct compare_rules){ .tolerance = 255 },
		&(struct compare_result){ .max_difference = 255 });
	image_destroy(image);
	image_destroy(reference);
}

/* The topmost, not the leftmost; and how many of them may be. */
static void
test_first_and_count(void **state)
{
	struct image *reference = create_noise(WIDTH, HEIGHT, 2), *image = copy_of(reference);
	struct compare_result expected = { COMPARE_DIFFERENT, 3, 5, 4, 1 };

	*pixel_of(image, 2, 9) ^= 0x000001;
	*pixel_of(image, 66, 4) ^= 0x010000;
	*pixel_of(image, 5, 4) ^= 0x000100;
	check(image, reference, &(struct compare_rules){ 0 }, &expected);
	check(image, reference, &(struct compare_rules){ .n_tolerated = 2 }, &expected);
	expected.verdict = COMPARE_MATCH;
	check(image, reference, &(struct compare_rules){ .n_tolerated = 3 }, &expected);
	image_destroy(image);
	image_destroy(reference);
}

static void
test_mask(void **state)
{
	struct image *reference = create_noise(WIDTH, HEIGHT, 3),
		     *image = create_noise(WIDTH, HEIGHT, 4);

	for (size_t i = 0; i < WIDTH * HEIGHT; i++) {
		reference->pixels[i] &= 0xffffff;
	}
	check(image, reference, &(struct compare_rules){ 0 }, &(struct compare_result){ 0 });
	*pixel_of(image, 66, 40) = 0xff102030;
	*pixel_of(reference, 66, 40) = 0x01102040;
	check(image, reference, &(struct compare_rules){ 0 },
		&(struct compare_result){ COMPARE_DIFFERENT, 1, 66, 40, 16 });
	image_destroy(image);
	image_destroy(reference);
}

static void
test_region(void **state)
{
	struct image *image = create_noise(WIDTH, HEIGHT, 5),
		     *whole = create_noise(WIDTH, HEIGHT, 6);
	struct compare_rules rules = { .region = { 11, 7, 30, 20 } };
	struct image *part;

	assert_int_equal(image_create(30, 20, &part), 0);
	for (uint32_t y = 0; y < 20; y++) {
		for (uint32_t x = 0; x < 30; x++) {
			*pixel_of(whole, 11 + x, 7 + y) = *pixel_of(part, x, y) =
				*pixel_of(image, 11 + x, 7 + y);
		}
	}
	check(image, whole, &rules, &(struct compare_result){ 0 });
	check(image, part, &rules, &(struct compare_result){ 0 });
	*pixel_of(image, 11 + 29, 7 + 19) ^= 2;
	check(image, whole, &rules,
		&(struct compare_result){ COMPARE_DIFFERENT, 1, 11 + 29, 7 + 19, 2 });
	check(image, part, &rules,
		&(struct compare_result){ COMPARE_DIFFERENT, 1, 11 + 29, 7 + 19, 2 });
	image_destroy(image);
	image_destroy(whole);
	image_destroy(part);
}

static void
test_sizes(void **state)
{
	struct image *image = create_noise(WIDTH, HEIGHT, 7),
		     *other = create_noise(HEIGHT, WIDTH, 7);
	struct compare_result other_size = { .verdict = COMPARE_OTHER_SIZE };
	struct compare_result outside = { .verdict = COMPARE_OUTSIDE };
	static const struct rect bad[] = {
		{ -1, 0, 5, 5 },
		{ WIDTH - 4, 0, 5, 5 },
		{ 0, HEIGHT - 4, 5, 5 },
		{ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
	};
	struct image *none;

	check(image, other, &(struct compare_rules){ 0 }, &other_size);
	check(image, other, &(struct compare_rules){ .region = { 0, 0, 5, 5 } }, &other_size);
	assert_int_equal(compare_draw_difference(image, other, &(struct compare_rules){ 0 }, &none),
		-EINVAL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct compare_rules rules = { .region = bad[i] };

		check(image, image, &rules, &outside);
		assert_int_equal(compare_draw_difference(image, image, &rules, &none), -EINVAL);
	}
	image_destroy(image);
	image_destroy(other);
}

/* Against a plain count, on pictures that differ here and there. */
static void
test_noise(void **state)
{
	uint32_t seed = 8;

	for (uint32_t round = 0; round < 40; round++) {
		struct image *reference = create_noise(1 + round, 9, round),
			     *image = copy_of(reference);
		struct compare_rules rules = { .tolerance = (uint8_t)(round * 6) };
		struct compare_result expected = { 0 };

		for (uint32_t i = 0; i < image->width * image->height; i++) {
			int max = 0;

			if (unit_random(&seed) % 3 == 0) {
				image->pixels[i] = 0xff000000 | unit_random(&seed);
			}
			for (int shift = 0; shift < 24; shift += 8) {
				int difference = abs((int)(image->pixels[i] >> shift & 255) -
						     (int)(reference->pixels[i] >> shift & 255));
				max = difference > max ? difference : max;
			}
			if (max > expected.max_difference) {
				expected.max_difference = (uint8_t)max;
			}
			if (max > rules.tolerance && expected.n_different++ == 0) {
				expected.verdict = COMPARE_DIFFERENT;
				expected.x = i % image->width;
				expected.y = i / image->width;
			}
		}
		check(image, reference, &rules, &expected);
		image_destroy(image);
		image_destroy(reference);
	}
}

static void
test_drawing(void **state)
{
	struct image *image = create_noise(WIDTH, HEIGHT, 9), *reference = copy_of(image), *drawn;
	struct compare_rules rules = { .region = { 10, 10, 20, 20 }, .tolerance = 1 };

	*pixel_of(image, 5, 5) ^= 0x808080;   /* not in the region */
	*pixel_of(image, 10, 10) ^= 0x000001; /* tolerated */
	*pixel_of(image, 29, 29) ^= 0x800000;
	*pixel_of(image, 12, 12) ^= 0x800000; /* not looked at */
	*pixel_of(reference, 12, 12) &= 0xffffff;
	assert_int_equal(compare_draw_difference(image, reference, &rules, &drawn), 0);
	assert_int_equal(drawn->width, WIDTH);
	assert_int_equal(drawn->height, HEIGHT);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t pixel = *pixel_of(drawn, x, y), level = pixel & 0xff;

			if (x == 29 && y == 29) {
				assert_int_equal(pixel, COMPARE_DIFFERENCE_COLOUR);
			} else {
				assert_int_equal(pixel, 0xff000000 | level * 0x010101);
				assert_true(level < 128);
			}
		}
	}
	image_destroy(drawn);
	/* Dimmed, but still a picture. */
	*pixel_of(image, 0, 0) = 0xffffffff;
	*pixel_of(image, 1, 0) = 0xff000000;
	*pixel_of(image, 2, 0) = 0xff00ff00;
	assert_int_equal(compare_draw_difference(image, image, &rules, &drawn), 0);
	assert_int_equal(*pixel_of(drawn, 0, 0), 0xff7f7f7f);
	assert_int_equal(*pixel_of(drawn, 1, 0), 0xff000000);
	assert_int_equal(*pixel_of(drawn, 2, 0), 0xff4a4a4a);
	image_destroy(drawn);
	image_destroy(image);
	image_destroy(reference);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_tolerance),
		cmocka_unit_test(test_first_and_count),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_region),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_drawing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
