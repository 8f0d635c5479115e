#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "wayland/geometry.h"
#include "wayland/scale.h"

#define ROUNDS 20000

static void
assert_size(const struct geometry *geometry, int32_t width, int32_t height)
{
	assert_int_equal(geometry->width, width);
	assert_int_equal(geometry->height, height);
}

static void
assert_fit(const struct geometry *geometry, int32_t x, int32_t y, int32_t width, int32_t height)
{
	const struct rect expected = { x, y, width, height };

	if (!rect_equal(&geometry->fit, &expected)) {
		fail_msg("fit is %d,%d,%dx%d, not %d,%d,%dx%d", geometry->fit.x, geometry->fit.y,
			geometry->fit.width, geometry->fit.height, x, y, width, height);
	}
}

static void
assert_guest(const struct geometry *geometry, double sx, double sy, double gx, double gy)
{
	double got_gx = NAN, got_gy = NAN;

	geometry_to_guest(geometry, sx, sy, &got_gx, &got_gy);
	if (!(fabs(got_gx - gx) < 0.001 && fabs(got_gy - gy) < 0.001)) {
		fail_msg("%g,%g became %g,%g, not %g,%g", sx, sy, got_gx, got_gy, gx, gy);
	}
}

/* A window of its own size around a picture, as it is once the compositor has spoken. */
static struct geometry
make_floating(int32_t width, int32_t height)
{
	struct geometry geometry = { 0 };

	geometry_set_picture(&geometry, width, height);
	geometry_configure(&geometry, 0, 0, false);
	return geometry;
}

static void
test_one_pixel_for_one(void **state)
{
	struct geometry geometry = { 0 };

	assert_true(geometry_set_picture(&geometry, 1024, 768));
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 1024, 768);
	assert_fit(&geometry, 0, 0, 1024, 768);
	assert_true(geometry_is_direct(&geometry));
	assert_false(geometry_set_picture(&geometry, 1024, 768));
	assert_guest(&geometry, 0, 0, 0, 0);
	assert_guest(&geometry, 100.5, 7.25, 100.5, 7.25);
}

/* KWin at 1.33, which is not one of 120ths: it says 160/120. */
static void
test_the_whole_screen_at_a_rounded_scale(void **state)
{
	struct geometry geometry = { .scale_120 = 160 };
	int32_t width, height;

	geometry_set_picture(&geometry, 1024, 768);
	geometry_set_screen(&geometry, 3840, 2160);
	geometry_configure(&geometry, 2887, 1624, true);
	geometry_wanted_picture(&geometry, &width, &height);
	assert_int_equal(width, 3840);
	assert_int_equal(height, 2160);
}

static void
test_the_window_follows_the_guest(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	assert_true(geometry_set_picture(&geometry, 800, 600));
	assert_size(&geometry, 800, 600);
	assert_fit(&geometry, 0, 0, 800, 600);
	assert_false(geometry.user_sized);
	geometry_configure(&geometry, 800, 600, false);
	assert_false(geometry.user_sized);
	assert_true(geometry_set_picture(&geometry, 320, 200));
	assert_size(&geometry, 320, 200);
}

/* A configure that was under way when the guest changed its mode carries the old size. */
static void
test_a_stale_size_is_no_wish(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 640, 480, false);
	geometry_set_picture(&geometry, 800, 600);
	geometry_configure(&geometry, 640, 480, false);
	assert_size(&geometry, 800, 600);
	assert_fit(&geometry, 0, 0, 800, 600);
	assert_false(geometry.user_sized);
}

static void
test_a_size_that_the_user_chose_stays(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 900, 480, false);
	assert_size(&geometry, 900, 480);
	assert_true(geometry.user_sized);
	assert_fit(&geometry, 130, 0, 640, 480);
	assert_true(geometry_set_picture(&geometry, 1800, 960));
	assert_size(&geometry, 900, 480);
	assert_fit(&geometry, 0, 0, 900, 480);
	assert_true(geometry_is_direct(&geometry));
}

/* Also the size that the window had before the guest changed it, once the user has had a say. */
static void
test_the_user_may_go_back_to_an_old_size(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 640, 480, false);
	geometry_set_picture(&geometry, 800, 600);
	geometry_configure(&geometry, 700, 500, false);
	assert_size(&geometry, 700, 500);
	geometry_configure(&geometry, 640, 480, false);
	assert_size(&geometry, 640, 480);
	geometry_set_picture(&geometry, 1024, 768);
	assert_size(&geometry, 640, 480);
}

