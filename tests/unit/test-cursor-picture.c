#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "qemu-dbus/cursor-picture.h"

/* As it comes: in pieces that end anywhere. */
static bool
define(struct cursor_picture *picture, uint32_t width, uint32_t height, const uint32_t *pixels,
	struct cursor_image *image)
{
	const struct message_cursor cursor = { .width = width, .height = height };
	const uint8_t *bytes = (const uint8_t *)pixels;
	size_t size = (size_t)width * height * 4;

	assert_int_equal(cursor_picture_begin(picture, &cursor), 0);
	for (size_t at = 0, piece; at < size; at += piece) {
		piece = size - at < 7 ? size - at : 7;
		cursor_picture_write(picture, bytes + at, piece);
	}
	return cursor_picture_end(picture, image);
}

static void
check(uint32_t width, uint32_t height, const uint32_t *pixels, const uint32_t *expected)
{
	struct cursor_picture picture = { 0 };
	struct cursor_image image;

	/* Twice: what was made of the first is not what the second is made of. */
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(define(&picture, width, height, pixels, &image));
		assert_int_equal(image.width, width);
		assert_int_equal(image.height, height);
		assert_memory_equal(image.pixels, expected, (size_t)width * height * 4);
	}
	cursor_picture_finish(&picture);
}

static void
test_premultiplied_stays(void **state)
{
	static const uint32_t pixels[] = { 0xff102030, 0x80808080, 0x01010101, 0 };

	check(2, 2, pixels, pixels);
}

static void
test_straight_is_multiplied_once(void **state)
{
	static const uint32_t pixels[] = { 0xff102030, 0x80ff8000, 0x01ffffff, 0x00ffffff };
	static const uint32_t expected[] = { 0xff102030, 0x80804000, 0x01010101, 0 };

	check(4, 1, pixels, expected);
}

/* A single channel, the last of the last pixel, decides. */
static void
test_one_channel_above_its_alpha(void **state)
{
	static const uint32_t pixels[] = { 0x80404040, 0x10000011 };
	static const uint32_t expected[] = { 0x80202020, 0x10000001 };

	check(1, 2, pixels, expected);
}

static void
test_one_pixel(void **state)
{
	static const uint32_t solid = 0xffffffff, half = 0x7f7f0000, straight = 0x80ffffff,
			      made = 0x80808080, colour = 0x00ff0000, none = 0;

	check(1, 1, &solid, &solid);
	check(1, 1, &half, &half);
	check(1, 1, &straight, &made);
	check(1, 1, &none, &none);
	/* How some hide it. */
	check(1, 1, &colour, &none);
}

static void
test_sizes(void **state)
{
	static const uint32_t sizes[][2] = { { 64, 64 }, { 256, 256 }, { 1, CURSOR_MAX_DIMENSION },
		{ CURSOR_MAX_DIMENSION, 1 }, { CURSOR_MAX_DIMENSION, CURSOR_MAX_DIMENSION } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t n = (size_t)sizes[i][0] * sizes[i][1];
		uint32_t *pixels = calloc(n, sizeof(*pixels));

		assert_non_null(pixels);
		for (size_t j = 0; j < n; j++) {
			pixels[j] = 0xff000000 | (uint32_t)j;
		}
		check(sizes[i][0], sizes[i][1], pixels, pixels);
		free(pixels);
	}
}

/* Memory of a larger one is used again: nothing of that shows. */
static void
test_smaller_after_larger(void **state)
{
	static const uint32_t large[] = { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff };
	static const uint32_t small = 0x80ff0000, made = 0x80800000;
	struct cursor_picture picture = { 0 };
	struct cursor_image image;

	assert_true(define(&picture, 2, 2, large, &image));
	assert_true(define(&picture, 1, 1, &small, &image));
	assert_int_equal(image.pixels[0], made);
	assert_false(define(&picture, 0, 0, NULL, &image));
	cursor_picture_finish(&picture);
}

/* VMware's text cursor: white where it inverts, nothing else. */
static void
test_a_cursor_that_only_inverts(void **state)
{
	static const uint32_t o = 0, w = 0x00ffffff, W = 0xffffffff, B = 0xff000000;
	const uint32_t pixels[] = {
		w, w, w, o, o, /**/
		o, w, o, o, o, /**/
		o, w, o, o, o, /**/
		w, w, w, o, o, /**/
		o, o, o, o, w, /**/
	};
	const uint32_t expected[] = {
		W, W, W, B, o, /**/
		B, W, B, o, o, /**/
		B, W, B, o, o, /**/
		W, W, W, B, B, /**/
		B, B, B, B, W, /**/
	};

	check(5, 5, pixels, expected);
}

/* Transparent pixels of straight alpha have any colour. */
static void
test_what_is_transparent_has_any_colour(void **state)
{
	static const uint32_t pixels[] = { 0xff0000ff, 0x00ffffff, 0, 0x00123456 };
	static const uint32_t expected[] = { 0xff0000ff, 0, 0, 0 };
	static const uint32_t blank[] = { 0x00ffffff, 0x00ffffff };
	static const uint32_t nothing[] = { 0, 0 };

	check(2, 2, pixels, expected);
	check(2, 1, blank, nothing);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_premultiplied_stays),
		cmocka_unit_test(test_straight_is_multiplied_once),
		cmocka_unit_test(test_one_channel_above_its_alpha),
		cmocka_unit_test(test_one_pixel),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_smaller_after_larger),
		cmocka_unit_test(test_a_cursor_that_only_inverts),
		cmocka_unit_test(test_what_is_transparent_has_any_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
