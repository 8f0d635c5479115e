#include "unit.h"

#include <stdlib.h>

#include "arrange.h"

#define ROUNDS 20000

static struct arranged
make(int32_t x, int32_t y, int32_t width, int32_t height, double scale)
{
	return (struct arranged){
		.logical = { x, y, width, height },
		.width_px = (int32_t)(width * scale + 0.5),
		.height_px = (int32_t)(height * scale + 0.5),
		.x_px = -1,
		.y_px = -1,
	};
}

static struct rect
placed(const struct arranged *one)
{
	return (struct rect){ one->x_px, one->y_px, one->width_px, one->height_px };
}

static bool
overlap(int32_t a, int32_t a_length, int32_t b, int32_t b_length)
{
	return a < b + b_length && b < a + a_length;
}

static bool
rects_overlap(const struct rect *a, const struct rect *b)
{
	return overlap(a->x, a->width, b->x, b->width) && overlap(a->y, a->height, b->y, b->height);
}

/* With a common piece of edge, so that a pointer gets across. */
static bool
touches(const struct rect *a, const struct rect *b)
{
	bool beside = a->x + a->width == b->x || b->x + b->width == a->x;
	bool above = a->y + a->height == b->y || b->y + b->height == a->y;

	return (beside && overlap(a->y, a->height, b->y, b->height)) ||
	       (above && overlap(a->x, a->width, b->x, b->width));
}

static void
print(const struct arranged *arranged, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const struct arranged *one = &arranged[i];

		print_message("%d,%d %dx%d: %d,%d %dx%d\n", one->logical.x, one->logical.y,
			one->logical.width, one->logical.height, one->x_px, one->y_px,
			one->width_px, one->height_px);
	}
}

/* The first of all begins at 0, in both directions. */
static void
assert_begins_at_0(const struct arranged *arranged, uint32_t n)
{
	int32_t left = INT32_MAX, top = INT32_MAX;

	for (uint32_t i = 0; i < n; i++) {
		left = arranged[i].x_px < left ? arranged[i].x_px : left;
		top = arranged[i].y_px < top ? arranged[i].y_px : top;
	}
	if (n > 0 && (left != 0 || top != 0)) {
		print(arranged, n);
		fail_msg("they begin at %d,%d", left, top);
	}
}

static void
assert_apart(const struct arranged *arranged, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < i; j++) {
			struct rect a = placed(&arranged[i]), b = placed(&arranged[j]);

			if (!rects_overlap(&arranged[i].logical, &arranged[j].logical) &&
				rects_overlap(&a, &b)) {
				print(arranged, n);
				fail_msg("%u and %u overlap", i, j);
			}
		}
	}
}

static void
assert_together(const struct arranged *arranged, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t j = 0; j < i; j++) {
			struct rect a = placed(&arranged[i]), b = placed(&arranged[j]);

			if (touches(&arranged[i].logical, &arranged[j].logical) &&
				!touches(&a, &b)) {
				print(arranged, n);
				fail_msg("%u and %u are apart", i, j);
			}
		}
	}
}

/* Nobody is cut off from all that it touched. */
static void
assert_none_alone(const struct arranged *arranged, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		bool had_any = false, has_any = false;

		for (uint32_t j = 0; j < n; j++) {
			struct rect a = placed(&arranged[i]), b = placed(&arranged[j]);

			had_any = had_any ||
				  (i != j && touches(&arranged[i].logical, &arranged[j].logical));
			has_any = has_any || (i != j && touches(&a, &b));
		}
		if (had_any && !has_any) {
			print(arranged, n);
			fail_msg("%u touches none", i);
		}
	}
}

static void
assert_arranged(struct arranged *arranged, uint32_t n)
{
	arrange_like_host(arranged, n);
	assert_begins_at_0(arranged, n);
	assert_apart(arranged, n);
	assert_together(arranged, n);
}

static void
assert_at(const struct arranged *one, int32_t x_px, int32_t y_px)
{
	if (one->x_px != x_px || one->y_px != y_px) {
		fail_msg("at %d,%d, not %d,%d", one->x_px, one->y_px, x_px, y_px);
	}
}

static void
test_none_and_one(void **state)
{
	struct arranged one = make(-300, 500, 1920, 1080, 1.5);

	arrange_like_host(NULL, 0);
	assert_arranged(&one, 1);
	assert_at(&one, 0, 0);
}

static void
test_side_by_side(void **state)
{
	static const double scales[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 1.5, 1.25 } };

	for (size_t i = 0; i < 4; i++) {
		struct arranged two[] = { make(0, 0, 1920, 1080, scales[i][0]),
			make(1920, 0, 1920, 1080, scales[i][1]) };
		struct arranged reverse[] = { two[1], two[0] };

		assert_arranged(two, 2);
		assert_at(&two[0], 0, 0);
		assert_at(&two[1], two[0].width_px, 0);
		/* Their order in the list is none of their places. */
		assert_arranged(reverse, 2);
		assert_at(&reverse[0], two[0].width_px, 0);
	}
}

