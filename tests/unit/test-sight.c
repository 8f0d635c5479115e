#include "unit.h"

#include "base/clock.h"
#include "wayland/sight.h"

/* Long enough for anything that sight may do on its own. */
#define LATER_NS (SIGHT_HIDDEN_AFTER_NS + 100 * NS_PER_MS)

struct fixture {
	sd_event *event;
	struct deadlines deadlines;
	struct sight sight;
	uint32_t n_changed;
	bool visible; /* what it said last */
};

static void
handle_changed(void *data)
{
	struct fixture *fixture = data;
	bool visible = sight_is_visible(&fixture->sight);

	assert_int_not_equal(visible, fixture->visible);
	fixture->visible = visible;
	fixture->n_changed++;
}

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	assert_true(sd_event_new(&fixture.event) >= 0);
	sight_init(&fixture.sight, &fixture.deadlines, handle_changed, &fixture);
	*state = &fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	sight_finish(&fixture->sight);
	sd_event_unref(fixture->event);
	return 0;
}

static void
turn(struct fixture *fixture, uint64_t timeout_us)
{
	assert_true(deadlines_run(&fixture->deadlines, fixture->event, timeout_us) >= 0);
}

static void
sleep_ns(struct fixture *fixture, uint64_t duration_ns)
{
	uint64_t end_ns = clock_now_ns() + duration_ns;

	while (clock_now_ns() < end_ns) {
		turn(fixture, (end_ns - clock_now_ns()) / NS_PER_US + 1);
	}
	/* Whatever else was due by then, also on a machine that stood still. */
	turn(fixture, 0);
}

/* The runner's own time limit is the only one here. */
static void
run_until_changed(struct fixture *fixture)
{
	uint32_t before = fixture->n_changed;

	while (fixture->n_changed == before) {
		turn(fixture, US_PER_MS);
	}
	assert_int_equal(fixture->n_changed, before + 1);
}

static void
test_mapped_and_suspended(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;

	assert_false(sight_is_visible(sight));
	assert_int_equal(fixture->n_changed, 0);
	sight_set_mapped(sight);
	assert_true(fixture->visible);
	assert_int_equal(fixture->n_changed, 1);
	sight_set_mapped(sight);
	sight_set_suspended(sight, false);
	assert_int_equal(fixture->n_changed, 1);
	sight_set_suspended(sight, true);
	sight_set_suspended(sight, true);
	assert_false(fixture->visible);
	assert_int_equal(fixture->n_changed, 2);
	sight_set_suspended(sight, false);
	assert_true(fixture->visible);
	assert_int_equal(fixture->n_changed, 3);
}

static void
test_suspended_before_it_is_mapped(void **state)
{
	struct fixture *fixture = *state;

	sight_set_suspended(&fixture->sight, true);
	sight_set_mapped(&fixture->sight);
	assert_int_equal(fixture->n_changed, 0);
	sight_set_suspended(&fixture->sight, false);
	assert_true(fixture->visible);
	assert_int_equal(fixture->n_changed, 1);
}

static void
test_a_callback_that_does_not_come(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;
	uint64_t start_ns;

	sight_set_mapped(sight);
	start_ns = clock_now_ns();
	sight_wait(sight);
	assert_true(sight_is_visible(sight));
	run_until_changed(fixture);
	assert_false(fixture->visible);
	/* Late, on a busy machine; early, never. */
	assert_true(clock_now_ns() - start_ns >= SIGHT_HIDDEN_AFTER_NS);

	sight_end_wait(sight, true);
	assert_true(fixture->visible);
	assert_int_equal(fixture->n_changed, 3);

	sight_wait(sight);
	run_until_changed(fixture);
	assert_false(fixture->visible);
}

static void
test_callbacks_that_come(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;

	sight_set_mapped(sight);
	for (uint32_t i = 0; i < 1000; i++) {
		sight_wait(sight);
		sight_end_wait(sight, true);
	}
	/* Nobody wakes up for what came. */
	assert_int_equal(sight->deadline.at_ns, DEADLINE_NEVER);
	sight_wait(sight);
	sight_end_wait(sight, true);
	sleep_ns(fixture, LATER_NS);
	assert_true(sight_is_visible(sight));
	assert_int_equal(fixture->n_changed, 1);
}

static void
test_each_callback_has_the_whole_time(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;
	uint64_t start_ns;

	sight_set_mapped(sight);
	sight_wait(sight);
	sight_end_wait(sight, true);
	sleep_ns(fixture, SIGHT_HIDDEN_AFTER_NS / 2);
	start_ns = clock_now_ns();
	sight_wait(sight);
	run_until_changed(fixture);
	assert_false(fixture->visible);
	assert_true(clock_now_ns() - start_ns >= SIGHT_HIDDEN_AFTER_NS);
}

static void
test_a_surface_that_went_away(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;

	sight_set_mapped(sight);
	sight_wait(sight);
	sight_end_wait(sight, false);
	sleep_ns(fixture, LATER_NS);
	assert_true(sight_is_visible(sight));
	assert_int_equal(fixture->n_changed, 1);

	/* It was not shown: what was hidden stays hidden. */
	sight_wait(sight);
	run_until_changed(fixture);
	sight_end_wait(sight, false);
	assert_false(sight_is_visible(sight));
	sight_wait(sight);
	sight_end_wait(sight, true);
	assert_true(sight_is_visible(sight));
}

static void
test_what_was_overdue_while_suspended(void **state)
{
	struct fixture *fixture = *state;
	struct sight *sight = &fixture->sight;
	uint64_t start_ns;

	sight_set_mapped(sight);
	sight_wait(sight);
	sight_set_suspended(sight, true);
	assert_int_equal(fixture->n_changed, 2);
	sleep_ns(fixture, LATER_NS);
	assert_int_equal(fixture->n_changed, 2);

	start_ns = clock_now_ns();
	sight_set_suspended(sight, false);
	assert_true(fixture->visible);
	run_until_changed(fixture);
	assert_false(fixture->visible);
	assert_true(clock_now_ns() - start_ns >= SIGHT_HIDDEN_AFTER_NS);
	sight_end_wait(sight, true);
	assert_true(fixture->visible);
}

static void
test_nothing_after_finish(void **state)
{
	struct fixture *fixture = *state;
	struct sight never = { 0 };

	sight_set_mapped(&fixture->sight);
	sight_wait(&fixture->sight);
	sight_finish(&fixture->sight);
	sleep_ns(fixture, LATER_NS);
	assert_int_equal(fixture->n_changed, 1);
	sight_finish(&never);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_mapped_and_suspended),
		TEST(test_suspended_before_it_is_mapped),
		TEST(test_a_callback_that_does_not_come),
		TEST(test_callbacks_that_come),
		TEST(test_each_callback_has_the_whole_time),
		TEST(test_a_surface_that_went_away),
		TEST(test_what_was_overdue_while_suspended),
		TEST(test_nothing_after_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
