/* Links deadline_lib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/clock.h"
#include "deadline.h"

struct fixture {
	sd_event *event;
	struct deadlines list;
	struct deadline a, b, c;
	char reached[8]; /* the letters, in order */
	struct deadline *to_finish, *to_set;
};

static void
note(struct fixture *f, char letter)
{
	f->reached[strlen(f->reached)] = letter;
	deadline_finish(f->to_finish != NULL ? f->to_finish : &(struct deadline){ 0 });
	f->to_finish = NULL;
	if (f->to_set != NULL) {
		deadline_set(f->to_set, DEADLINE_NOW);
		f->to_set = NULL;
	}
}

static void
reach_a(void *data)
{
	note(data, 'a');
}

static void
reach_b(void *data)
{
	note(data, 'b');
}

static void
reach_c(void *data)
{
	note(data, 'c');
	sd_event_exit(((struct fixture *)data)->event, 7);
}

static int
setup(void **state)
{
	static struct fixture fixture;
	struct fixture *f = &fixture;

	*f = (struct fixture){ 0 };
	assert_int_equal(sd_event_new(&f->event), 0);
	deadline_init(&f->a, &f->list, reach_a, f);
	deadline_init(&f->b, &f->list, reach_b, f);
	deadline_init(&f->c, &f->list, reach_c, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	deadline_finish(&f->a);
	deadline_finish(&f->b);
	deadline_finish(&f->c);
	deadline_finish(&f->c);
	assert_null(f->list.first);
	sd_event_unref(f->event);
	return 0;
}

static void
test_the_earliest_first(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ns = clock_now_ns();

	deadline_set(&f->a, now_ns + 2 * NS_PER_MS);
	deadline_set(&f->b, now_ns + NS_PER_MS);
	deadline_set(&f->c, now_ns + 3 * NS_PER_MS);
	assert_int_equal(deadlines_loop(&f->list, f->event), 7);
	assert_string_equal(f->reached, "bac");
	assert_true(clock_now_ns() >= now_ns + 3 * NS_PER_MS);
}

/* Whatever was said before, and however often. */
static void
test_the_last_word_counts(void **state)
{
	struct fixture *f = *state;
	uint64_t now_ns = clock_now_ns();

	deadline_set(&f->a, now_ns + NS_PER_MS);
	deadline_set(&f->b, now_ns + 2 * NS_PER_MS);
	deadline_set(&f->c, now_ns + 3 * NS_PER_MS);
	deadline_set(&f->b, DEADLINE_NOW);
	deadline_set(&f->a, now_ns + 2 * NS_PER_MS);
	deadline_set(&f->c, DEADLINE_NEVER);
	deadline_set(&f->b, DEADLINE_NEVER);
	deadline_set(&f->c, now_ns + 4 * NS_PER_MS);
	deadline_set(&f->b, now_ns + 4 * NS_PER_MS);
	deadline_set(&f->b, now_ns + NS_PER_MS);
	deadline_set(&f->a, now_ns + 2 * NS_PER_MS);
	assert_int_equal(deadlines_loop(&f->list, f->event), 7);
	assert_string_equal(f->reached, "bac");
	assert_null(f->list.first);
	assert_null(f->list.last);
}

/* Of the same time: in the order in which they were set. */
static void
test_of_one_time(void **state)
{
	struct fixture *f = *state;

	deadline_set(&f->b, DEADLINE_NOW);
	deadline_set(&f->a, DEADLINE_NOW);
	deadlines_run(&f->list, f->event, 0);
	assert_string_equal(f->reached, "ba");
}

static void
test_now_does_not_sleep(void **state)
{
	struct fixture *f = *state;

	deadline_set(&f->a, clock_now_ns() + 3600000 * NS_PER_MS);
	deadline_set(&f->b, DEADLINE_NOW);
	assert_int_equal(deadlines_run(&f->list, f->event, 0), 0);
	assert_string_equal(f->reached, "b");
	/* Once only. */
	assert_int_equal(deadlines_run(&f->list, f->event, 0), 0);
	assert_string_equal(f->reached, "b");
}

static void
test_one_may_set_another(void **state)
{
	struct fixture *f = *state;

	f->to_set = &f->b;
	deadline_set(&f->a, DEADLINE_NOW);
	deadlines_run(&f->list, f->event, 0);
	assert_string_equal(f->reached, "ab");
}

static void
test_one_may_end_another_or_itself(void **state)
{
	struct fixture *f = *state;

	deadline_set(&f->a, DEADLINE_NOW);
	deadline_set(&f->b, clock_now_ns());
	f->to_finish = &f->b;
	deadlines_run(&f->list, f->event, 0);
	assert_string_equal(f->reached, "a");
	deadline_set(&f->a, DEADLINE_NOW);
	f->to_finish = &f->a;
	deadlines_run(&f->list, f->event, 0);
	assert_string_equal(f->reached, "aa");
}

/* One that sets itself again and again leaves the events their turn. */
static void
reach_again(void *data)
{
	struct fixture *f = data;

	deadline_set(&f->a, DEADLINE_NOW);
}

static int
handle_event(sd_event_source *source, void *data)
{
	return sd_event_exit(((struct fixture *)data)->event, 3);
}

static void
test_events_have_their_turn(void **state)
{
	struct fixture *f = *state;
	sd_event_source *source = NULL;

	f->a.reached = reach_again;
	deadline_set(&f->a, DEADLINE_NOW);
	assert_int_equal(sd_event_add_defer(f->event, &source, handle_event, f), 0);
	assert_int_equal(deadlines_loop(&f->list, f->event), 3);
	sd_event_source_unref(source);
}

static int
prepare(sd_event_source *source, void *data)
{
	struct fixture *f = data;

	deadline_set(&f->c, f->reached[0] == '\0' ? clock_now_ns() + NS_PER_MS : DEADLINE_NEVER);
	return 0;
}

/* What is set while the loop prepares to sleep is not slept through. */
static void
test_set_by_a_prepare_handler(void **state)
{
	struct fixture *f = *state;
	sd_event_source *source = NULL;

	assert_int_equal(
		sd_event_add_time(f->event, &source, CLOCK_MONOTONIC, UINT64_MAX, 1, NULL, f), 0);
	assert_int_equal(sd_event_source_set_prepare(source, prepare), 0);
	assert_int_equal(deadlines_loop(&f->list, f->event), 7);
	assert_string_equal(f->reached, "c");
	sd_event_source_unref(source);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_the_earliest_first),
		TEST(test_the_last_word_counts),
		TEST(test_of_one_time),
		TEST(test_now_does_not_sleep),
		TEST(test_one_may_set_another),
		TEST(test_one_may_end_another_or_itself),
		TEST(test_events_have_their_turn),
		TEST(test_set_by_a_prepare_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
