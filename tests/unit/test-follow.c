#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "wayland/geometry.h"

/* Windows on monitors of any scale, and windows and guests that follow each other's size. */

#define ROUNDS 20000

static const uint32_t scales[] = { 120, 150, 160, 180, 210, 240, 138, 277 };
#define N_SCALES (sizeof(scales) / sizeof(scales[0]))

static int32_t
pixel_at(int32_t logical, uint32_t scale_120)
{
	uint32_t product = (uint32_t)logical * scale_120;

	return (int32_t)(product / 120 + (product % 120 >= 60));
}

/* A logical size that makes so many pixels; 0: there is none. */
static int32_t
find_logical(int32_t pixels, uint32_t scale_120)
{
	for (int32_t logical = (int32_t)((int64_t)pixels * 120 / scale_120);
		pixel_at(logical, scale_120) <= pixels; logical++) {
		if (pixel_at(logical, scale_120) == pixels) {
			return logical;
		}
	}
	return 0;
}

static void
assert_size(const struct geometry *geometry, int32_t width, int32_t height)
{
	if (geometry->width != width || geometry->height != height) {
		fail_msg("the window is %dx%d, not %dx%d", geometry->width, geometry->height, width,
			height);
	}
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

/* So much of the picture is seen, from its top left. */
static void
assert_shown(const struct geometry *geometry, int32_t width, int32_t height)
{
	if (geometry->shown_width != width || geometry->shown_height != height) {
		fail_msg("%dx%d are shown, not %dx%d", geometry->shown_width,
			geometry->shown_height, width, height);
	}
}

static void
assert_wanted(const struct geometry *geometry, int32_t width, int32_t height)
{
	int32_t got_width = -1, got_height = -1;

	geometry_wanted_picture(geometry, &got_width, &got_height);
	if (got_width != width || got_height != height) {
		fail_msg("%dx%d are wanted, not %dx%d", got_width, got_height, width, height);
	}
}

static struct geometry
make_window(int32_t picture_width, int32_t picture_height, uint32_t scale_120, bool follows)
{
	struct geometry geometry = { 0 };

	geometry_set_follows(&geometry, follows);
	geometry_set_scale(&geometry, scale_120);
	geometry_set_picture(&geometry, picture_width, picture_height);
	geometry_configure(&geometry, 0, 0, false);
	return geometry;
}

static int32_t
random_size(uint32_t *seed)
{
	return 64 + (int32_t)(unit_random(seed) % 3000);
}

static void
test_as_many_pixels_as_the_guest(void **state)
{
	uint32_t seed = 1, n_found = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t scale = scales[unit_random(&seed) % N_SCALES];
		int32_t width = random_size(&seed), height = random_size(&seed);
		struct geometry geometry = make_window(width, height, scale, i % 2);
		bool found = find_logical(width, scale) && find_logical(height, scale);

		assert_false(geometry_is_chosen(&geometry));
		assert_int_equal(geometry.width_px, pixel_at(geometry.width, scale));
		if (found) {
			n_found++;
			assert_true(geometry_is_direct(&geometry));
			assert_int_equal(geometry.width_px, width);
			assert_int_equal(geometry.height_px, height);
			assert_wanted(&geometry, width, height);
		}
		assert_int_equal(geometry.exact, found);
	}
	assert_true(n_found > ROUNDS / 3);
}

static void
test_another_scale_keeps_the_pixels(void **state)
{
	static const uint32_t around[] = { 120, 180, 240, 150, 210, 160, 120 };

	for (int32_t follows = 0; follows <= 1; follows++) {
		/* A size that each of them has. */
		struct geometry geometry = make_window(1680, 840, 120, follows);

		for (size_t i = 1; i < sizeof(around) / sizeof(around[0]); i++) {
			assert_true(geometry_set_scale(&geometry, around[i]));
			assert_false(geometry_set_scale(&geometry, around[i]));
			assert_int_equal(geometry.width_px, 1680);
			assert_int_equal(geometry.height_px, 840);
			assert_int_equal(geometry.width, 1680 * 120 / around[i]);
			assert_true(geometry.exact);
			assert_false(geometry_is_chosen(&geometry));
			/* What was sent before the compositor knew is no wish. */
			geometry_configure(&geometry, 1680 * 120 / (int32_t)around[i - 1],
				840 * 120 / (int32_t)around[i - 1], false);
			assert_int_equal(geometry.width_px, 1680);
			geometry_configure(&geometry, geometry.width, geometry.height, false);
			assert_false(geometry_is_chosen(&geometry));
		}
		assert_size(&geometry, 1680, 840);
	}
}