static void
test_maximised_and_back(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 1920, 1080, true);
	assert_size(&geometry, 1920, 1080);
	assert_fit(&geometry, 240, 0, 1440, 1080);
	assert_false(geometry_is_direct(&geometry));
	assert_false(geometry.user_sized);

	/* The compositor's size counts, whatever the guest does. */
	assert_true(geometry_set_picture(&geometry, 1920, 540));
	assert_size(&geometry, 1920, 1080);
	assert_fit(&geometry, 0, 270, 1920, 540);

	geometry_configure(&geometry, 0, 0, false);
	assert_false(geometry.fixed);
	assert_fit(&geometry, 0, 0, geometry.width, geometry.height);
	assert_true(geometry_is_direct(&geometry));
}

static void
test_the_floating_size_comes_back(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 700, 500, false);
	geometry_configure(&geometry, 1920, 1080, true);
	assert_size(&geometry, 1920, 1080);
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 700, 500);
}

/* The guest fills the window: its picture says no more how large that was. */
static void
test_it_floats_apart(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_set_follows(&geometry, true);
	assert_false(geometry_floats_apart(&geometry));
	geometry_configure(&geometry, 1920, 1080, true);
	/* It is about to. */
	assert_true(geometry_floats_apart(&geometry));
	geometry_set_picture(&geometry, 1920, 1080);
	assert_true(geometry_floats_apart(&geometry));
	/* Its VM is gone. */
	geometry_set_follows(&geometry, false);
	assert_true(geometry_floats_apart(&geometry));
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 640, 480);
	assert_false(geometry_floats_apart(&geometry));
}

/* Beside one that does not follow it is the picture's, whatever is said meanwhile. */
static void
test_it_does_not_float_apart(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 1920, 1080, true);
	geometry_set_picture(&geometry, 800, 600);
	assert_false(geometry_floats_apart(&geometry));
	geometry_set_words(&geometry, 1920, 1080);
	assert_false(geometry_floats_apart(&geometry));
}

/* What we say ourselves is as large as the window, which is to be as large as it was. */
static void
test_words_have_no_size_of_their_own(void **state)
{
	struct geometry geometry = make_floating(800, 600);

	geometry_configure(&geometry, 1920, 1080, true);
	assert_true(geometry_set_words(&geometry, 1920, 1080));
	assert_false(geometry_set_words(&geometry, 1920, 1080));
	assert_size(&geometry, 1920, 1080);
	assert_true(geometry_is_direct(&geometry));
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 800, 600);
	assert_true(geometry_set_words(&geometry, 800, 600));
	/* Nor are they in the way of the guest's. */
	assert_true(geometry_set_picture(&geometry, 640, 480));
	assert_size(&geometry, 640, 480);
}

static void
test_words_first(void **state)
{
	struct geometry geometry = { 0 };

	assert_true(geometry_set_words(&geometry, 640, 480));
	assert_size(&geometry, 640, 480);
	assert_true(geometry_set_picture(&geometry, 1024, 768));
	assert_size(&geometry, 1024, 768);
}

static void
test_one_dimension_is_left_to_us(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, 0, 1080, true);
	assert_int_equal(geometry.height, 1080);
	assert_true(geometry.width > 0);
	geometry_configure(&geometry, 1920, 0, true);
	assert_int_equal(geometry.width, 1920);
	assert_true(geometry.height > 0);
}

static void
test_wishes_without_sense(void **state)
{
	struct geometry geometry = make_floating(640, 480);

	geometry_configure(&geometry, INT32_MAX, INT32_MAX, true);
	assert_size(&geometry, GEOMETRY_MAX_SIZE, GEOMETRY_MAX_SIZE);
	geometry_configure(&geometry, GEOMETRY_MAX_SIZE, GEOMETRY_MAX_SIZE + 1, false);
	assert_size(&geometry, GEOMETRY_MAX_SIZE, GEOMETRY_MAX_SIZE);
	geometry_configure(&geometry, INT32_MIN, -1, true);
	assert_true(geometry.width > 0 && geometry.height > 0);
	assert_true(geometry.width <= GEOMETRY_MAX_SIZE && geometry.height <= GEOMETRY_MAX_SIZE);
	geometry_configure(&geometry, 1, 1, true);
	assert_size(&geometry, 1, 1);
	assert_fit(&geometry, 0, 0, 1, 1);
}

static void
test_no_picture_no_size(void **state)
{
	struct geometry geometry = { 0 };

	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 0, 0);
	assert_false(geometry_is_over_picture(&geometry, 0, 0));
}

