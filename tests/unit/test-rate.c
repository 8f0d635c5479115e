#include "unit.h"

#include "base/clock.h"
#include "base/rate.h"

#define PER_S 4
#define BURST 3
#define INTERVAL_NS (NS_PER_S / PER_S)
#define START_NS (UINT64_C(1000) * NS_PER_S)

static uint32_t
take_all(struct rate *rate, uint64_t now_ns)
{
	uint32_t n = 0;

	while (rate_take(rate, now_ns)) {
		n++;
	}
	return n;
}

static void
test_a_burst_and_no_more(void **state)
{
	struct rate rate;

	rate_init(&rate, PER_S, BURST);
	assert_true(rate_next_ns(&rate) <= START_NS);
	assert_int_equal(take_all(&rate, START_NS), BURST);
	/* Being told no costs nothing. */
	assert_int_equal(take_all(&rate, START_NS), 0);
	assert_int_equal(rate_next_ns(&rate), START_NS + INTERVAL_NS);
}

static void
test_the_next_at_its_time(void **state)
{
	struct rate rate;

	rate_init(&rate, PER_S, BURST);
	take_all(&rate, START_NS);
	for (uint32_t i = 1; i < 20; i++) {
		uint64_t next_ns = rate_next_ns(&rate);

		assert_int_equal(next_ns, START_NS + i * INTERVAL_NS);
		assert_false(rate_take(&rate, next_ns - 1));
		assert_true(rate_take(&rate, next_ns));
		assert_false(rate_take(&rate, next_ns));
	}
}

static void
test_a_rest_is_worth_one_burst(void **state)
{
	struct rate rate;

	rate_init(&rate, PER_S, BURST);
	take_all(&rate, START_NS);
	assert_int_equal(take_all(&rate, START_NS + 2 * INTERVAL_NS), 2);
	assert_int_equal(take_all(&rate, START_NS + UINT64_C(1000) * NS_PER_S), BURST);
}

/* Whoever keeps to the rate, in turns a little early and a little late, never hears a no. */
static void
test_the_rate_itself_is_free(void **state)
{
	struct rate rate;

	rate_init(&rate, PER_S, 2);
	for (uint64_t i = 0; i < 10000; i++) {
		uint64_t jitter_ns = i % 2 == 0 ? 0 : INTERVAL_NS / 2;

		assert_true(rate_take(&rate, START_NS + i * INTERVAL_NS + jitter_ns));
	}
}

static void
test_one_at_a_time(void **state)
{
	struct rate rate;

	rate_init(&rate, PER_S, 1);
	assert_int_equal(take_all(&rate, START_NS), 1);
	assert_int_equal(rate_next_ns(&rate), START_NS + INTERVAL_NS);
	assert_int_equal(take_all(&rate, START_NS + INTERVAL_NS), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_burst_and_no_more),
		cmocka_unit_test(test_the_next_at_its_time),
		cmocka_unit_test(test_a_rest_is_worth_one_burst),
		cmocka_unit_test(test_the_rate_itself_is_free),
		cmocka_unit_test(test_one_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