/* Back and forth, a size that some of the scales do not have does not wander. */
static void
test_rounding_does_not_add_up(void **state)
{
	struct geometry geometry = make_window(1023, 767, 120, true);

	for (size_t i = 0; i < 10 * N_SCALES; i++) {
		geometry_set_scale(&geometry, scales[(i + 1) % N_SCALES]);
	}
	assert_int_equal(geometry.scale_120, 120);
	assert_size(&geometry, 1023, 767);
	assert_true(geometry.exact);
}

static void
test_another_scale_keeps_the_users_size(void **state)
{
	for (int32_t follows = 0; follows <= 1; follows++) {
		struct geometry geometry = make_window(640, 480, 120, follows);

		geometry_configure(&geometry, 800, 600, false);
		assert_true(geometry_set_scale(&geometry, 180));
		assert_size(&geometry, 800, 600);
		assert_true(geometry_is_chosen(&geometry));
		assert_wanted(&geometry, 1200, 900);
	}
}

/* On a monitor of another scale and back in a window: as many pixels as before. */
static void
test_another_scale_while_on_full_screen(void **state)
{
	for (int32_t follows = 0; follows <= 1; follows++) {
		struct geometry geometry = make_window(960, 720, 120, follows);

		geometry_configure(&geometry, 1280, 800, true);
		geometry_set_scale(&geometry, 240);
		geometry_configure(&geometry, 0, 0, false);
		assert_size(&geometry, 480, 360);
		assert_int_equal(geometry.width_px, 960);
		assert_true(geometry.exact);
	}
}

static void
test_full_screen_is_the_whole_monitor(void **state)
{
	/* 2560x1600 at 150 % is 1706.67x1066.67: desktops round it either way. */
	for (int32_t down = 0; down <= 1; down++) {
		struct geometry geometry = make_window(1280, 800, 180, true);
		int32_t width = 1707 - down, height = 1067 - down;

		assert_true(geometry_set_screen(&geometry, 2560, 1600));
		assert_false(geometry_set_screen(&geometry, 2560, 1600));
		geometry_configure(&geometry, width, height, true);
		assert_size(&geometry, width, height);
		assert_int_equal(geometry.width_px, 2560);
		assert_int_equal(geometry.height_px, 1600);
		assert_wanted(&geometry, 2560, 1600);
		assert_true(geometry.holding);

		/* Larger than the monitor: cut off where that ends. */
		geometry_set_picture(&geometry, 3840, 2160);
		assert_true(geometry.holding);
		assert_fit(&geometry, 0, 0, width, height);
		assert_shown(&geometry, 2560, 1600);
		assert_true(geometry.exact);

		geometry_set_picture(&geometry, 2560, 1600);
		assert_false(geometry.holding);
		assert_fit(&geometry, 0, 0, width, height);
		assert_shown(&geometry, 2560, 1600);
		assert_true(geometry.exact);

		/* Of a window that is not on full screen its logical size alone counts. */
		geometry_set_screen(&geometry, 0, 0);
		assert_int_equal(geometry.width_px, pixel_at(width, 180));
	}
}