static void
test_points_and_bars(void **state)
{
	struct geometry geometry = make_floating(200, 100);
	double gx, gy;

	/* Twice as large, with bars of 50 above and below. */
	geometry_configure(&geometry, 400, 300, true);
	assert_fit(&geometry, 0, 50, 400, 200);
	assert_guest(&geometry, 0, 50, 0, 0);
	assert_guest(&geometry, 200, 150, 100, 50);
	assert_guest(&geometry, 397, 247, 198.5, 98.5);
	assert_guest(&geometry, 11, 0, 5.5, 0);
	assert_true(geometry_is_over_picture(&geometry, 0, 50));
	assert_true(geometry_is_over_picture(&geometry, 399.9, 249.9));
	assert_false(geometry_is_over_picture(&geometry, 0, 49.9));
	assert_false(geometry_is_over_picture(&geometry, 0, 250));
	assert_false(geometry_is_over_picture(&geometry, -0.1, 60));
	assert_false(geometry_is_over_picture(&geometry, 400, 60));

	/* A pointer that is held by a button leaves the window as far as it likes. */
	geometry_to_guest(&geometry, -1e9, -1e9, &gx, &gy);
	assert_true(gx == 0 && gy == 0);
	/* Just outside, and far away. */
	geometry_to_guest(&geometry, 400, 250, &gx, &gy);
	assert_true(gx >= 199 && gx < 200 && gy >= 99 && gy < 100);
	geometry_to_guest(&geometry, 1e9, 1e9, &gx, &gy);
	assert_true(gx >= 199 && gx < 200 && gy >= 99 && gy < 100);
}

static int32_t
random_size(uint32_t *seed)
{
	/* Of every order of magnitude. */
	int32_t size = 1 + (int32_t)(unit_random(seed) % (1u << (1 + unit_random(seed) % 14)));

	return size < 16384 ? size : 16384;
}

/* What holds for every picture in every window. */
static void
test_any_picture_in_any_window(void **state)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		int32_t width = random_size(&seed), height = random_size(&seed);
		struct geometry geometry = make_floating(width, height);
		struct rect window, *fit = &geometry.fit;
		double sx, sy, gx, gy;

		geometry_configure(
			&geometry, random_size(&seed), random_size(&seed), unit_random(&seed) % 2);
		window = (struct rect){ 0, 0, geometry.width, geometry.height };
		assert_false(rect_is_empty(fit));
		assert_true(rect_contains(&window, fit));
		/* As large as can be, unless that would be a pixel or two more; in the middle. */
		assert_true(fit->width == window.width || fit->height == window.height ||
			    (fit->width == width && fit->height == height &&
				    window.width - width <= FIT_SLACK_PX &&
				    window.height - height <= FIT_SLACK_PX));
		assert_true(abs(window.width - fit->width - 2 * fit->x) <= 1);
		assert_true(abs(window.height - fit->height - 2 * fit->y) <= 1);
		/* Not distorted, but for what a pixel more or less makes. */
		assert_true(fit->width == 1 || fit->height == 1 ||
			    fabs((double)fit->width * height - (double)fit->height * width) <=
				    (double)(width > height ? width : height));
		assert_int_equal(geometry_is_direct(&geometry), rect_equal(&window, fit));

		sx = unit_random(&seed) % (3u * (uint32_t)window.width) - (double)window.width +
		     0.5;
		sy = unit_random(&seed) % (3u * (uint32_t)window.height) - (double)window.height +
		     0.5;
		geometry_to_guest(&geometry, sx, sy, &gx, &gy);
		assert_true(gx >= 0 && gx < width && gy >= 0 && gy < height);
		assert_int_equal(geometry_is_over_picture(&geometry, sx, sy),
			sx >= fit->x && sx < fit->x + fit->width && sy >= fit->y &&
				sy < fit->y + fit->height);
	}
}

/* As compositors round it, up or down. */
static double
to_fixed(double s, bool up)
{
	return (floor(s * 256) + up) / 256;
}

static void
test_any_pixel_and_back(void **state)
{
	uint32_t seed = 2;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		int32_t width = random_size(&seed), height = random_size(&seed);
		struct geometry geometry = make_floating(width, height);
		uint32_t x = unit_random(&seed) % (uint32_t)width;
		uint32_t y = unit_random(&seed) % (uint32_t)height;
		double sx, sy, gx, gy;

		geometry_set_scale(&geometry, 60 + unit_random(&seed) % 300);
		geometry_configure(
			&geometry, random_size(&seed), random_size(&seed), unit_random(&seed) % 2);
		geometry_from_guest(&geometry, x, y, &sx, &sy);
		assert_true(geometry_is_over_picture(&geometry, sx, sy));
		/* Where a pixel is so small, nobody can tell. */
		if (width > geometry.fit.width * 64 || height > geometry.fit.height * 64) {
			continue;
		}
		geometry_to_guest(&geometry, to_fixed(sx, i & 1), to_fixed(sy, i & 2), &gx, &gy);
		if ((uint32_t)gx != x || (uint32_t)gy != y) {
			fail_msg("%u,%u of %dx%d became %g,%g and %g,%g", x, y, width, height, sx,
				sy, gx, gy);
		}
	}
}

