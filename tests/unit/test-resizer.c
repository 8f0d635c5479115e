#include "unit.h"

#include "base/clock.h"
#include "resizer.h"

/* What is told and given up is noted, each with when. */
struct fixture {
	sd_event *event;
	struct deadlines deadlines;
	struct resizer resizer;
	int32_t width, height; /* told last */
	uint32_t n_told, n_given_up;
	uint64_t told_ns, given_up_ns;
};

static void
handle_tell(void *data, int32_t width, int32_t height)
{
	struct fixture *f = data;

	f->width = width;
	f->height = height;
	f->n_told++;
	f->told_ns = clock_now_ns();
}

static void
handle_give_up(void *data)
{
	struct fixture *f = data;

	f->n_given_up++;
	f->given_up_ns = clock_now_ns();
}

static const struct resizer_listener listener = {
	.tell = handle_tell,
	.give_up = handle_give_up,
};

static int
setup(void **state)
{
	static struct fixture fixture;

	fixture = (struct fixture){ 0 };
	assert_true(sd_event_new(&fixture.event) >= 0);
	resizer_init(&fixture.resizer, &fixture.deadlines, false, &listener, &fixture);
	*state = &fixture;
	return 0;
}

static int
setup_even(void **state)
{
	setup(state);
	((struct fixture *)*state)->resizer.even = true;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	resizer_finish(&f->resizer);
	assert_null(f->deadlines.first);
	sd_event_unref(f->event);
	return 0;
}

/* What is due in this turn of the loop. */
static void
turn(struct fixture *f)
{
	assert_true(deadlines_run(&f->deadlines, f->event, 0) >= 0);
}

/* The time that the resizer waits for passes; that it does, not how long it is, is tested so. */
static void
let_pass(struct fixture *f)
{
	assert_true(f->resizer.deadline.at_ns != DEADLINE_NEVER);
	deadline_set(&f->resizer.deadline, DEADLINE_NOW);
	turn(f);
}

static bool
is_waiting(const struct fixture *f)
{
	return f->resizer.deadline.at_ns != DEADLINE_NEVER;
}

static void
assert_told(const struct fixture *f, uint32_t n_told, int32_t width, int32_t height)
{
	assert_int_equal(f->n_told, n_told);
	assert_int_equal(f->width, width);
	assert_int_equal(f->height, height);
}

/* Nothing more happens, ever. */
static void
assert_at_rest(const struct fixture *f, uint32_t n_told, uint32_t n_given_up)
{
	assert_int_equal(f->n_told, n_told);
	assert_int_equal(f->n_given_up, n_given_up);
	assert_int_equal(f->resizer.state, RESIZER_IDLE);
	assert_false(is_waiting(f));
}

/* A guest that has been told this size and has it. */
static void
settle_at(struct fixture *f, int32_t width, int32_t height)
{
	resizer_want(&f->resizer, width, height, true);
	turn(f);
	resizer_handle_picture(&f->resizer, width, height);
	assert_at_rest(f, f->n_told, f->n_given_up);
}

static void
test_rests_before_it_tells(void **state)
{
	struct fixture *f = *state;
	uint64_t start_ns = clock_now_ns();

	resizer_want(&f->resizer, 800, 600, false);
	turn(f);
	assert_int_equal(f->n_told, 0);
	while (f->n_told == 0) {
		assert_true(deadlines_run(&f->deadlines, f->event, US_PER_MS) >= 0);
	}
	/* Late, on a busy machine; early, never. */
	assert_true(f->told_ns - start_ns >= RESIZER_REST_NS);
	assert_told(f, 1, 800, 600);
	assert_int_equal(f->resizer.state, RESIZER_WAITING);
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_at_rest(f, 1, 0);
}