static void
test_a_screen_of_another_size(void **state)
{
	struct geometry geometry = make_window(1280, 800, 120, true);

	/* No rounding makes that. */
	geometry_set_screen(&geometry, 1920, 1080);
	geometry_configure(&geometry, 1917, 1083, true);
	assert_int_equal(geometry.width_px, 1917);
	assert_int_equal(geometry.height_px, 1083);
	geometry_configure(&geometry, 1918, 1082, true);
	assert_int_equal(geometry.width_px, 1920);
	assert_int_equal(geometry.height_px, 1080);
}

static void
test_the_picture_is_held(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, true);

	/* Larger: at the top left, the rest is bars. */
	geometry_configure(&geometry, 900, 600, false);
	assert_true(geometry.holding);
	assert_size(&geometry, 900, 600);
	assert_fit(&geometry, 0, 0, 640, 480);
	assert_shown(&geometry, 640, 480);
	assert_true(geometry.exact);
	assert_true(geometry_is_chosen(&geometry));
	assert_wanted(&geometry, 900, 600);
	/* Smaller one way: cut off there. */
	geometry_configure(&geometry, 500, 600, false);
	assert_fit(&geometry, 0, 0, 500, 480);
	assert_shown(&geometry, 500, 480);
	assert_true(geometry.exact);
	geometry_configure(&geometry, 500, 300, false);
	assert_fit(&geometry, 0, 0, 500, 300);
	assert_shown(&geometry, 500, 300);
	/* Pictures on the way: held as well. */
	assert_true(geometry_set_picture(&geometry, 900, 600));
	assert_true(geometry.holding);
	assert_size(&geometry, 500, 300);
	assert_fit(&geometry, 0, 0, 500, 300);
	assert_shown(&geometry, 500, 300);
	assert_true(geometry_set_picture(&geometry, 500, 600));
	assert_true(geometry.holding);
	/* There it is. */
	assert_true(geometry_set_picture(&geometry, 500, 300));
	assert_false(geometry.holding);
	assert_size(&geometry, 500, 300);
	assert_fit(&geometry, 0, 0, 500, 300);
	assert_shown(&geometry, 500, 300);
	assert_true(geometry.exact);
	assert_false(geometry_end_hold(&geometry));
}

/* At any scale the picture keeps its pixels meanwhile. */
static void
test_held_at_any_scale(void **state)
{
	uint32_t seed = 2, n_exact = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t scale = scales[unit_random(&seed) % N_SCALES];
		int32_t width = random_size(&seed), height = random_size(&seed);
		struct geometry geometry = make_window(width, height, scale, true);
		int32_t new_width = random_size(&seed), new_height = random_size(&seed);
		int32_t width_px = pixel_at(new_width, scale);
		int32_t height_px = pixel_at(new_height, scale);
		bool possible;

		geometry_configure(&geometry, new_width, new_height, unit_random(&seed) % 2);
		assert_size(&geometry, new_width, new_height);
		if (!geometry.holding) {
			assert_true(width_px == width && height_px == height);
			continue;
		}
		assert_int_equal(geometry.fit.x, 0);
		assert_int_equal(geometry.fit.y, 0);
		assert_true(geometry.fit.width <= new_width && geometry.fit.height <= new_height);
		assert_shown(&geometry, width < width_px ? width : width_px,
			height < height_px ? height : height_px);
		/* Where it ends in the window, the grid must have that place. */
		possible = (width >= width_px || find_logical(width, scale)) &&
			   (height >= height_px || find_logical(height, scale));
		n_exact += possible;
		assert_int_equal(geometry.exact, possible);
		/* The guest does as it is told. */
		geometry_set_picture(&geometry, width_px, height_px);
		assert_false(geometry.holding);
		assert_fit(&geometry, 0, 0, new_width, new_height);
		assert_size(&geometry, new_width, new_height);
		assert_true(geometry.exact);
	}
	assert_true(n_exact > ROUNDS / 3);
}

