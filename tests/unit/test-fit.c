#include "unit.h"

#include <math.h>
#include <stdlib.h>

#include "wayland/fit.h"
#include "wayland/scale.h"

#define ROUNDS 200000

/* The scales that desktops offer, and some that nobody does. */
static const uint32_t scales[] = { 120, 150, 160, 180, 210, 240, 300, 360, 60, 90, 138, 161, 277 };
#define N_SCALES (sizeof(scales) / sizeof(scales[0]))

/* The monitor's pixel at which a logical position is drawn. */
static int32_t
pixel_at(int32_t logical, uint32_t scale_120)
{
	uint32_t product = (uint32_t)logical * scale_120;

	return (int32_t)(product / 120 + (product % 120 >= 60));
}

/* The pixels that a compositor draws such a length into. */
static int32_t
covered(int32_t start, int32_t length, uint32_t scale_120)
{
	return pixel_at(start + length, scale_120) - pixel_at(start, scale_120);
}

/* Whether any length from the window's edge makes so many pixels. */
static bool
can_cover(int32_t pixels, int32_t room, uint32_t scale_120)
{
	for (int32_t length = (int32_t)((int64_t)pixels * 120 / scale_120) - 2;
		length <= (int32_t)((int64_t)pixels * 120 / scale_120) + 2; length++) {
		if (length > 0 && length <= room && pixel_at(length, scale_120) == pixels) {
			return true;
		}
	}
	return false;
}

static struct fit_request
make_request(int32_t width, int32_t height, uint32_t scale_120, int32_t picture_width,
	int32_t picture_height)
{
	return (struct fit_request){
		.width = width,
		.height = height,
		.width_px = pixel_at(width, scale_120),
		.height_px = pixel_at(height, scale_120),
		.scale_120 = scale_120,
		.picture_width = picture_width,
		.picture_height = picture_height,
		.zoom_percent = 100,
	};
}

static int32_t
random_size(uint32_t *seed)
{
	/* Of every order of magnitude. */
	return 1 + (int32_t)(unit_random(seed) % (1u << (1 + unit_random(seed) % 13)));
}

static struct fit_request
make_random_request(uint32_t *seed)
{
	uint32_t scale = scales[unit_random(seed) % N_SCALES];
	struct fit_request request = make_request(
		random_size(seed), random_size(seed), scale, random_size(seed), random_size(seed));

	if (unit_random(seed) % 2 == 0) {
		/* Nearly as large as the window. */
		int32_t dx = (int32_t)(unit_random(seed) % 7) - 3;
		int32_t dy = (int32_t)(unit_random(seed) % 7) - 3;

		request.picture_width = request.width_px + dx > 0 ? request.width_px + dx : 1;
		request.picture_height = request.height_px + dy > 0 ? request.height_px + dy : 1;
	}
	return request;
}

static int32_t
own_size(int32_t picture, const struct fit_request *request)
{
	uint32_t product = (uint32_t)picture * request->zoom_percent;
	int32_t size = (int32_t)(product / 100 + (product % 100 >= 50));

	return size > 0 ? size : 1;
}

static void
assert_covers(const struct fit_request *request, const struct rect *fit, int32_t width_px,
	int32_t height_px)
{
	int32_t got_width = covered(fit->x, fit->width, request->scale_120);
	int32_t got_height = covered(fit->y, fit->height, request->scale_120);

	if ((got_width != width_px && can_cover(width_px, request->width, request->scale_120)) ||
		(got_height != height_px &&
			can_cover(height_px, request->height, request->scale_120))) {
		fail_msg("%dx%d in %dx%d at %u/120, zoom %u, mode %d: %dx%d pixels, not %dx%d",
			request->picture_width, request->picture_height, request->width,
			request->height, request->scale_120, request->zoom_percent, request->mode,
			got_width, got_height, width_px, height_px);
	}
}

static void
assert_length_placed(int32_t start, int32_t length, int32_t room, uint32_t scale_120)
{
	int32_t middle = (room - length) / 2;

	assert_true(length > 0 && start >= 0 && start + length <= room);
	/* On the grid, and no point of it is nearer to the middle from that side. */
	assert_int_equal((int64_t)start * scale_120 % 120, 0);
	assert_true(start <= middle && start + scale_grid(scale_120) > middle);
}

static void
assert_placed(const struct fit_request *request, const struct rect *fit)
{
	assert_length_placed(fit->x, fit->width, request->width, request->scale_120);
	assert_length_placed(fit->y, fit->height, request->height, request->scale_120);
}