/* Each size on the way puts it off, and the last one is told. */
static void
test_the_newest_wish_wins(void **state)
{
	struct fixture *f = *state;
	uint64_t start_ns = 0;

	for (int32_t i = 0; i < 100; i++) {
		start_ns = clock_now_ns();
		resizer_want(&f->resizer, 800 + i, 600 + i, false);
		assert_true(f->resizer.deadline.at_ns >= start_ns + RESIZER_REST_NS);
	}
	let_pass(f);
	assert_told(f, 1, 899, 699);
	/* Also while a guest is waited for. */
	resizer_want(&f->resizer, 1000, 700, false);
	resizer_want(&f->resizer, 1100, 800, true);
	turn(f);
	assert_told(f, 2, 1100, 800);
	/* The late answer to the first is not what is waited for. */
	resizer_handle_picture(&f->resizer, 899, 699);
	assert_int_equal(f->resizer.state, RESIZER_WAITING);
	resizer_handle_picture(&f->resizer, 1100, 800);
	assert_at_rest(f, 2, 0);
}

static void
test_at_once(void **state)
{
	struct fixture *f = *state;

	resizer_want(&f->resizer, 1920, 1080, true);
	/* Not from inside. */
	assert_int_equal(f->n_told, 0);
	turn(f);
	assert_told(f, 1, 1920, 1080);
	resizer_handle_picture(&f->resizer, 1920, 1080);
	/* The size that it is resting for turns out to be no step on the way. */
	resizer_want(&f->resizer, 800, 600, false);
	turn(f);
	assert_int_equal(f->n_told, 1);
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	assert_told(f, 2, 800, 600);
}

static void
test_the_same_size_is_not_told_twice(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	for (int32_t i = 0; i < 5; i++) {
		resizer_want(&f->resizer, 800, 600, i % 2);
		turn(f);
		assert_at_rest(f, 1, 0);
	}
	/* Nor while it is waited for, which does not take longer by that. */
	resizer_want(&f->resizer, 900, 600, true);
	turn(f);
	for (int32_t i = 0; i < 5; i++) {
		uint64_t at_ns = f->resizer.deadline.at_ns;

		resizer_want(&f->resizer, 900, 600, i % 2);
		turn(f);
		assert_int_equal(f->resizer.deadline.at_ns, at_ns);
	}
	assert_told(f, 2, 900, 600);
	/* Nor after it was given up. */
	let_pass(f);
	resizer_want(&f->resizer, 900, 600, true);
	turn(f);
	assert_at_rest(f, 2, 1);
}

static void
test_what_was_told_by_other_means(void **state)
{
	struct fixture *f = *state;

	resizer_note_told(&f->resizer, 800, 600);
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	assert_at_rest(f, 0, 0);
	/* Also when that came between. */
	resizer_want(&f->resizer, 900, 700, false);
	resizer_note_told(&f->resizer, 900, 700);
	let_pass(f);
	assert_int_equal(f->n_told, 0);
}

/* Unplugged: nothing is to be told, nothing is waited for, nobody is to blame. */
static void
test_unplugged(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	resizer_want(&f->resizer, 900, 700, false);
	resizer_note_told(&f->resizer, 0, 0);
	assert_at_rest(f, 1, 0);
	resizer_want(&f->resizer, 1000, 700, true);
	turn(f);
	resizer_note_told(&f->resizer, 0, 0);
	assert_at_rest(f, 2, 0);
	assert_int_equal(f->resizer.n_strikes, 0);
	/* And plugged again in the size of before. */
	resizer_want(&f->resizer, 1000, 700, true);
	turn(f);
	assert_told(f, 3, 1000, 700);
}

static void
test_patience(void **state)
{
	struct fixture *f = *state;
	uint64_t start_ns;

	resizer_handle_picture(&f->resizer, 640, 480);
	start_ns = clock_now_ns();
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	/* Pictures of the same old size are no answer. */
	resizer_handle_picture(&f->resizer, 640, 480);
	while (f->n_given_up == 0) {
		assert_true(deadlines_run(&f->deadlines, f->event, US_PER_MS) >= 0);
	}
	assert_true(f->given_up_ns - start_ns >= RESIZER_PATIENCE_NS);
	assert_at_rest(f, 1, 1);
}

