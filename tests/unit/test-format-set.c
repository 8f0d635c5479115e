#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>

#include "wayland/format-set.h"

#define ROUNDS 3000
/* Small enough that most pairs come more than once. */
#define N_FOURCCS 12u
#define N_MODIFIERS 16u

static void
assert_sorted(const struct format_set *set)
{
	for (size_t i = 1; i < set->n_pairs; i++) {
		const struct format_pair *a = &set->pairs[i - 1], *b = &set->pairs[i];

		assert_true(a->fourcc < b->fourcc ||
			    (a->fourcc == b->fourcc && a->modifier < b->modifier));
	}
	assert_true(set->n_pairs <= set->capacity);
}

static void
test_empty(void **state)
{
	struct format_set set = { 0 }, other = { 0 };

	assert_false(format_set_contains(&set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR));
	assert_false(format_set_contains(&set, 0, 0));
	assert_true(format_set_equal(&set, &other));
	assert_int_equal(format_set_copy(&set, &other), 0);
	assert_int_equal(set.n_pairs, 0);
	format_set_clear(&set);
	format_set_finish(&set);
	format_set_finish(&other);
}

static void
test_pairs_not_products(void **state)
{
	struct format_set set = { 0 };

	assert_int_equal(format_set_add(&set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR), 0);
	assert_int_equal(format_set_add(&set, DRM_FORMAT_ARGB8888, I915_FORMAT_MOD_X_TILED), 0);
	assert_int_equal(format_set_add(&set, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_INVALID), 0);
	assert_int_equal(format_set_add(&set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR), 0);
	assert_int_equal(set.n_pairs, 3);
	assert_sorted(&set);
	assert_true(format_set_contains(&set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR));
	assert_true(format_set_contains(&set, DRM_FORMAT_ARGB8888, I915_FORMAT_MOD_X_TILED));
	assert_true(format_set_contains(&set, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_INVALID));
	assert_false(format_set_contains(&set, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED));
	assert_true(format_set_contains_fourcc(&set, DRM_FORMAT_XRGB8888));
	assert_true(format_set_contains_fourcc(&set, DRM_FORMAT_ARGB8888));
	assert_false(format_set_contains_fourcc(&set, DRM_FORMAT_ARGB8888 - 1));
	assert_false(format_set_contains_fourcc(&set, DRM_FORMAT_XRGB8888 + 1));
	assert_false(format_set_contains(&set, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_INVALID));
	assert_false(format_set_contains(&set, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR));
	format_set_finish(&set);
}

/* Only the upper or only the lower half of the modifier's 64 bits tells them apart. */
static void
test_all_bits_of_a_modifier_count(void **state)
{
	struct format_set set = { 0 };

	for (uint32_t bit = 0; bit < 64; bit++) {
		assert_int_equal(format_set_add(&set, DRM_FORMAT_RGB565, UINT64_C(1) << bit), 0);
	}
	assert_int_equal(set.n_pairs, 64);
	assert_sorted(&set);
	for (uint32_t bit = 0; bit < 64; bit++) {
		assert_true(format_set_contains(&set, DRM_FORMAT_RGB565, UINT64_C(1) << bit));
	}
	assert_false(format_set_contains(&set, DRM_FORMAT_RGB565, 0));
	assert_false(format_set_contains(&set, DRM_FORMAT_RGB565, 3));
	format_set_finish(&set);
}

static void
test_any_order_makes_the_same_set(void **state)
{
	static bool known[N_FOURCCS][N_MODIFIERS];
	struct format_set set = { 0 }, sorted = { 0 };
	size_t n_known = 0;
	uint32_t seed = 7;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t fourcc = unit_random(&seed) % N_FOURCCS;
		uint32_t modifier = unit_random(&seed) % N_MODIFIERS;

		assert_int_equal(
			format_set_contains(&set, fourcc, modifier), known[fourcc][modifier]);
		n_known += !known[fourcc][modifier];
		known[fourcc][modifier] = true;
		assert_int_equal(format_set_add(&set, fourcc, modifier), 0);
		assert_int_equal(set.n_pairs, n_known);
		assert_sorted(&set);
	}
	for (uint32_t fourcc = 0; fourcc < N_FOURCCS; fourcc++) {
		for (uint32_t modifier = 0; modifier < N_MODIFIERS; modifier++) {
			if (known[fourcc][modifier]) {
				assert_int_equal(format_set_add(&sorted, fourcc, modifier), 0);
			}
		}
	}
	assert_true(format_set_equal(&set, &sorted));
	format_set_finish(&set);
	format_set_finish(&sorted);
}

static void
test_equal(void **state)
{
	struct format_set a = { 0 }, b = { 0 };

	format_set_add(&a, DRM_FORMAT_XRGB8888, 1);
	assert_false(format_set_equal(&a, &b));
	assert_false(format_set_equal(&b, &a));
	format_set_add(&b, DRM_FORMAT_XRGB8888, 2);
	assert_false(format_set_equal(&a, &b));
	format_set_add(&a, DRM_FORMAT_XRGB8888, 2);
	format_set_add(&b, DRM_FORMAT_XRGB8888, 1);
	assert_true(format_set_equal(&a, &b));
	format_set_add(&b, DRM_FORMAT_ARGB8888, 1);
	assert_false(format_set_equal(&a, &b));
	format_set_finish(&a);
	format_set_finish(&b);
}

