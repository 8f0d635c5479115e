#include "unit.h"

#include <string.h>

#include "base/rect.h"

#define SIDE 48
#define ROUNDS 20000

/* The slow and obvious way: one byte a pixel. */
struct bitmap {
	uint8_t pixels[SIDE * SIDE];
};

static const struct rect bounds = { 0, 0, SIDE, SIDE };

static void
bitmap_fill(struct bitmap *bitmap, const struct rect *rect)
{
	for (int64_t y = 0; y < SIDE; y++) {
		for (int64_t x = 0; x < SIDE; x++) {
			if (x >= rect->x && x < (int64_t)rect->x + rect->width && y >= rect->y &&
				y < (int64_t)rect->y + rect->height) {
				bitmap->pixels[y * SIDE + x] = 1;
			}
		}
	}
}

static struct rect
random_rect(uint32_t *state)
{
	/* Some far outside, some empty, some with a negative size. */
	return (struct rect){
		.x = (int32_t)(unit_random(state) % (2 * SIDE)) - SIDE / 2,
		.y = (int32_t)(unit_random(state) % (2 * SIDE)) - SIDE / 2,
		.width = (int32_t)(unit_random(state) % SIDE) - 4,
		.height = (int32_t)(unit_random(state) % SIDE) - 4,
	};
}

static void
test_intersect_is_pixelwise_and(void **state)
{
	uint32_t seed = 1;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct rect a = random_rect(&seed), b = random_rect(&seed), common;
		struct bitmap of_a = { 0 }, of_b = { 0 }, of_common = { 0 };

		common = rect_intersect(&a, &b);
		bitmap_fill(&of_a, &a);
		bitmap_fill(&of_b, &b);
		bitmap_fill(&of_common, &common);
		for (uint32_t i = 0; i < SIDE * SIDE; i++) {
			assert_int_equal(of_common.pixels[i], of_a.pixels[i] & of_b.pixels[i]);
		}
	}
}

static void
test_bound_holds_both_and_no_more(void **state)
{
	uint32_t seed = 2;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct rect a = random_rect(&seed), b = random_rect(&seed);
		struct rect bound = rect_bound(&a, &b);

		if (!rect_is_empty(&a)) {
			assert_true(rect_contains(&bound, &a));
			assert_true(bound.x == a.x || (!rect_is_empty(&b) && bound.x == b.x));
		}
		if (!rect_is_empty(&b)) {
			assert_true(rect_contains(&bound, &b));
			assert_true(bound.y == b.y || (!rect_is_empty(&a) && bound.y == a.y));
		}
		if (rect_is_empty(&a) && rect_is_empty(&b)) {
			assert_true(rect_is_empty(&bound));
		} else if (!rect_is_empty(&a) && !rect_is_empty(&b)) {
			int32_t right =
				a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
			assert_int_equal(bound.x + bound.width, right);
		}
	}
}

static void
test_extremes_do_not_overflow(void **state)
{
	const struct rect huge = { INT32_MAX - 1, INT32_MAX - 1, INT32_MAX, INT32_MAX };
	const struct rect low = { INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX };
	const struct rect wide = { -SIDE, -SIDE, INT32_MAX, INT32_MAX };
	const struct rect negative = { 0, 0, INT32_MIN, INT32_MIN };
	struct damage damage = { 0 };
	struct rect r;

	r = rect_intersect(&huge, &bounds);
	assert_true(rect_is_empty(&r));
	r = rect_intersect(&low, &bounds);
	assert_true(rect_is_empty(&r));
	r = rect_intersect(&wide, &bounds);
	assert_true(rect_equal(&r, &bounds));
	r = rect_intersect(&huge, &huge);
	assert_true(rect_equal(&r, &huge));
	assert_true(rect_is_empty(&negative));
	r = rect_bound(&negative, &bounds);
	assert_true(rect_equal(&r, &bounds));

	damage_add(&damage, &huge, &bounds);
	damage_add(&damage, &low, &bounds);
	damage_add(&damage, &negative, &bounds);
	assert_true(damage_is_empty(&damage));
	damage_add(&damage, &wide, &bounds);
	assert_int_equal(damage.n_rects, 1);
	assert_true(rect_equal(&damage.rects[0], &bounds));
}

static void
test_contains(void **state)
{
	const struct rect inner = { 1, 1, 2, 2 }, across = { SIDE - 1, 0, 2, 1 };

	assert_true(rect_contains(&bounds, &inner));
	assert_true(rect_contains(&bounds, &bounds));
	assert_false(rect_contains(&inner, &bounds));
	assert_false(rect_contains(&bounds, &across));
}

static void
test_damage_against_a_bitmap(void **state)
{
	uint32_t seed = 3;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		uint32_t n = 1 + unit_random(&seed) % (2 * DAMAGE_MAX_RECTS);
		struct bitmap wanted = { 0 }, got = { 0 };
		struct damage damage = { 0 };
		struct rect bound;

		for (uint32_t i = 0; i < n; i++) {
			struct rect rect = random_rect(&seed);
			damage_add(&damage, &rect, &bounds);
			bitmap_fill(&wanted, &rect);
		}
		assert_true(damage.n_rects <= DAMAGE_MAX_RECTS);
		bound = damage_bound(&damage);
		for (uint32_t i = 0; i < damage.n_rects; i++) {
			assert_false(rect_is_empty(&damage.rects[i]));
			assert_true(rect_contains(&bounds, &damage.rects[i]));
			assert_true(rect_contains(&bound, &damage.rects[i]));
			bitmap_fill(&got, &damage.rects[i]);
		}
		for (uint32_t i = 0; i < SIDE * SIDE; i++) {
			/* Never less; and no more, unless there were too many to keep. */
			if (wanted.pixels[i] != got.pixels[i]) {
				assert_int_equal(got.pixels[i], 1);
				assert_true(n > DAMAGE_MAX_RECTS);
			}
		}
	}
}

static void
test_damage_merges_what_lies_inside(void **state)
{
	const struct rect small = { 4, 4, 2, 2 }, large = { 0, 0, 10, 10 }, other = { 20, 0, 1, 1 };
	struct damage damage = { 0 }, sum = { 0 };

	damage_add(&damage, &small, &bounds);
	damage_add(&damage, &other, &bounds);
	damage_add(&damage, &large, &bounds);
	damage_add(&damage, &small, &bounds);
	assert_int_equal(damage.n_rects, 2);

	damage_add_damage(&sum, &damage, &large);
	assert_int_equal(sum.n_rects, 1);
	assert_true(rect_equal(&sum.rects[0], &large));
	damage_clear(&sum);
	assert_true(damage_is_empty(&sum));
	assert_true(rect_is_empty(&(struct rect){ 0 }));
}

static void
test_too_many_become_their_box(void **state)
{
	struct damage damage = { 0 };
	const struct rect box = { 0, 0, 2 * DAMAGE_MAX_RECTS + 1, 1 };

	for (int32_t i = 0; i <= DAMAGE_MAX_RECTS; i++) {
		struct rect rect = { 2 * i, 0, 1, 1 };
		damage_add(&damage, &rect, &bounds);
	}
	assert_int_equal(damage.n_rects, 1);
	assert_true(rect_equal(&damage.rects[0], &box));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_intersect_is_pixelwise_and),
		cmocka_unit_test(test_bound_holds_both_and_no_more),
		cmocka_unit_test(test_extremes_do_not_overflow),
		cmocka_unit_test(test_contains),
		cmocka_unit_test(test_damage_against_a_bitmap),
		cmocka_unit_test(test_damage_merges_what_lies_inside),
		cmocka_unit_test(test_too_many_become_their_box),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