/* A mode of the guest's own near what it was told: it may come to rest in another one. */
static void
test_a_guest_settles(void **state)
{
	struct fixture *f = *state;
	uint64_t start_ns;

	resizer_handle_picture(&f->resizer, 640, 480);
	resizer_want(&f->resizer, 801, 601, true);
	turn(f);
	resizer_handle_picture(&f->resizer, 720, 400);
	start_ns = clock_now_ns();
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_true(f->resizer.deadline.at_ns >= start_ns + RESIZER_SETTLE_NS);
	assert_true(f->resizer.deadline.at_ns <= clock_now_ns() + RESIZER_SETTLE_NS);
	while (f->n_given_up == 0) {
		assert_true(deadlines_run(&f->deadlines, f->event, US_PER_MS) >= 0);
	}
	assert_true(f->given_up_ns - start_ns >= RESIZER_SETTLE_NS);
	assert_at_rest(f, 1, 1);
	assert_false(resizer_is_ignored(&f->resizer));

	/* One that gets there after all. */
	resizer_want(&f->resizer, 1000, 700, true);
	turn(f);
	resizer_handle_picture(&f->resizer, 720, 400);
	resizer_handle_picture(&f->resizer, 1000, 700);
	assert_at_rest(f, 2, 1);
}

static void
let_one_be_ignored(struct fixture *f, int32_t width)
{
	resizer_want(&f->resizer, width, 600, true);
	turn(f);
	let_pass(f);
}

static void
test_a_guest_that_takes_no_notice(void **state)
{
	struct fixture *f = *state;

	resizer_handle_picture(&f->resizer, 640, 480);
	for (int32_t i = 1; i < RESIZER_MAX_STRIKES; i++) {
		let_one_be_ignored(f, 800 + i);
		assert_false(resizer_is_ignored(&f->resizer));
	}
	let_one_be_ignored(f, 900);
	assert_true(resizer_is_ignored(&f->resizer));
	for (int32_t i = 0; i < 10; i++) {
		let_one_be_ignored(f, 1000 + i);
		assert_true(resizer_is_ignored(&f->resizer));
	}
	/* It comes round: its driver has been loaded, say. */
	resizer_handle_picture(&f->resizer, 1009, 600);
	assert_false(resizer_is_ignored(&f->resizer));
	let_one_be_ignored(f, 800);
	assert_false(resizer_is_ignored(&f->resizer));
}

/* Two in a row, without one in between that it took notice of. */
static void
test_strikes_are_in_a_row(void **state)
{
	struct fixture *f = *state;

	for (int32_t i = 0; i < 5; i++) {
		/* One that it does, */
		settle_at(f, 640 + 2 * i, 480);
		let_one_be_ignored(f, 800 + i);
		assert_false(resizer_is_ignored(&f->resizer));
		/* one that it comes near to: no more can be asked of a guest with few modes. */
		resizer_want(&f->resizer, 1001, 700, true);
		turn(f);
		resizer_handle_picture(&f->resizer, 1000, 700);
		let_pass(f);
		assert_false(resizer_is_ignored(&f->resizer));
		let_one_be_ignored(f, 900 + i);
		assert_false(resizer_is_ignored(&f->resizer));
	}
}

static void
test_even_widths(void **state)
{
	struct fixture *f = *state;

	resizer_want(&f->resizer, 801, 601, true);
	turn(f);
	assert_told(f, 1, 800, 601);
	resizer_want(&f->resizer, 65, 480, true);
	turn(f);
	assert_told(f, 2, 64, 480);
	resizer_want(&f->resizer, 1000, 480, true);
	turn(f);
	assert_told(f, 3, 1000, 480);
	/* It differs by what it cannot have alone. */
	resizer_want(&f->resizer, 1001, 480, true);
	turn(f);
	assert_int_equal(f->n_told, 3);
}

/* The guest has done all it was told, and yet its picture is not the window's. */
static void
test_what_comes_is_not_what_is_wanted(void **state)
{
	struct fixture *f = *state;

	resizer_handle_picture(&f->resizer, 640, 480);
	resizer_want(&f->resizer, 801, 601, true);
	turn(f);
	resizer_handle_picture(&f->resizer, 800, 601);
	let_pass(f);
	assert_at_rest(f, 1, 1);
	assert_int_equal(f->resizer.n_strikes, 0);
	/* Too small a window, the same. */
	resizer_want(&f->resizer, 20, 601, true);
	turn(f);
	resizer_handle_picture(&f->resizer, RESIZER_MIN_SIZE, 601);
	let_pass(f);
	assert_at_rest(f, 2, 2);
	assert_int_equal(f->resizer.n_strikes, 0);
}