/* What is wanted is what the guest can have: with zoom, too, it is as large as the window then. */
static void
test_held_until_what_is_wanted_comes(void **state)
{
	static const uint32_t zooms[] = { 25, 75, 100, 125, 150, 200, 300, 400 };
	uint32_t seed = 3;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct geometry geometry = make_window(random_size(&seed), random_size(&seed),
			scales[unit_random(&seed) % N_SCALES], true);
		int32_t new_width = random_size(&seed), new_height = random_size(&seed);
		int32_t width, height;

		geometry_set_zoom(&geometry, zooms[unit_random(&seed) % 8], FIT_WINDOW);
		geometry_configure(&geometry, new_width, new_height, unit_random(&seed) % 2);
		geometry_wanted_picture(&geometry, &width, &height);
		geometry_set_picture(&geometry, width, height);
		assert_false(geometry.holding);
		assert_size(&geometry, new_width, new_height);
	}
}

/* The user's window and another zoom: as with another size, the guest's turn. */
static void
test_another_zoom_keeps_the_users_size(void **state)
{
	struct geometry geometry = make_window(1024, 768, 120, true);
	int32_t width, height;

	geometry_configure(&geometry, 1367, 771, false);
	geometry_set_picture(&geometry, 1367, 771);
	assert_true(geometry_set_zoom(&geometry, 125, FIT_WINDOW));
	assert_false(geometry_set_zoom(&geometry, 125, FIT_WINDOW));
	assert_size(&geometry, 1367, 771);
	geometry_wanted_picture(&geometry, &width, &height);
	geometry_set_picture(&geometry, width, height);
	assert_false(geometry.holding);
	assert_size(&geometry, 1367, 771);
	assert_true(geometry_is_chosen(&geometry));
}

/* A window that has the picture's size grows with it. */
static void
test_zoom_of_a_window_that_nobody_sized(void **state)
{
	for (int32_t follows = 0; follows <= 1; follows++) {
		struct geometry geometry = make_window(640, 480, 120, follows);

		assert_true(geometry_set_zoom(&geometry, 150, FIT_WINDOW));
		assert_size(&geometry, 960, 720);
		assert_fit(&geometry, 0, 0, 960, 720);
		assert_wanted(&geometry, 640, 480);
		assert_false(geometry_is_chosen(&geometry));
	}
}

static void
test_zoom_on_full_screen_without_following(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, false);

	geometry_configure(&geometry, 1920, 1080, true);
	geometry_set_zoom(&geometry, 150, FIT_WINDOW);
	assert_size(&geometry, 1920, 1080);
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 960, 720);
}

static void
test_a_guest_that_does_not_come(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, true);

	geometry_configure(&geometry, 1280, 480, false);
	assert_fit(&geometry, 0, 0, 640, 480);
	assert_true(geometry_end_hold(&geometry));
	assert_false(geometry.holding);
	/* Fitted: the user's size stays. */
	assert_size(&geometry, 1280, 480);
	assert_fit(&geometry, 320, 0, 640, 480);
	assert_false(geometry_end_hold(&geometry));
}

static void
test_a_guest_that_comes_close(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, true);

	geometry_configure(&geometry, 1003, 601, false);
	assert_true(geometry_set_picture(&geometry, 1000, 600));
	assert_true(geometry.holding);
	assert_size(&geometry, 1003, 601);
	assert_fit(&geometry, 0, 0, 1000, 600);
	assert_true(geometry_end_hold(&geometry));
	assert_size(&geometry, 1000, 600);
	assert_fit(&geometry, 0, 0, 1000, 600);
	assert_true(geometry.exact);
	assert_false(geometry_is_chosen(&geometry));
	/* The configure that is still on its way. */
	geometry_configure(&geometry, 1003, 601, false);
	assert_size(&geometry, 1000, 600);
	assert_false(geometry.holding);

	/* A fixed one keeps the compositor's. */
	geometry_configure(&geometry, 1920, 1080, true);
	geometry_set_picture(&geometry, 1600, 1080);
	assert_true(geometry_end_hold(&geometry));
	assert_size(&geometry, 1920, 1080);
	assert_fit(&geometry, 160, 0, 1600, 1080);
}