/* Not distorted but for what rounding makes, in the monitor's pixels and then in logical ones. */
static void
assert_in_proportion(const struct fit_request *request, const struct rect *fit)
{
	double width = covered(fit->x, fit->width, request->scale_120);
	double height = covered(fit->y, fit->height, request->scale_120);
	double longer = request->picture_width > request->picture_height ? request->picture_width
									 : request->picture_height;

	assert_true(fit->width == 1 || fit->height == 1 ||
		    fabs(width * request->picture_height - height * request->picture_width) <=
			    longer * (2 + request->scale_120 / 120.0));
}

static void
test_as_large_as_the_window(void **state)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct fit_request request = make_random_request(&seed);
		struct rect fit = fit_picture(&request);
		int32_t spare_width = request.width_px - request.picture_width;
		int32_t spare_height = request.height_px - request.picture_height;

		assert_placed(&request, &fit);
		if (spare_width >= 0 && spare_width <= FIT_SLACK_PX && spare_height >= 0 &&
			spare_height <= FIT_SLACK_PX) {
			assert_covers(
				&request, &fit, request.picture_width, request.picture_height);
		} else {
			assert_true(fit.width == request.width || fit.height == request.height);
			assert_in_proportion(&request, &fit);
		}
	}
}

/* The slack: two pixels more than the picture, not three, and none less. */
static void
test_the_slack(void **state)
{
	for (size_t i = 0; i < N_SCALES; i++) {
		for (int32_t spare = -3; spare <= 5; spare++) {
			struct fit_request request = make_request(600, 450, scales[i], 1, 1);
			struct rect fit;

			request.picture_width = request.width_px - spare;
			request.picture_height = request.height_px;
			fit = fit_picture(&request);
			if (spare >= 0 && spare <= FIT_SLACK_PX) {
				assert_covers(&request, &fit, request.picture_width,
					request.picture_height);
			} else if (spare > FIT_SLACK_PX) {
				assert_int_equal(fit.height, request.height);
			} else {
				assert_int_equal(fit.width, request.width);
			}
		}
	}
}

static void
test_in_its_own_size(void **state)
{
	static const uint32_t zooms[] = { 25, 50, 75, 100, 125, 150, 200, 400 };
	uint32_t seed = 2;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct fit_request request = make_random_request(&seed);
		struct rect fit;
		int32_t width, height;

		request.mode = FIT_ONE_TO_ONE;
		request.zoom_percent = zooms[unit_random(&seed) % 8];
		fit = fit_picture(&request);
		assert_placed(&request, &fit);
		width = own_size(request.picture_width, &request);
		height = own_size(request.picture_height, &request);
		if (width <= request.width_px && height <= request.height_px) {
			assert_covers(&request, &fit, width, height);
		} else {
			/* Smaller where the window is. */
			assert_true(fit.width == request.width || fit.height == request.height);
			assert_in_proportion(&request, &fit);
		}
		/* Not enlarged, but for a logical pixel that there is no half of. */
		assert_true(covered(fit.x, fit.width, request.scale_120) <=
			    width + (int32_t)request.scale_120 / 120 + 1);
		assert_true(covered(fit.y, fit.height, request.scale_120) <=
			    height + (int32_t)request.scale_120 / 120 + 1);
	}
}

static void
test_whole_multiples(void **state)
{
	static const uint32_t zooms[] = { 50, 100, 150, 200 };
	uint32_t seed = 3, n_multiples = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct fit_request request = make_random_request(&seed);
		struct rect fit;
		int32_t width, height, across, down, factor;

		request.mode = FIT_INTEGER;
		request.zoom_percent = zooms[unit_random(&seed) % 4];
		fit = fit_picture(&request);
		assert_placed(&request, &fit);
		width = own_size(request.picture_width, &request);
		height = own_size(request.picture_height, &request);
		across = request.width_px / width;
		down = request.height_px / height;
		factor = across < down ? across : down;
		if (factor > 0) {
			/* The largest there is. */
			assert_covers(&request, &fit, factor * width, factor * height);
			n_multiples += factor > 1;
		} else {
			assert_true(fit.width == request.width || fit.height == request.height);
			assert_in_proportion(&request, &fit);
		}
	}
	assert_true(n_multiples > ROUNDS / 50);
}