static void
test_a_copy_stands_for_itself(void **state)
{
	struct format_set a = { 0 }, b = { 0 };

	format_set_add(&a, DRM_FORMAT_XRGB8888, 1);
	format_set_add(&a, DRM_FORMAT_XRGB8888, 2);
	format_set_add(&b, DRM_FORMAT_RGB565, 3);
	format_set_add(&b, DRM_FORMAT_RGB565, 4);
	format_set_add(&b, DRM_FORMAT_RGB565, 5);

	assert_int_equal(format_set_copy(&b, &a), 0);
	assert_true(format_set_equal(&a, &b));
	assert_false(format_set_contains(&b, DRM_FORMAT_RGB565, 3));
	format_set_add(&a, DRM_FORMAT_XRGB8888, 0);
	assert_false(format_set_contains(&b, DRM_FORMAT_XRGB8888, 0));
	/* The sanitizer sees when the copy thinks that it has more room than it has. */
	for (uint32_t i = 0; i < 100; i++) {
		assert_int_equal(format_set_add(&b, DRM_FORMAT_BGR888, i), 0);
	}
	assert_int_equal(a.n_pairs, 3);

	/* A larger one over a smaller one, and nothing over something. */
	assert_int_equal(format_set_copy(&b, &a), 0);
	assert_int_equal(b.n_pairs, 3);
	format_set_clear(&a);
	assert_int_equal(format_set_copy(&b, &a), 0);
	assert_int_equal(b.n_pairs, 0);
	format_set_finish(&a);
	format_set_finish(&b);
}

static void
test_clear_keeps_the_memory(void **state)
{
	struct format_set set = { 0 };
	const struct format_pair *pairs;
	size_t capacity;

	for (uint32_t i = 0; i < 100; i++) {
		format_set_add(&set, DRM_FORMAT_XRGB8888, i);
	}
	pairs = set.pairs;
	capacity = set.capacity;
	format_set_clear(&set);
	assert_int_equal(set.n_pairs, 0);
	assert_false(format_set_contains(&set, DRM_FORMAT_XRGB8888, 1));
	for (uint32_t i = 0; i < 100; i++) {
		format_set_add(&set, DRM_FORMAT_XRGB8888, i);
	}
	assert_ptr_equal(set.pairs, pairs);
	assert_int_equal(set.capacity, capacity);
	format_set_finish(&set);
}

static void
test_modifiers_of_a_format(void **state)
{
	struct format_set set = { 0 };
	uint64_t modifiers[3] = { 0 };

	assert_int_equal(format_set_list_modifiers(&set, DRM_FORMAT_XRGB8888, modifiers, 3), 0);
	format_set_add(&set, DRM_FORMAT_ARGB8888, 1);
	format_set_add(&set, DRM_FORMAT_XRGB8888, 9);
	format_set_add(&set, DRM_FORMAT_XRGB8888, 0);
	format_set_add(&set, DRM_FORMAT_XBGR8888, 2);
	assert_int_equal(format_set_list_modifiers(&set, DRM_FORMAT_XRGB8888, modifiers, 3), 2);
	assert_int_equal(modifiers[0], 0);
	assert_int_equal(modifiers[1], 9);
	assert_int_equal(modifiers[2], 0);
	assert_int_equal(format_set_list_modifiers(&set, DRM_FORMAT_XRGB8888, modifiers, 1), 1);
	assert_int_equal(format_set_list_modifiers(&set, DRM_FORMAT_RGB565, modifiers, 3), 0);
	format_set_finish(&set);
}

static void
test_full(void **state)
{
	struct format_set set = { 0 };

	for (uint32_t i = 0; i < FORMAT_SET_MAX_PAIRS; i++) {
		assert_int_equal(format_set_add(&set, DRM_FORMAT_XRGB8888, i), 0);
	}
	assert_int_equal(format_set_add(&set, DRM_FORMAT_XRGB8888, FORMAT_SET_MAX_PAIRS), -E2BIG);
	assert_int_equal(format_set_add(&set, DRM_FORMAT_ARGB8888, 0), -E2BIG);
	assert_int_equal(set.n_pairs, FORMAT_SET_MAX_PAIRS);
	assert_false(format_set_contains(&set, DRM_FORMAT_ARGB8888, 0));
	/* There already: changes nothing. */
	assert_int_equal(format_set_add(&set, DRM_FORMAT_XRGB8888, 0), 0);
	assert_sorted(&set);
	format_set_finish(&set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_pairs_not_products),
		cmocka_unit_test(test_all_bits_of_a_modifier_count),
		cmocka_unit_test(test_any_order_makes_the_same_set),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_a_copy_stands_for_itself),
		cmocka_unit_test(test_clear_keeps_the_memory),
		cmocka_unit_test(test_modifiers_of_a_format),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