static void
test_a_guest_that_changes_its_own_mode(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, true);

	assert_true(geometry_set_picture(&geometry, 800, 600));
	assert_size(&geometry, 800, 600);
	/* Also after the user has had a say, and the guest has followed. */
	geometry_configure(&geometry, 1000, 700, false);
	geometry_set_picture(&geometry, 1000, 700);
	assert_true(geometry_is_chosen(&geometry));
	assert_true(geometry_set_picture(&geometry, 720, 400));
	assert_size(&geometry, 720, 400);
	assert_fit(&geometry, 0, 0, 720, 400);
	assert_false(geometry_is_chosen(&geometry));
	/* Or has not. */
	geometry_configure(&geometry, 1000, 700, false);
	geometry_end_hold(&geometry);
	geometry_set_picture(&geometry, 640, 480);
	assert_size(&geometry, 640, 480);

	/* Never a fixed one. */
	geometry_configure(&geometry, 1920, 1080, true);
	geometry_set_picture(&geometry, 1920, 1080);
	assert_false(geometry.holding);
	geometry_set_picture(&geometry, 1440, 1080);
	assert_false(geometry.holding);
	assert_size(&geometry, 1920, 1080);
	assert_fit(&geometry, 240, 0, 1440, 1080);
	assert_true(geometry_is_chosen(&geometry));
}

/* The size before full screen comes back, and the guest is to have it again. */
static void
test_the_floating_size_comes_back(void **state)
{
	for (int32_t user_sized = 0; user_sized <= 1; user_sized++) {
		for (int32_t comes = 0; comes <= 1; comes++) {
			struct geometry geometry = make_window(800, 600, 120, true);

			if (user_sized) {
				geometry_configure(&geometry, 1000, 700, false);
				geometry_set_picture(&geometry, 1000, 700);
			}
			geometry_configure(&geometry, 1920, 1080, true);
			geometry_set_picture(&geometry, 1920, 1080);
			geometry_configure(&geometry, 0, 0, false);
			if (user_sized) {
				assert_size(&geometry, 1000, 700);
				assert_wanted(&geometry, 1000, 700);
			} else {
				assert_size(&geometry, 800, 600);
				assert_wanted(&geometry, 800, 600);
			}
			assert_true(geometry.holding);
			/* Not the picture's size, for now. */
			assert_true(geometry_is_chosen(&geometry));
			assert_shown(&geometry, geometry.width, geometry.height);
			if (comes) {
				geometry_set_picture(&geometry, geometry.width, geometry.height);
				assert_false(geometry.holding);
				assert_true(geometry.exact);
			} else {
				geometry_end_hold(&geometry);
			}
			assert_size(&geometry, user_sized ? 1000 : 800, user_sized ? 700 : 600);
			assert_int_equal(geometry_is_chosen(&geometry), user_sized);
			/* It says the size that the window has. */
			geometry_configure(&geometry, geometry.width, geometry.height, false);
			assert_int_equal(geometry_is_chosen(&geometry), user_sized);
		}
	}
}

/* Full screen on a monitor of another scale, and the scale changes after the size. */
static void
test_back_from_a_monitor_of_another_scale(void **state)
{
	struct geometry geometry = make_window(800, 600, 120, true);

	geometry_set_screen(&geometry, 2560, 1600);
	geometry_configure(&geometry, 2560, 1600, true);
	geometry_set_scale(&geometry, 180);
	geometry_configure(&geometry, 1707, 1067, true);
	geometry_set_picture(&geometry, 2560, 1600);
	assert_false(geometry.holding);
	geometry_set_screen(&geometry, 0, 0);
	geometry_configure(&geometry, 0, 0, false);
	assert_wanted(&geometry, pixel_at(533, 180), 600);
	geometry_set_scale(&geometry, 120);
	assert_size(&geometry, 800, 600);
	assert_wanted(&geometry, 800, 600);
	assert_true(geometry.holding);
	geometry_set_picture(&geometry, 800, 600);
	assert_true(geometry.exact);
	assert_false(geometry_is_chosen(&geometry));
}

