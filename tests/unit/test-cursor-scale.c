#include "unit.h"

#include "wayland/cursor-scale.h"

/* A picture that is enlarged so far that its cursor would be as large as that. */
static struct cursor_plan
plan_for(int32_t logical, uint32_t size)
{
	const struct cursor_scale scale = {
		.scale_120 = 120,
		.fit_width = logical,
		.shown_width = (int32_t)size,
	};
	struct cursor_plan plan;

	cursor_scale_plan(&scale, size, size, (int32_t)size - 1, 0, &plan);
	return plan;
}

static void
test_no_larger_than_any(void **state)
{
	struct cursor_plan plan = plan_for(GUEST_CURSOR_MAX_LOGICAL, 64);

	assert_int_equal(plan.logical_width, GUEST_CURSOR_MAX_LOGICAL);
	assert_int_equal(plan.logical_height, GUEST_CURSOR_MAX_LOGICAL);
	assert_int_equal(plan.hot_x, GUEST_CURSOR_MAX_LOGICAL / 64 * 63);
	plan = plan_for(GUEST_CURSOR_MAX_LOGICAL + 1, 64);
	assert_int_equal(plan.logical_width, GUEST_CURSOR_MAX_LOGICAL);
	assert_int_equal(plan.logical_height, GUEST_CURSOR_MAX_LOGICAL);
	plan = plan_for(INT32_MAX, 1);
	assert_int_equal(plan.logical_width, GUEST_CURSOR_MAX_LOGICAL);
	assert_int_equal(plan.logical_height, GUEST_CURSOR_MAX_LOGICAL);
	assert_int_equal(plan.hot_x, 0);
	plan = plan_for(INT32_MAX, 512);
	assert_int_equal(plan.hot_x, GUEST_CURSOR_MAX_LOGICAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_larger_than_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