static void
test_above_each_other(void **state)
{
	static const double scales[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 1.5, 1.25 } };

	for (size_t i = 0; i < 4; i++) {
		struct arranged two[] = { make(0, 1080, 1920, 1080, scales[i][0]),
			make(0, 0, 1920, 1080, scales[i][1]) };

		assert_arranged(two, 2);
		assert_at(&two[1], 0, 0);
		assert_at(&two[0], 0, two[1].height_px);
	}
}

static void
test_not_in_line(void **state)
{
	/* The second begins below the top of the first, near its end; each scaled or not. */
	for (int32_t i = 0; i < 4; i++) {
		struct arranged two[] = { make(0, 0, 1920, 1080, i & 1 ? 2 : 1),
			make(1920, 1000, 1280, 720, i & 2 ? 2 : 1) };
		struct arranged up[] = { make(0, 1000, 1920, 1080, i & 1 ? 2 : 1),
			make(1920, 0, 1280, 1024, i & 2 ? 2 : 1) };

		assert_arranged(two, 2);
		assert_int_equal(two[1].y_px, i & 1 ? 2000 : 1000);
		assert_arranged(up, 2);
		assert_int_equal(up[0].y_px, i & 2 ? 2000 : 1000);
	}
}

static void
test_corner_to_corner(void **state)
{
	for (int32_t i = 0; i < 4; i++) {
		struct arranged two[] = { make(0, 0, 100, 100, i & 1 ? 2 : 1),
			make(100, 100, 100, 100, i & 2 ? 2 : 1) };
		struct arranged other[] = { make(0, 100, 100, 100, i & 1 ? 2 : 1),
			make(100, 0, 100, 100, i & 2 ? 2 : 1) };

		assert_arranged(two, 2);
		assert_at(&two[1], two[0].width_px, two[0].height_px);
		assert_arranged(other, 2);
		assert_at(&other[0], 0, other[1].height_px);
		assert_at(&other[1], other[0].width_px, 0);
	}
}

static void
test_gaps(void **state)
{
	struct arranged two[] = { make(0, 0, 1000, 1000, 2), make(1100, 0, 1000, 1000, 1) };
	struct arranged far[] = { make(0, 0, 1000, 1000, 2), make(1100, 1200, 1000, 1000, 1) };

	assert_arranged(two, 2);
	assert_at(&two[1], 2200, 0);
	assert_arranged(far, 2);
	assert_true(far[1].x_px >= 2000 && far[1].y_px >= 2000);
}

static void
test_negative_coordinates(void **state)
{
	struct arranged three[] = { make(-1920, -200, 1920, 1080, 1), make(0, 0, 1280, 800, 2),
		make(1280, -1080, 1920, 1080, 1.5) };

	assert_arranged(three, 3);
	assert_int_equal(three[0].x_px, 0);
	assert_int_equal(three[1].x_px, 1920);
	assert_int_equal(three[2].y_px, 0);
}

static void
test_monitors_that_show_the_same(void **state)
{
	struct arranged three[] = { make(0, 0, 1920, 1080, 1), make(0, 0, 1920, 1080, 1),
		make(1920, 0, 1920, 1080, 2) };

	assert_arranged(three, 3);
	assert_at(&three[0], 0, 0);
	assert_at(&three[1], 0, 0);
	assert_at(&three[2], 1920, 0);
}

/* Four around a point, one of them twice as large: nothing can touch all that it touched. */
static void
test_four_around_a_point(void **state)
{
	for (uint32_t i = 0; i < 16; i++) {
		struct arranged four[4];

		for (uint32_t j = 0; j < 4; j++) {
			four[j] = make((int32_t)(j % 2) * 1920, (int32_t)(j / 2) * 1080, 1920, 1080,
				i >> j & 1 ? 2 : 1);
		}
		arrange_like_host(four, 4);
		assert_begins_at_0(four, 4);
		assert_apart(four, 4);
		assert_none_alone(four, 4);
	}
}

/* A rectangle that is cut in two, and its parts again, at random: monitors without gaps. */
static uint32_t
make_tiling(struct arranged *arranged, uint32_t max, uint32_t *seed)
{
	uint32_t n = 1;
	uint32_t wanted = 1 + unit_random(seed) % max;

	arranged[0] = make((int32_t)(unit_random(seed) % 4000) - 2000,
		(int32_t)(unit_random(seed) % 4000) - 2000, 8000, 8000, 1);
	while (n < wanted) {
		struct rect *whole = &arranged[unit_random(seed) % n].logical;
		struct rect part = *whole;

		if (unit_random(seed) % 2 == 0) {
			whole->width = 1 + (int32_t)(unit_random(seed) % (uint32_t)part.width);
			part.x += whole->width;
			part.width -= whole->width;
		} else {
			whole->height = 1 + (int32_t)(unit_random(seed) % (uint32_t)part.height);
			part.y += whole->height;
			part.height -= whole->height;
		}
		if (rect_is_empty(&part)) {
			continue;
		}
		arranged[n++].logical = part;
	}
	return n;
}