static void
test_no_smaller_than_a_guest_can_be(void **state)
{
	struct fixture *f = *state;

	resizer_want(&f->resizer, 1, 600, true);
	turn(f);
	assert_told(f, 1, RESIZER_MIN_SIZE, 600);
	resizer_want(&f->resizer, 800, 0, true);
	turn(f);
	assert_told(f, 2, 800, RESIZER_MIN_SIZE);
	resizer_want(&f->resizer, RESIZER_MIN_SIZE, RESIZER_MIN_SIZE, true);
	turn(f);
	assert_told(f, 3, RESIZER_MIN_SIZE, RESIZER_MIN_SIZE);
	resizer_want(&f->resizer, 3, 2, true);
	turn(f);
	assert_int_equal(f->n_told, 3);
}

static void
test_no_larger_than_a_guest_can_be_told(void **state)
{
	struct fixture *f = *state;

	resizer_want(&f->resizer, 20480, 600, true);
	turn(f);
	assert_told(f, 1, RESIZER_MAX_SIZE, 600);
	/* As near as it gets: what there is is shown then. */
	resizer_handle_picture(&f->resizer, RESIZER_MAX_SIZE, 600);
	let_pass(f);
	assert_at_rest(f, 1, 1);
	resizer_want(&f->resizer, 800, INT32_MAX, true);
	turn(f);
	assert_told(f, 2, 800, RESIZER_MAX_SIZE);
}

/* Out and back before the hand rests: nothing has been said, nothing is to come. */
static void
test_back_before_it_is_told(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	for (int32_t i = 0; i < 5; i++) {
		resizer_want(&f->resizer, 1000 + i, 700, false);
		resizer_want(&f->resizer, 800, 600, false);
		assert_at_rest(f, 1, 0);
		assert_false(resizer_is_ignored(&f->resizer));
	}
	/* The same of a guest that has its size by itself. */
	resizer_handle_picture(&f->resizer, 1024, 768);
	for (int32_t i = 0; i < 5; i++) {
		resizer_want(&f->resizer, 1100, 800, false);
		resizer_want(&f->resizer, 1024, 768, false);
		while (is_waiting(f)) {
			let_pass(f);
		}
		assert_int_equal(f->n_given_up, 0);
		assert_false(resizer_is_ignored(&f->resizer));
	}
}

static void
test_back_while_it_is_on_its_way(void **state)
{
	struct fixture *f = *state;

	resizer_handle_picture(&f->resizer, 640, 480);
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	resizer_want(&f->resizer, 900, 600, false);
	resizer_want(&f->resizer, 800, 600, false);
	/* It has been told: it is waited for. */
	turn(f);
	assert_int_equal(f->n_told, 1);
	assert_int_equal(f->resizer.state, RESIZER_WAITING);
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_at_rest(f, 1, 0);
	/* And given up as any other. */
	resizer_want(&f->resizer, 1000, 600, true);
	turn(f);
	resizer_want(&f->resizer, 1100, 600, false);
	resizer_want(&f->resizer, 1000, 600, false);
	let_pass(f);
	assert_at_rest(f, 2, 1);
}

static void
test_back_after_it_was_told(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	for (uint32_t i = 0; i < 5; i++) {
		/* Told at once, and the guest may or may not have begun with it. */
		resizer_want(&f->resizer, 1000, 700, true);
		turn(f);
		resizer_want(&f->resizer, 800, 600, true);
		turn(f);
		assert_told(f, 3 + 2 * i, 800, 600);
		if (i % 2) {
			resizer_handle_picture(&f->resizer, 1000, 700);
			resizer_handle_picture(&f->resizer, 800, 600);
			assert_at_rest(f, 3 + 2 * i, 0);
		} else {
			/* It never left: all is as it is to be. */
			let_pass(f);
			assert_at_rest(f, 3 + 2 * i, 0);
		}
		assert_int_equal(f->resizer.n_strikes, 0);
	}
}