static void
test_points_outside_the_picture(void **state)
{
	struct geometry geometry = make_floating(200, 100);
	double sx, sy;
	int32_t x, y;

	/* Twice as large, with bars of 50. */
	geometry_configure(&geometry, 400, 300, true);
	geometry_from_guest(&geometry, 10.9, 20, &sx, &sy);
	assert_true(sx == 20.75 && sy == 90.75);
	geometry_from_guest(&geometry, -1e9, 1e9, &sx, &sy);
	assert_true(sx == 0.75 && sy == 248.75);
	geometry_from_guest(&geometry, NAN, -INFINITY, &sx, &sy);
	assert_true(sx == 0.75 && sy == 50.75);
	geometry_place(&geometry, -3, 7, &x, &y);
	assert_true(x == -6 && y == 64);
	geometry_place(&geometry, -1e10, 1e10, &x, &y);
	assert_true(x == -GEOMETRY_MAX_SIZE && y == GEOMETRY_MAX_SIZE + 50);
	geometry_set_scale(&geometry, 180);
	geometry_set_picture(&geometry, 600, 450);
	/* A monitor's pixel for each, and two logical ones for three. */
	assert_true(geometry.exact);
	geometry_place(&geometry, 1, -1, &x, &y);
	assert_true(x == 1 && y == -1);
	geometry_place(&geometry, 4, -4, &x, &y);
	assert_true(x == 3 && y == -3);
	/* Nothing is shown yet. */
	geometry = (struct geometry){ 0 };
	geometry_place(&geometry, 5, 5, &x, &y);
	assert_true(x == 0 && y == 0);
	geometry_from_guest(&geometry, 5, 5, &sx, &sy);
	assert_true(sx == 0 && sy == 0);
}

/* Libraries draw as much as the window is large; the VM must not choose that. */
static void
test_a_huge_picture_gets_a_window_of_its_shape_that_fits(void **state)
{
	struct geometry geometry = { .max_floating = 1920 };

	assert_true(geometry_set_picture(&geometry, 16384, 16384));
	assert_int_equal(geometry.width, 1920);
	assert_int_equal(geometry.height, 1920);
	assert_true(geometry_is_direct(&geometry));
	assert_true(geometry_set_picture(&geometry, 3840, 2160));
	assert_int_equal(geometry.width, 1920);
	assert_int_equal(geometry.height, 1080);
	assert_true(geometry_is_direct(&geometry));
	assert_true(geometry_set_picture(&geometry, 16384, 1));
	assert_int_equal(geometry.width, 1920);
	assert_int_equal(geometry.height, 1);
	assert_true(geometry_set_picture(&geometry, 1920, 1200));
	assert_int_equal(geometry.width, 1920);
	assert_int_equal(geometry.height, 1200);
}

static void
test_no_larger_scale(void **state)
{
	struct geometry geometry = make_floating(64, 48);

	geometry_set_scale(&geometry, SCALE_MAX - 1);
	assert_int_equal(geometry.scale_120, SCALE_MAX - 1);
	geometry_set_scale(&geometry, SCALE_MAX);
	assert_int_equal(geometry.scale_120, SCALE_MAX);
	geometry_set_scale(&geometry, 120);
	geometry_set_scale(&geometry, SCALE_MAX + 1);
	assert_int_equal(geometry.scale_120, SCALE_MAX);
	assert_false(geometry_set_scale(&geometry, UINT32_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_huge_picture_gets_a_window_of_its_shape_that_fits),
		cmocka_unit_test(test_one_pixel_for_one),
		cmocka_unit_test(test_the_whole_screen_at_a_rounded_scale),
		cmocka_unit_test(test_the_window_follows_the_guest),
		cmocka_unit_test(test_a_stale_size_is_no_wish),
		cmocka_unit_test(test_a_size_that_the_user_chose_stays),
		cmocka_unit_test(test_the_user_may_go_back_to_an_old_size),
		cmocka_unit_test(test_maximised_and_back),
		cmocka_unit_test(test_it_floats_apart),
		cmocka_unit_test(test_it_does_not_float_apart),
		cmocka_unit_test(test_the_floating_size_comes_back),
		cmocka_unit_test(test_words_have_no_size_of_their_own),
		cmocka_unit_test(test_words_first),
		cmocka_unit_test(test_one_dimension_is_left_to_us),
		cmocka_unit_test(test_wishes_without_sense),
		cmocka_unit_test(test_no_picture_no_size),
		cmocka_unit_test(test_points_and_bars),
		cmocka_unit_test(test_any_picture_in_any_window),
		cmocka_unit_test(test_any_pixel_and_back),
		cmocka_unit_test(test_points_outside_the_picture),
		cmocka_unit_test(test_no_larger_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
