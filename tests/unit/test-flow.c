#include "unit.h"

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "flow.h"

#define MAX_ANSWERS (4 * FLOW_MAX_PENDING)
#define FAST_MHZ 1000000
#define SLOW_MHZ 24000
#define RACES 20

/* One flow with two heads; `answers` tells who was answered in which order. */
struct answers {
	uint32_t n;
	const struct head *heads[MAX_ANSWERS];
	uint64_t serials[MAX_ANSWERS];
};

struct head {
	struct answers *answers;
	struct flow_head *flow_head;
	uint32_t n_answered;
	uint64_t last;
};

struct fixture {
	sd_event *event;
	struct flow *flow;
	struct answers answers;
	struct head a, b;
};

static void
handle_answer(void *data, uint64_t serial)
{
	struct head *head = data;
	struct answers *answers = head->answers;

	/* In order, and so no one twice. */
	assert_true(serial > head->last);
	head->last = serial;
	head->n_answered++;
	assert_true(answers->n < MAX_ANSWERS);
	answers->heads[answers->n] = head;
	answers->serials[answers->n++] = serial;
}

static void
create_head(struct fixture *fixture, struct head *head, const char *gpu)
{
	*head = (struct head){ .answers = &fixture->answers };
	assert_int_equal(
		flow_head_create(fixture->flow, gpu, handle_answer, head, &head->flow_head), 0);
}

static void
destroy_head(struct head *head)
{
	flow_head_destroy(head->flow_head);
	head->flow_head = NULL;
}

static void
setup_on(struct fixture *fixture, const char *gpu_a, const char *gpu_b)
{
	*fixture = (struct fixture){ 0 };
	assert_true(sd_event_new(&fixture->event) >= 0);
	assert_int_equal(flow_create(fixture->event, &fixture->flow), 0);
	create_head(fixture, &fixture->a, gpu_a);
	create_head(fixture, &fixture->b, gpu_b);
}

static void
finish(struct fixture *fixture)
{
	destroy_head(&fixture->a);
	destroy_head(&fixture->b);
	flow_destroy(fixture->flow);
	sd_event_unref(fixture->event);
}

static struct fixture the_fixture;

static int
setup(void **state)
{
	*state = &the_fixture;
	setup_on(&the_fixture, "gpu", "gpu");
	return 0;
}

static int
teardown(void **state)
{
	finish(*state);
	return 0;
}

static void
run_until(struct fixture *fixture, uint32_t n_answers)
{
	while (fixture->answers.n < n_answers) {
		assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
	}
}

static void
check_counts(const struct head *head, uint64_t received, uint64_t answered, uint64_t by_deadline)
{
	struct flow_counts counts = flow_head_counts(head->flow_head);

	assert_int_equal(counts.received, received);
	assert_int_equal(counts.answered, answered);
	assert_int_equal(counts.by_deadline, by_deadline);
}

static void
test_hidden_holds_nothing(void **state)
{
	struct fixture *fixture = *state;

	for (uint64_t serial = 1; serial <= 3; serial++) {
		flow_head_update(fixture->a.flow_head, serial);
		assert_int_equal(fixture->a.last, serial);
	}
	check_counts(&fixture->a, 3, 3, 0);
}

static void
test_shown_is_answered(void **state)
{
	struct fixture *fixture = *state;
	struct flow_head *head = fixture->a.flow_head;

	flow_head_set_visible(head, true);
	flow_head_update(head, 1);
	flow_head_update(head, 2);
	assert_int_equal(fixture->answers.n, 0);
	flow_head_done(head);
	assert_int_equal(fixture->answers.n, 2);
	check_counts(&fixture->a, 2, 2, 0);

	/* Once is enough. */
	flow_head_done(head);
	flow_head_set_visible(head, false);
	assert_int_equal(fixture->answers.n, 2);
}

static void
test_done_is_for_one_head(void **state)
{
	struct fixture *fixture = *state;

	flow_head_set_visible(fixture->a.flow_head, true);
	flow_head_set_visible(fixture->b.flow_head, true);
	flow_head_update(fixture->a.flow_head, 1);
	flow_head_update(fixture->b.flow_head, 1);
	flow_head_done(fixture->a.flow_head);
	assert_int_equal(fixture->a.n_answered, 1);
	assert_int_equal(fixture->b.n_answered, 0);
	flow_head_done(fixture->b.flow_head);
	assert_int_equal(fixture->b.n_answered, 1);
}

/* The loop runs until it comes: a missing answer is a test that never ends. */
static void
test_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct flow_head *head = fixture->a.flow_head;

	flow_head_set_visible(head, true);
	flow_head_update(head, 1);
	flow_head_update(head, 2);
	assert_int_equal(fixture->answers.n, 0);
	run_until(fixture, 2);
	check_counts(&fixture->a, 2, 2, 2);

	/* A late frame_done answers nothing again, and the next update is held anew. */
	flow_head_done(head);
	assert_int_equal(fixture->answers.n, 2);
	flow_head_update(head, 3);
	assert_int_equal(fixture->answers.n, 2);
	run_until(fixture, 3);
	check_counts(&fixture->a, 3, 3, 3);
}

/* Every frame on time for a while, then none: the old deadline must not linger. */
static void
test_deadline_after_frames(void **state)
{
	struct fixture *fixture = *state;
	struct flow_head *head = fixture->a.flow_head;

	flow_head_set_visible(head, true);
	flow_head_set_refresh(head, 60000);
	for (uint64_t serial = 1; serial <= 10; serial++) {
		flow_head_update(head, serial);
		flow_head_done(head);
	}
	check_counts(&fixture->a, 10, 10, 0);
	flow_head_update(head, 11);
	run_until(fixture, 11);
	check_counts(&fixture->a, 11, 11, 1);
}

