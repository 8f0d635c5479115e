#include "unit.h"

#include <stdlib.h>

#include "histogram.h"

#define ROUNDS 20000
#define SEED 7

static int
compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
test_empty(void **state)
{
	struct histogram histogram = { 0 };

	assert_int_equal(histogram_permille(&histogram, 0), 0);
	assert_int_equal(histogram_permille(&histogram, 1000), 0);
}

static void
test_one(void **state)
{
	const uint64_t times[] = { 0, 1, 15, 16, 17, 31, 32, 1000, 16666667, HISTOGRAM_MAX_NS };

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct histogram histogram = { 0 };

		histogram_add(&histogram, times[i]);
		/* The longest is known exactly. */
		assert_int_equal(histogram_permille(&histogram, 1), times[i]);
		assert_int_equal(histogram_permille(&histogram, 1000), times[i]);
		assert_int_equal(histogram.n, 1);
	}
}

static void
test_times_beyond_the_range_count_as_its_end(void **state)
{
	struct histogram histogram = { 0 };

	histogram_add(&histogram, UINT64_MAX);
	histogram_add(&histogram, HISTOGRAM_MAX_NS + 1);
	assert_int_equal(histogram.n, 2);
	assert_int_equal(histogram.max_ns, HISTOGRAM_MAX_NS);
	assert_int_equal(histogram.buckets[HISTOGRAM_N_BUCKETS - 1], 2);
}

static void
test_each_time_falls_into_a_bucket_that_ends_at_most_a_sixteenth_later(void **state)
{
	for (uint64_t time = 1; time < HISTOGRAM_MAX_NS / 2; time += 1 + time / 37) {
		struct histogram histogram = { 0 };
		uint64_t median;

		histogram_add(&histogram, time);
		histogram_add(&histogram, HISTOGRAM_MAX_NS);
		median = histogram_permille(&histogram, 500);
		assert_in_range(median, time, time + time / 16);
	}
}

/* Against sorting. */
static void
test_percentiles(void **state)
{
	static uint64_t times[ROUNDS];
	struct histogram histogram = { 0 };

	srand(SEED);
	for (int i = 0; i < ROUNDS; i++) {
		times[i] = (uint64_t)rand() >> (rand() % 31);
		histogram_add(&histogram, times[i]);
	}
	qsort(times, ROUNDS, sizeof(times[0]), compare);
	for (uint32_t permille = 1; permille <= 1000; permille++) {
		uint64_t exact = times[(ROUNDS * (uint64_t)permille + 999) / 1000 - 1];
		assert_in_range(
			histogram_permille(&histogram, permille), exact, exact + exact / 16);
	}
	assert_int_equal(histogram_permille(&histogram, 1000), times[ROUNDS - 1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_times_beyond_the_range_count_as_its_end),
		cmocka_unit_test(
			test_each_time_falls_into_a_bucket_that_ends_at_most_a_sixteenth_later),
		cmocka_unit_test(test_percentiles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
