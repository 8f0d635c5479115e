#include "unit.h"

#include <stdlib.h>

#include "wayland/scale.h"

#define FIRST_SCALE 60
#define LAST_SCALE 960
#define MAX_SIZE 5000

static int32_t
expected_pixels(int32_t logical, uint32_t scale_120)
{
	uint32_t product = (uint32_t)logical * scale_120;

	return (int32_t)(product / 120 + (product % 120 >= 60));
}

static void
test_sizes_in_pixels(void **state)
{
	for (uint32_t scale = FIRST_SCALE; scale <= LAST_SCALE; scale++) {
		for (int32_t logical = 0; logical <= MAX_SIZE; logical++) {
			if (scale_to_pixels(logical, scale) != expected_pixels(logical, scale)) {
				fail_msg("%d at %u/120 became %d", logical, scale,
					scale_to_pixels(logical, scale));
			}
		}
	}
	/* wp_fractional_scale_v1's own example. */
	assert_int_equal(scale_to_pixels(100, 180), 150);
	assert_int_equal(scale_to_pixels(1707, 180), 2561);
	assert_int_equal(scale_to_pixels(65536, SCALE_MAX), 65536 * 16);
}

/* A size that makes these pixels wherever there is one; else none is nearer. */
static void
test_sizes_that_make_pixels(void **state)
{
	static int32_t made_by[2 * MAX_SIZE];

	for (uint32_t scale = FIRST_SCALE; scale <= LAST_SCALE; scale++) {
		int32_t below = 0;

		for (int32_t pixels = 0; pixels < 2 * MAX_SIZE; pixels++) {
			made_by[pixels] = 0;
		}
		for (int32_t logical = 1; expected_pixels(logical, scale) < 2 * MAX_SIZE;
			logical++) {
			made_by[expected_pixels(logical, scale)] = logical;
		}
		for (int32_t pixels = 1; pixels <= MAX_SIZE; pixels++) {
			int32_t logical = scale_to_logical(pixels, scale);
			int32_t off = abs(expected_pixels(logical, scale) - pixels);
			int32_t above = pixels;

			below = made_by[pixels] != 0 ? pixels : below;
			while (made_by[above] == 0) {
				above++;
			}
			if (logical < 1 || off > above - pixels ||
				(below > 0 && off > pixels - below)) {
				fail_msg("%d pixels at %u/120: %d makes %d, off by %d", pixels,
					scale, logical, expected_pixels(logical, scale), off);
			}
		}
	}
}

/* There and back: whatever size a window has, its pixels lead to it or one that makes as many. */
static void
test_there_and_back(void **state)
{
	static const uint32_t scales[] = { 120, 150, 160, 180, 210, 240 };

	for (size_t i = 0; i < sizeof(scales) / sizeof(scales[0]); i++) {
		for (int32_t logical = 1; logical <= MAX_SIZE; logical++) {
			int32_t pixels = expected_pixels(logical, scales[i]);

			assert_int_equal(scale_to_logical(pixels, scales[i]), logical);
		}
	}
}

static void
test_grid(void **state)
{
	for (uint32_t scale = 1; scale <= SCALE_MAX; scale++) {
		uint32_t grid = (uint32_t)scale_grid(scale);

		assert_int_equal(grid * scale % 120, 0);
		for (uint32_t finer = 1; finer < grid; finer++) {
			assert_int_not_equal(finer * scale % 120, 0);
		}
	}
	assert_int_equal(scale_grid(120), 1);
	assert_int_equal(scale_grid(150), 4);
	assert_int_equal(scale_grid(160), 3);
	assert_int_equal(scale_grid(180), 2);
	assert_int_equal(scale_grid(240), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes_in_pixels),
		cmocka_unit_test(test_sizes_that_make_pixels),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_grid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
