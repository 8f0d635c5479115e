#include "unit.h"

#include "input/warp.h"

#define S UINT64_C(1000000000)

static bool
follows(struct warp *warp, int32_t x, int32_t y, int32_t size, uint64_t now_ns)
{
	return warp_follows(warp, &(struct rect){ x, y, size, size }, now_ns);
}

static void
test_a_guest_that_follows_is_none(void **state)
{
	struct warp warp = { 0 };

	/* Late, and a pixel off. */
	for (int i = 0; i < WARP_HISTORY; i++) {
		warp_note_motion(&warp, 10 * i, 5 * i, S + (uint64_t)i);
	}
	for (int i = 0; i < WARP_HISTORY; i++) {
		assert_false(follows(&warp, 10 * i + 1, 5 * i - WARP_TOLERANCE, 0, 3 * S));
	}
	assert_true(follows(&warp, 10, 5 * WARP_HISTORY + WARP_TOLERANCE + 1, 0, 3 * S));
}

/* Anywhere over the cursor's picture may be its hotspot. */
static void
test_a_hotspot_that_is_not_told(void **state)
{
	struct warp warp = { 0 };

	warp_note_motion(&warp, 100, 100, S);
	assert_false(follows(&warp, 90, 70, 32, 3 * S));
	assert_false(follows(&warp, 100, 100, 32, 3 * S));
	assert_false(follows(&warp, 68 - WARP_TOLERANCE, 100, 32, 3 * S));
	assert_true(follows(&warp, 67 - WARP_TOLERANCE, 100, 32, 3 * S));
}

static void
test_the_user_goes_first(void **state)
{
	struct warp warp = { 0 };

	warp_note_motion(&warp, 100, 100, S);
	assert_false(follows(&warp, 300, 300, 0, S + WARP_QUIET_NS - 1));
	assert_true(follows(&warp, 300, 300, 0, S + WARP_QUIET_NS));
	/* What comes of it is no second one. */
	assert_false(follows(&warp, 300, 301, 0, S + WARP_QUIET_NS + WARP_INTERVAL_NS));
}

static void
test_not_too_often(void **state)
{
	struct warp warp = { 0 };
	uint64_t now = 2 * S;
	int n = 0;

	warp_note_motion(&warp, 0, 0, S);
	/* A guest that shakes its pointer a thousand times a second. */
	for (int i = 0; i < 1000; i++, now += S / 1000) {
		n += follows(&warp, 10 * (i + 1), 0, 0, now);
	}
	assert_int_equal(n, 10);
}

static void
test_no_pointer_there(void **state)
{
	struct warp warp = { 0 };

	assert_false(follows(&warp, 10, 10, 0, 5 * S));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_guest_that_follows_is_none),
		cmocka_unit_test(test_a_hotspot_that_is_not_told),
		cmocka_unit_test(test_the_user_goes_first),
		cmocka_unit_test(test_not_too_often),
		cmocka_unit_test(test_no_pointer_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