static void
test_hiding_answers(void **state)
{
	struct fixture *fixture = *state;
	struct flow_head *head = fixture->a.flow_head;

	flow_head_set_visible(head, true);
	flow_head_update(head, 1);
	flow_head_set_visible(head, false);
	assert_int_equal(fixture->answers.n, 1);
	flow_head_update(head, 2);
	assert_int_equal(fixture->answers.n, 2);
	flow_head_set_visible(head, true);
	flow_head_update(head, 3);
	assert_int_equal(fixture->answers.n, 2);
}

static void
test_overflow_answers_the_oldest(void **state)
{
	struct fixture *fixture = *state;
	struct flow_head *head = fixture->a.flow_head;

	flow_head_set_visible(head, true);
	for (uint64_t serial = 1; serial <= FLOW_MAX_PENDING; serial++) {
		flow_head_update(head, serial);
	}
	assert_int_equal(fixture->answers.n, 0);
	for (uint64_t serial = FLOW_MAX_PENDING + 1; serial <= FLOW_MAX_PENDING + 5; serial++) {
		flow_head_update(head, serial);
		assert_int_equal(fixture->a.last, serial - FLOW_MAX_PENDING);
	}
	assert_int_equal(fixture->answers.n, 5);
	flow_head_done(head);
	assert_int_equal(fixture->answers.n, FLOW_MAX_PENDING + 5);
	check_counts(&fixture->a, FLOW_MAX_PENDING + 5, FLOW_MAX_PENDING + 5, 0);
}

static void
test_destroy_answers(void **state)
{
	struct fixture *fixture = *state;

	flow_head_set_visible(fixture->a.flow_head, true);
	flow_head_update(fixture->a.flow_head, 1);
	flow_head_update(fixture->a.flow_head, 2);
	destroy_head(&fixture->a);
	assert_int_equal(fixture->answers.n, 2);

	/* The other one lives on, deadline included. */
	flow_head_set_visible(fixture->b.flow_head, true);
	flow_head_update(fixture->b.flow_head, 1);
	run_until(fixture, 3);
	flow_head_destroy(NULL);
	flow_destroy(NULL);
}

/*
 * While any head of a GPU waits, all of it stands still: so the fastest visible one sets the
 * deadline for the slow one too. Seen in the order in which two GPUs are answered; whether the loop
 * gets to run between the two deadlines is the machine's business, so it may take several goes.
 */
static void
test_fastest_head_of_a_gpu_sets_the_deadline(void **state)
{
	bool seen = false;

	for (uint32_t i = 0; i < RACES && !seen; i++) {
		struct fixture fixture;
		struct head fast;

		setup_on(&fixture, "lone", "shared");
		create_head(&fixture, &fast, "shared");
		flow_head_set_visible(fixture.a.flow_head, true);
		flow_head_set_refresh(fixture.a.flow_head, SLOW_MHZ);
		flow_head_set_visible(fixture.b.flow_head, true);
		flow_head_set_refresh(fixture.b.flow_head, SLOW_MHZ);
		flow_head_set_visible(fast.flow_head, true);
		flow_head_set_refresh(fast.flow_head, FAST_MHZ);

		/* The lone one asked first, and would be first with a deadline of its own. */
		flow_head_update(fixture.a.flow_head, 1);
		flow_head_update(fixture.b.flow_head, 1);
		run_until(&fixture, 2);
		seen = fixture.answers.heads[0] == &fixture.b;

		destroy_head(&fast);
		finish(&fixture);
	}
	assert_true(seen);
}

/* Thousands of steps at random: each update is answered exactly once, in order. */
static void
test_exactly_once_whatever_happens(void **state)
{
	struct fixture *fixture = *state;
	struct head *heads[] = { &fixture->a, &fixture->b };
	uint64_t serials[2] = { 0 };
	uint32_t seed = 4;

	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = unit_random(&seed) % 2;
		struct flow_head *head = heads[i]->flow_head;

		fixture->answers.n = 0;
		switch (unit_random(&seed) % 8) {
		case 0:
			flow_head_set_visible(head, unit_random(&seed) % 2 == 0);
			break;
		case 1:
			flow_head_set_refresh(head, unit_random(&seed) % 240000);
			break;
		case 2:
			flow_head_done(head);
			break;
		case 3:
			assert_true(sd_event_run(fixture->event, 0) >= 0);
			break;
		default:
			flow_head_update(head, ++serials[i]);
		}
		assert_true(heads[i]->n_answered == heads[i]->last);
		assert_true(heads[i]->last + FLOW_MAX_PENDING >= serials[i]);
	}
	for (uint32_t i = 0; i < 2; i++) {
		fixture->answers.n = 0;
		destroy_head(heads[i]);
		assert_int_equal(heads[i]->n_answered, serials[i]);
		assert_int_equal(heads[i]->last, serials[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hidden_holds_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shown_is_answered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_done_is_for_one_head, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deadline_after_frames, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hiding_answers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overflow_answers_the_oldest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_destroy_answers, setup, teardown),
		cmocka_unit_test(test_fastest_head_of_a_gpu_sets_the_deadline),
		cmocka_unit_test_setup_teardown(
			test_exactly_once_whatever_happens, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