/* As window_set_floating_size leaves it, before the first picture. */
static void
test_a_size_from_before(void **state)
{
	for (int32_t follows = 0; follows <= 1; follows++) {
		struct geometry geometry = {
			.floating_width = 1000,
			.floating_height = 700,
			.user_sized = true,
		};

		geometry_set_follows(&geometry, follows);
		geometry_set_picture(&geometry, 640, 480);
		geometry_configure(&geometry, 0, 0, false);
		assert_size(&geometry, 1000, 700);
		assert_true(geometry_is_chosen(&geometry));
		assert_int_equal(geometry.holding, follows);
		assert_wanted(&geometry, 1000, 700);
	}
}

static void
test_the_users_size_stays_without_following(void **state)
{
	struct geometry geometry = make_window(640, 480, 120, false);

	geometry_configure(&geometry, 900, 480, false);
	assert_false(geometry.holding);
	assert_fit(&geometry, 130, 0, 640, 480);
	geometry_set_picture(&geometry, 800, 600);
	assert_false(geometry.holding);
	assert_size(&geometry, 900, 480);
	geometry_configure(&geometry, 1920, 1080, true);
	assert_false(geometry.holding);
	geometry_set_picture(&geometry, 1024, 768);
	geometry_configure(&geometry, 0, 0, false);
	assert_size(&geometry, 900, 480);
	assert_false(geometry_end_hold(&geometry));
	geometry_set_scale(&geometry, 240);
	assert_false(geometry.holding);
	assert_size(&geometry, 900, 480);
}

/* Where Wayland puts the pointer: 256ths of a logical pixel. */
static double
as_fixed(double s)
{
	return rint(s * 256) / 256;
}

/* From the middle of the monitor's pixel, the guest's pixel that is shown there; both ways. */
static void
assert_pixels_map_back(const struct geometry *geometry, uint32_t scale_120, uint32_t *seed)
{
	int32_t start_x = pixel_at(geometry->fit.x, scale_120);
	int32_t start_y = pixel_at(geometry->fit.y, scale_120);

	for (uint32_t i = 0; i < 32; i++) {
		int32_t x = (int32_t)(unit_random(seed) % (uint32_t)geometry->shown_width);
		int32_t y = (int32_t)(unit_random(seed) % (uint32_t)geometry->shown_height);
		double gx, gy;

		if (i < 4) {
			/* The corners. */
			x = i % 2 ? geometry->shown_width - 1 : 0;
			y = i / 2 ? geometry->shown_height - 1 : 0;
		}
		geometry_to_guest(geometry, as_fixed((start_x + x + 0.5) * 120 / scale_120),
			as_fixed((start_y + y + 0.5) * 120 / scale_120), &gx, &gy);
		if ((int32_t)gx != x || (int32_t)gy != y) {
			fail_msg("pixel %d,%d of %dx%d became %g,%g in %d,%d %dx%d at %u/120", x, y,
				geometry->shown_width, geometry->shown_height, gx, gy,
				geometry->fit.x, geometry->fit.y, geometry->fit.width,
				geometry->fit.height, scale_120);
		}
	}
}

static void
assert_inside_the_picture(const struct geometry *geometry, uint32_t *seed)
{
	for (uint32_t i = 0; i < 16; i++) {
		double sx = unit_random(seed) % (3u * (uint32_t)geometry->width) -
			    (double)geometry->width + unit_random(seed) % 256 / 256.0;
		double sy = unit_random(seed) % (3u * (uint32_t)geometry->height) -
			    (double)geometry->height + unit_random(seed) % 256 / 256.0;
		double gx = -1, gy = -1;

		geometry_to_guest(geometry, sx, sy, &gx, &gy);
		assert_true(gx >= 0 && gx <= geometry->shown_width - 1);
		assert_true(gy >= 0 && gy <= geometry->shown_height - 1);
		assert_true(geometry->shown_width <= geometry->picture_width);
		assert_true(geometry->shown_height <= geometry->picture_height);
		/* Monotone, and in proportion: a scaled picture's point is where it is drawn. */
		if (geometry_is_over_picture(geometry, sx, sy)) {
			double across = (sx - geometry->fit.x) / geometry->fit.width;
			double down = (sy - geometry->fit.y) / geometry->fit.height;

			assert_true(fabs(gx - across * geometry->shown_width) <= 1);
			assert_true(fabs(gy - down * geometry->shown_height) <= 1);
		}
	}
}