static void
test_examples(void **state)
{
	struct fit_request request = make_request(1000, 1000, 120, 300, 200);
	struct rect fit = fit_picture(&request);

	assert_true(rect_equal(&fit, &(struct rect){ 0, 166, 1000, 667 }));
	request.mode = FIT_ONE_TO_ONE;
	fit = fit_picture(&request);
	assert_true(rect_equal(&fit, &(struct rect){ 350, 400, 300, 200 }));
	request.zoom_percent = 200;
	fit = fit_picture(&request);
	assert_true(rect_equal(&fit, &(struct rect){ 200, 300, 600, 400 }));
	request.zoom_percent = 100;
	request.mode = FIT_INTEGER;
	fit = fit_picture(&request);
	assert_true(rect_equal(&fit, &(struct rect){ 50, 200, 900, 600 }));
	/* At 150 % 900 pixels are 600 logical ones; where it begins is even. */
	request = make_request(701, 701, 180, 900, 600);
	request.mode = FIT_ONE_TO_ONE;
	fit = fit_picture(&request);
	assert_true(rect_equal(&fit, &(struct rect){ 50, 150, 600, 400 }));
	assert_true(fit_is_exact(&request, &fit, 900, 600));
}

/* Judged by which pixels a compositor draws it into; off the grid nobody promises those. */
static void
test_exactness(void **state)
{
	uint32_t seed = 4, n_exact = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct fit_request request = make_random_request(&seed);
		struct rect fit = { .x = (int32_t)(unit_random(&seed) % (uint32_t)request.width),
			.y = (int32_t)(unit_random(&seed) % (uint32_t)request.height) };
		int32_t shown_width, shown_height;
		bool on_grid, expected;

		if (unit_random(&seed) % 2 == 0) {
			fit.x -= fit.x % scale_grid(request.scale_120);
			fit.y -= fit.y % scale_grid(request.scale_120);
		}
		fit.width = 1 + (int32_t)(unit_random(&seed) % (uint32_t)(request.width - fit.x));
		fit.height = 1 + (int32_t)(unit_random(&seed) % (uint32_t)(request.height - fit.y));
		shown_width = covered(fit.x, fit.width, request.scale_120) +
			      (int32_t)(unit_random(&seed) % 8 == 0);
		shown_height = covered(fit.y, fit.height, request.scale_120) -
			       (int32_t)(unit_random(&seed) % 8 == 0);
		on_grid = fit.x * request.scale_120 % 120 == 0 &&
			  fit.y * request.scale_120 % 120 == 0;
		expected = on_grid && covered(fit.x, fit.width, request.scale_120) == shown_width &&
			   covered(fit.y, fit.height, request.scale_120) == shown_height;
		assert_int_equal(fit_is_exact(&request, &fit, shown_width, shown_height), expected);
		n_exact += expected;
	}
	assert_true(n_exact > ROUNDS / 10);
}

/* What fit_picture makes: exact in every mode, where it covers what it shows. */
static void
test_exactness_of_what_fits(void **state)
{
	uint32_t seed = 5, n_exact = 0;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct fit_request request = make_random_request(&seed);
		struct rect fit;
		bool expected;

		request.mode = (enum fit_mode)(unit_random(&seed) % 3);
		fit = fit_picture(&request);
		expected = covered(fit.x, fit.width, request.scale_120) == request.picture_width &&
			   covered(fit.y, fit.height, request.scale_120) == request.picture_height;
		assert_int_equal(
			fit_is_exact(&request, &fit, request.picture_width, request.picture_height),
			expected);
		n_exact += expected;
	}
	assert_true(n_exact > ROUNDS / 20);
}

/* On full screen the window's pixels are the monitor's, whatever its logical size makes. */
static void
test_a_window_that_is_rounded(void **state)
{
	/* 2560x1600 at 150 %: some compositors round up, some down. */
	for (int32_t down = 0; down <= 1; down++) {
		struct fit_request request =
			make_request(1707 - down, 1067 - down, 180, 2560, 1600);
		struct rect fit;

		request.width_px = 2560;
		request.height_px = 1600;
		for (int32_t mode = FIT_WINDOW; mode <= FIT_INTEGER; mode++) {
			request.mode = (enum fit_mode)mode;
			fit = fit_picture(&request);
			assert_true(rect_equal(
				&fit, &(struct rect){ 0, 0, request.width, request.height }));
			assert_true(fit_is_exact(&request, &fit, 2560, 1600));
			assert_false(fit_is_exact(&request, &fit, 2561, 1601));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_large_as_the_window),
		cmocka_unit_test(test_the_slack),
		cmocka_unit_test(test_in_its_own_size),
		cmocka_unit_test(test_whole_multiples),
		cmocka_unit_test(test_examples),
		cmocka_unit_test(test_exactness),
		cmocka_unit_test(test_exactness_of_what_fits),
		cmocka_unit_test(test_a_window_that_is_rounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