static void
test_nothing_is_wanted(void **state)
{
	struct fixture *f = *state;

	resizer_want_nothing(&f->resizer);
	assert_at_rest(f, 0, 0);
	resizer_want(&f->resizer, 800, 600, false);
	resizer_want_nothing(&f->resizer);
	assert_at_rest(f, 0, 0);
	/* What was told stays told. */
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	resizer_want_nothing(&f->resizer);
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_at_rest(f, 1, 0);
	/* It is wanted anew. */
	resizer_want(&f->resizer, 900, 600, false);
	resizer_want_nothing(&f->resizer);
	resizer_want(&f->resizer, 900, 600, false);
	let_pass(f);
	assert_told(f, 2, 900, 600);
}

/* Drivers switch a monitor off on the way to another mode. */
static void
test_off_is_no_answer(void **state)
{
	struct fixture *f = *state;
	uint64_t at_ns;

	settle_at(f, 800, 600);
	resizer_want(&f->resizer, 1000, 700, true);
	turn(f);
	at_ns = f->resizer.deadline.at_ns;
	resizer_handle_picture(&f->resizer, 0, 0);
	assert_int_equal(f->resizer.state, RESIZER_WAITING);
	assert_int_equal(f->resizer.deadline.at_ns, at_ns);
	/* On again as it was: it may still do it, but has not. */
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_int_equal(f->resizer.deadline.at_ns, at_ns);
	resizer_handle_picture(&f->resizer, 0, 0);
	resizer_handle_picture(&f->resizer, 1000, 700);
	assert_at_rest(f, 2, 0);

	/* One that just flickers takes no notice. */
	for (int32_t i = 0; i < RESIZER_MAX_STRIKES; i++) {
		resizer_want(&f->resizer, 1100 + i, 700, true);
		turn(f);
		resizer_handle_picture(&f->resizer, 0, 0);
		resizer_handle_picture(&f->resizer, 1000, 700);
		let_pass(f);
	}
	assert_true(resizer_is_ignored(&f->resizer));
}

/* Nobody looks at the size of a monitor that is dark: its driver may do well once it is lit. */
static void
test_one_that_is_off_is_not_blamed(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	resizer_handle_picture(&f->resizer, 0, 0);
	for (int32_t i = 0; i < 2 * RESIZER_MAX_STRIKES; i++) {
		resizer_want(&f->resizer, 900 + i, 600, true);
		turn(f);
		let_pass(f);
	}
	assert_false(resizer_is_ignored(&f->resizer));
}

/* Plugged in the size that it had when it was last on. */
static void
test_on_again_in_the_same_size(void **state)
{
	struct fixture *f = *state;

	settle_at(f, 800, 600);
	resizer_handle_picture(&f->resizer, 0, 0);
	resizer_note_told(&f->resizer, 0, 0);
	resizer_want(&f->resizer, 800, 600, true);
	turn(f);
	assert_told(f, 2, 800, 600);
	resizer_handle_picture(&f->resizer, 800, 600);
	assert_at_rest(f, 2, 0);
}

static void
test_nothing_after_finish(void **state)
{
	struct fixture *f = *state;
	struct resizer never = { 0 };

	resizer_want(&f->resizer, 800, 600, true);
	resizer_finish(&f->resizer);
	turn(f);
	assert_int_equal(f->n_told, 0);
	resizer_finish(&never);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_EVEN(name) cmocka_unit_test_setup_teardown(name, setup_even, teardown)
		TEST(test_rests_before_it_tells),
		TEST(test_the_newest_wish_wins),
		TEST(test_at_once),
		TEST(test_the_same_size_is_not_told_twice),
		TEST(test_what_was_told_by_other_means),
		TEST(test_unplugged),
		TEST(test_patience),
		TEST(test_a_guest_settles),
		TEST(test_a_guest_that_takes_no_notice),
		TEST(test_strikes_are_in_a_row),
		TEST_EVEN(test_even_widths),
		TEST_EVEN(test_what_comes_is_not_what_is_wanted),
		TEST(test_no_smaller_than_a_guest_can_be),
		TEST(test_no_larger_than_a_guest_can_be_told),
		TEST(test_back_before_it_is_told),
		TEST(test_back_while_it_is_on_its_way),
		TEST(test_back_after_it_was_told),
		TEST(test_nothing_is_wanted),
		TEST(test_off_is_no_answer),
		TEST(test_one_that_is_off_is_not_blamed),
		TEST(test_on_again_in_the_same_size),
		TEST(test_nothing_after_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