static void
test_points_of_any_picture_in_any_window(void **state)
{
	uint32_t seed = 4, n_exact = 0, n_cut = 0, n_barred = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t scale = scales[unit_random(&seed) % N_SCALES];
		struct geometry geometry = make_window(
			random_size(&seed), random_size(&seed), scale, unit_random(&seed) % 2);

		geometry_set_zoom(&geometry, unit_random(&seed) % 4 ? 100 : 150,
			(enum fit_mode)(unit_random(&seed) % 3));
		for (uint32_t j = unit_random(&seed) % 3; j > 0; j--) {
			geometry_configure(&geometry, random_size(&seed), random_size(&seed),
				unit_random(&seed) % 2);
		}
		if (unit_random(&seed) % 2 == 0) {
			geometry_set_picture(&geometry, random_size(&seed), random_size(&seed));
		}
		if (unit_random(&seed) % 4 == 0) {
			geometry_end_hold(&geometry);
		}
		if (geometry.exact) {
			n_exact++;
			n_cut += geometry.shown_width < geometry.picture_width;
			n_barred += geometry.fit.x > 0;
			assert_pixels_map_back(&geometry, scale, &seed);
		}
		assert_inside_the_picture(&geometry, &seed);
	}
	/* All of them were among those. */
	assert_true(n_exact > ROUNDS / 4 && n_cut > ROUNDS / 20 && n_barred > ROUNDS / 50);
}

static void
test_points_on_full_screen(void **state)
{
	uint32_t seed = 5;

	for (int32_t down = 0; down <= 1; down++) {
		struct geometry geometry = make_window(2560, 1600, 180, true);

		geometry_set_screen(&geometry, 2560, 1600);
		geometry_configure(&geometry, 1707 - down, 1067 - down, true);
		geometry_end_hold(&geometry);
		assert_true(geometry.exact);
		for (uint32_t i = 0; i < 100; i++) {
			assert_pixels_map_back(&geometry, 180, &seed);
		}
		assert_inside_the_picture(&geometry, &seed);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_pixels_as_the_guest),
		cmocka_unit_test(test_another_scale_keeps_the_pixels),
		cmocka_unit_test(test_rounding_does_not_add_up),
		cmocka_unit_test(test_another_scale_keeps_the_users_size),
		cmocka_unit_test(test_another_scale_while_on_full_screen),
		cmocka_unit_test(test_full_screen_is_the_whole_monitor),
		cmocka_unit_test(test_a_screen_of_another_size),
		cmocka_unit_test(test_the_picture_is_held),
		cmocka_unit_test(test_held_at_any_scale),
		cmocka_unit_test(test_held_until_what_is_wanted_comes),
		cmocka_unit_test(test_another_zoom_keeps_the_users_size),
		cmocka_unit_test(test_zoom_of_a_window_that_nobody_sized),
		cmocka_unit_test(test_zoom_on_full_screen_without_following),
		cmocka_unit_test(test_a_guest_that_does_not_come),
		cmocka_unit_test(test_a_guest_that_comes_close),
		cmocka_unit_test(test_a_guest_that_changes_its_own_mode),
		cmocka_unit_test(test_the_floating_size_comes_back),
		cmocka_unit_test(test_back_from_a_monitor_of_another_scale),
		cmocka_unit_test(test_a_size_from_before),
		cmocka_unit_test(test_the_users_size_stays_without_following),
		cmocka_unit_test(test_points_of_any_picture_in_any_window),
		cmocka_unit_test(test_points_on_full_screen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