static void
scale_one(struct arranged *one, double scale)
{
	const struct rect *logical = &one->logical;

	*one = make(logical->x, logical->y, logical->width, logical->height, scale);
}

/* All at one scale: the same layout, as many times as large; with gaps, too. */
static void
test_tilings_of_one_scale(void **state)
{
	uint32_t seed = 1;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct arranged tiling[ARRANGE_MAX];
		int32_t scale = 1 + (int32_t)(unit_random(&seed) % 3);
		uint32_t n = make_tiling(tiling, ARRANGE_MAX, &seed);
		int32_t left = INT32_MAX, top = INT32_MAX;

		for (uint32_t j = 0; j < n; j++) {
			scale_one(&tiling[j], scale);
		}
		if (n > 2 && i % 2) {
			n--;
		}
		for (uint32_t j = 0; j < n; j++) {
			left = tiling[j].logical.x < left ? tiling[j].logical.x : left;
			top = tiling[j].logical.y < top ? tiling[j].logical.y : top;
		}
		assert_arranged(tiling, n);
		for (uint32_t j = 0; j < n; j++) {
			assert_at(&tiling[j], (tiling[j].logical.x - left) * scale,
				(tiling[j].logical.y - top) * scale);
		}
	}
}

static void
scale_at_random(struct arranged *arranged, uint32_t n, uint32_t *seed)
{
	static const double scales[] = { 1, 1.25, 1.5, 2, 3 };

	for (uint32_t i = 0; i < n; i++) {
		scale_one(&arranged[i], scales[unit_random(seed) % 5]);
	}
}

/* Each at a scale of its own: that none overlap comes first. */
static void
test_tilings_of_any_scales(void **state)
{
	uint32_t seed = 2;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct arranged tiling[ARRANGE_MAX];
		uint32_t n = make_tiling(tiling, i % 2 ? ARRANGE_MAX : 4, &seed);

		scale_at_random(tiling, n, &seed);
		arrange_like_host(tiling, n);
		assert_begins_at_0(tiling, n);
		assert_apart(tiling, n);
		if (n <= 2) {
			assert_together(tiling, n);
		}
	}
}

/* What most desks have: monitors in a row or a column, not in line, each of any scale. */
static void
test_rows_and_columns_of_any_scales(void **state)
{
	uint32_t seed = 3;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct arranged row[6];
		uint32_t n = 2 + unit_random(&seed) % 5;
		int32_t at = (int32_t)(unit_random(&seed) % 1000) - 500;

		for (uint32_t j = 0; j < n; j++) {
			int32_t length = 800 + (int32_t)(unit_random(&seed) % 2000);
			/* The edges differ by no more than a third, which is what scales differ by.
			 */
			int32_t offset = (int32_t)(unit_random(&seed) % 333);

			row[j].logical = i % 2 ? (struct rect){ at, offset, length, 1000 }
					       : (struct rect){ offset, at, 1000, length };
			at += length;
		}
		scale_at_random(row, n, &seed);
		assert_arranged(row, n);
	}
}

/* Anywhere, also apart or over each other. */
static void
test_any_places(void **state)
{
	uint32_t seed = 4;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		struct arranged any[ARRANGE_MAX];
		uint32_t n = 1 + unit_random(&seed) % ARRANGE_MAX;

		for (uint32_t j = 0; j < n; j++) {
			any[j].logical = (struct rect){
				.x = (int32_t)(unit_random(&seed) % 20000) - 10000,
				.y = (int32_t)(unit_random(&seed) % 20000) - 10000,
				.width = 1 + (int32_t)(unit_random(&seed) % 4000),
				.height = 1 + (int32_t)(unit_random(&seed) % 4000),
			};
		}
		scale_at_random(any, n, &seed);
		arrange_like_host(any, n);
		assert_begins_at_0(any, n);
		assert_apart(any, n);
	}
}

static void
test_in_a_row(void **state)
{
	struct arranged three[] = { make(0, 0, 100, 50, 1), make(-5, 7, 200, 60, 1),
		make(900, 900, 300, 70, 1) };

	assert_int_equal(arrange_in_a_row(three, 3, 40), 640);
	assert_at(&three[0], 40, 0);
	assert_at(&three[1], 140, 0);
	assert_at(&three[2], 340, 0);
	assert_int_equal(arrange_in_a_row(NULL, 0, 40), 40);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_and_one),
		cmocka_unit_test(test_side_by_side),
		cmocka_unit_test(test_above_each_other),
		cmocka_unit_test(test_not_in_line),
		cmocka_unit_test(test_corner_to_corner),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_negative_coordinates),
		cmocka_unit_test(test_monitors_that_show_the_same),
		cmocka_unit_test(test_four_around_a_point),
		cmocka_unit_test(test_tilings_of_one_scale),
		cmocka_unit_test(test_tilings_of_any_scales),
		cmocka_unit_test(test_rows_and_columns_of_any_scales),
		cmocka_unit_test(test_any_places),
		cmocka_unit_test(test_in_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
