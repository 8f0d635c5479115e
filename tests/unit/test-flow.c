#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "flow.h"

#define MAX_HEADS 4
#define DEADLINE_NS (FLOW_DEADLINE_NS + FLOW_GRACE_NS)
#define REFRESH_60 UINT64_C(16666666)

/* The time is ours: it goes on by advance() alone. */
struct fixture {
	struct flow_clock clock; /* first */
	uint64_t now_ns, armed_ns;
	struct flow *flow;
	uint32_t n_heads;
	struct head {
		struct fixture *fixture;
		struct flow_head *flow_head;
		uint32_t n_answered;
		uint64_t last, last_ns;
	} heads[MAX_HEADS];
};

static uint64_t
get_now(struct flow_clock *clock)
{
	return ((struct fixture *)clock)->now_ns;
}

static void
arm(struct flow_clock *clock, uint64_t at_ns)
{
	((struct fixture *)clock)->armed_ns = at_ns;
}

static void
advance(struct fixture *fixture, uint64_t by_ns)
{
	uint64_t until = fixture->now_ns + by_ns;

	while (fixture->armed_ns <= until) {
		if (fixture->armed_ns > fixture->now_ns) {
			fixture->now_ns = fixture->armed_ns;
		}
		fixture->armed_ns = UINT64_MAX;
		flow_expire(fixture->flow);
	}
	fixture->now_ns = until;
}

static void
handle_answer(void *data, uint64_t serial)
{
	struct head *head = data;

	/* In order, and so no one twice. */
	assert_true(serial > head->last);
	head->last = serial;
	head->last_ns = head->fixture->now_ns;
	head->n_answered++;
}

static struct head *
add_head(struct fixture *fixture, const char *gpu)
{
	struct head *head = &fixture->heads[fixture->n_heads++];

	*head = (struct head){ .fixture = fixture };
	assert_int_equal(
		flow_head_create(fixture->flow, gpu, handle_answer, head, &head->flow_head), 0);
	return head;
}

static struct head *
add_visible_head(struct fixture *fixture, const char *gpu, uint32_t refresh_mhz)
{
	struct head *head = add_head(fixture, gpu);

	flow_head_set_refresh(head->flow_head, refresh_mhz);
	flow_head_set_visible(head->flow_head, true);
	return head;
}

static void
remove_head(struct head *head)
{
	flow_head_destroy(head->flow_head);
	head->flow_head = NULL;
}

static struct fixture the_fixture;

static void
start(struct fixture *fixture, const struct flow_policy *policy)
{
	*fixture = (struct fixture){
		.clock = { .now_ns = get_now, .arm = arm },
		.now_ns = 1000 * NS_PER_MS,
		.armed_ns = UINT64_MAX,
	};
	assert_int_equal(flow_create(&fixture->clock, policy, &fixture->flow), 0);
}

static void
stop(struct fixture *fixture)
{
	for (uint32_t i = 0; i < fixture->n_heads; i++) {
		remove_head(&fixture->heads[i]);
	}
	flow_destroy(fixture->flow);
	fixture->flow = NULL;
}

static int
setup_auto(void **state)
{
	*state = &the_fixture;
	start(&the_fixture, &flow_auto);
	return 0;
}

static int
setup_vsync(void **state)
{
	*state = &the_fixture;
	start(&the_fixture, &flow_vsync);
	return 0;
}

static int
setup_immediate(void **state)
{
	*state = &the_fixture;
	start(&the_fixture, &flow_immediate);
	return 0;
}

static int
setup_mailbox(void **state)
{
	*state = &the_fixture;
	start(&the_fixture, &flow_mailbox);
	return 0;
}

static int
teardown(void **state)
{
	stop(*state);
	return 0;
}

/* A frame as the viewer has it: the update, and its commit right after. */
static void
frame(struct head *head, uint64_t serial)
{
	flow_head_update(head->flow_head, serial);
	flow_head_committed(head->flow_head);
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
test_policies_have_names(void **state)
{
	assert_ptr_equal(flow_policy_find("auto"), &flow_auto);
	assert_ptr_equal(flow_policy_find("vsync"), &flow_vsync);
	assert_ptr_equal(flow_policy_find("immediate"), &flow_immediate);
	assert_ptr_equal(flow_policy_find("mailbox"), &flow_mailbox);
	assert_null(flow_policy_find("fifo"));
	assert_null(flow_policy_find(""));
}

static void
test_vsync_waits_for_the_callback(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	flow_head_update(head->flow_head, 1);
	frame(head, 2);
	advance(fixture, 5 * NS_PER_MS);
	/* Not committed yet: no callback is for it. */
	flow_head_update(head->flow_head, 3);
	assert_int_equal(head->n_answered, 0);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->n_answered, 2);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->n_answered, 2);
	flow_head_committed(head->flow_head);
	assert_int_equal(head->n_answered, 2);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->n_answered, 3);
	check_counts(head, 3, 3, 0);
}

static void
test_a_callback_is_for_one_head(void **state)
{
	struct fixture *fixture = *state;
	struct head *a = add_visible_head(fixture, "gpu", 60000);
	struct head *b = add_visible_head(fixture, "gpu", 60000);

	frame(a, 1);
	frame(b, 1);
	flow_head_shown(a->flow_head);
	assert_int_equal(a->n_answered, 1);
	assert_int_equal(b->n_answered, 0);
	flow_head_shown(b->flow_head);
	assert_int_equal(b->n_answered, 1);
}

/* All updates of a head share the deadline of the oldest, committed or not. */
static void
test_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 0);

	frame(head, 1);
	advance(fixture, DEADLINE_NS - 2 * NS_PER_US);
	flow_head_update(head->flow_head, 2);
	assert_int_equal(head->n_answered, 0);
	advance(fixture, 2 * NS_PER_US);
	check_counts(head, 2, 2, 2);

	/* A late callback answers nothing again, and the next update is held anew. */
	flow_head_shown(head->flow_head);
	frame(head, 3);
	advance(fixture, DEADLINE_NS - 2 * NS_PER_US);
	assert_int_equal(head->n_answered, 2);
	advance(fixture, 2 * NS_PER_US);
	check_counts(head, 3, 3, 3);
}

/* Its callback is for the frame that the deadline has answered, not for the one after it. */
static void
test_a_callback_after_the_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	frame(head, 1);
	advance(fixture, DEADLINE_NS);
	assert_int_equal(head->n_answered, 1);
	frame(head, 2);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->n_answered, 1);
	/* No callback is owed for it: this deadline leaves nothing behind. */
	advance(fixture, DEADLINE_NS);
	assert_int_equal(head->n_answered, 2);
	frame(head, 3);
	flow_head_shown(head->flow_head);
	check_counts(head, 3, 3, 2);

	/* Nor does one of before it was hidden. */
	frame(head, 4);
	advance(fixture, DEADLINE_NS);
	flow_head_set_visible(head->flow_head, false);
	flow_head_set_visible(head->flow_head, true);
	frame(head, 5);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->n_answered, 5);
}

/* Many frames on time, then none: the old deadline must not linger. */
static void
test_deadline_after_frames(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	for (uint64_t serial = 1; serial <= 10; serial++) {
		frame(head, serial);
		advance(fixture, 5 * NS_PER_MS);
		flow_head_shown(head->flow_head);
	}
	frame(head, 11);
	advance(fixture, DEADLINE_NS - 2 * NS_PER_US);
	check_counts(head, 11, 10, 0);
	advance(fixture, 2 * NS_PER_US);
	check_counts(head, 11, 11, 1);
}

/* While any head of a GPU waits, all of it stands still. */
static void
test_the_fastest_head_of_a_gpu_sets_the_deadline(void **state)
{
	struct fixture *fixture = *state;
	struct head *lone = add_visible_head(fixture, "lone", 24000);
	struct head *slow = add_visible_head(fixture, "shared", 24000);
	struct head *fast = add_visible_head(fixture, "shared", 144000);
	uint64_t refresh_144 = 6944444;

	frame(lone, 1);
	frame(slow, 1);
	advance(fixture, refresh_144 + FLOW_GRACE_NS);
	assert_int_equal(slow->n_answered, 1);
	assert_int_equal(lone->n_answered, 0);
	advance(fixture, DEADLINE_NS);
	assert_int_equal(lone->n_answered, 1);

	/* Hidden ones have no say. */
	flow_head_set_visible(fast->flow_head, false);
	frame(slow, 2);
	advance(fixture, DEADLINE_NS - 2 * NS_PER_US);
	assert_int_equal(slow->n_answered, 1);
	advance(fixture, 2 * NS_PER_US);
	assert_int_equal(slow->n_answered, 2);
}

static void
test_immediate_answers_at_commit(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	for (uint64_t serial = 1; serial <= 100; serial++) {
		flow_head_update(head->flow_head, serial);
		assert_int_equal(head->n_answered, serial - 1);
		flow_head_committed(head->flow_head);
		assert_int_equal(head->n_answered, serial);
	}
	/* What is never committed has a deadline. */
	flow_head_update(head->flow_head, 101);
	advance(fixture, DEADLINE_NS);
	check_counts(head, 101, 101, 1);
}

static void
test_mailbox_keeps_the_newest(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	frame(head, 1);
	assert_int_equal(head->n_answered, 0);
	frame(head, 2);
	assert_int_equal(head->last, 1);
	frame(head, 3);
	assert_int_equal(head->last, 2);
	flow_head_shown(head->flow_head);
	assert_int_equal(head->last, 3);
	frame(head, 4);
	advance(fixture, DEADLINE_NS);
	check_counts(head, 4, 4, 1);
}

/* 75 Hz on a monitor of 60 Hz, each frame up to 4 ms early or late: never held. */
static void
test_auto_lets_a_guest_with_a_clock_run(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);
	uint64_t tick = 13333333, start_ns = fixture->now_ns;
	uint32_t seed = 1;

	for (uint64_t serial = 1; serial <= 2000; serial++) {
		uint64_t at = start_ns + serial * tick + unit_random(&seed) % 8000 * NS_PER_US;
		advance(fixture, at - fixture->now_ns);
		frame(head, serial);
		assert_int_equal(head->n_answered, serial);
	}
}

/* 2 ms a frame, each after the answer to the one before: as many frames as callbacks. */
static void
test_auto_ties_a_spinning_guest_to_the_monitor(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);
	uint64_t serial = 0;
	uint32_t n_late = 0;

	for (uint32_t refresh = 0; refresh < 100; refresh++) {
		uint64_t end_ns = fixture->now_ns + REFRESH_60;

		while (head->n_answered == serial && fixture->now_ns + 2 * NS_PER_MS < end_ns) {
			advance(fixture, 2 * NS_PER_MS);
			frame(head, ++serial);
		}
		n_late += head->n_answered == serial;
		advance(fixture, end_ns - fixture->now_ns);
		flow_head_shown(head->flow_head);
		assert_int_equal(head->n_answered, serial);
	}
	/* What it takes to find out. */
	assert_int_equal(n_late, 0);
	assert_in_range(serial, 100, 103);
	check_counts(head, serial, serial, 0);
}

/* A guest that was held and slows down gets its freedom back. */
static void
test_auto_forgets(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);
	uint64_t serial = 0;

	while (head->n_answered == serial) {
		frame(head, ++serial);
	}
	flow_head_shown(head->flow_head);
	advance(fixture, REFRESH_60);
	frame(head, ++serial);
	assert_int_equal(head->n_answered, serial);
}

/* Each head has its own account: the answer to one is no reason to hold another. */
static void
test_auto_counts_by_head(void **state)
{
	struct fixture *fixture = *state;
	struct head *a = add_visible_head(fixture, "gpu", 60000);
	struct head *b = add_visible_head(fixture, "gpu", 60000);
	uint64_t serial = 0;

	while (a->n_answered == serial) {
		frame(a, ++serial);
	}
	frame(b, 1);
	assert_int_equal(b->n_answered, 1);
}

static void
test_hidden_heads_hold_no_visible_one(void **state)
{
	struct fixture *fixture = *state;
	struct head *seen = add_head(fixture, "gpu");
	struct head *hidden = add_head(fixture, "gpu");
	struct head *other = add_head(fixture, "other");

	/* A low steady rate while all of them are. */
	frame(hidden, 1);
	assert_int_equal(hidden->n_answered, 1);
	frame(hidden, 2);
	advance(fixture, 30 * NS_PER_MS);
	flow_head_committed(hidden->flow_head);
	flow_head_update(other->flow_head, 1);
	flow_head_update(other->flow_head, 2);
	assert_int_equal(hidden->n_answered, 1);
	assert_int_equal(other->n_answered, 1);

	/* Somebody looks at the GPU: what was held is answered. */
	flow_head_set_visible(seen->flow_head, true);
	assert_int_equal(hidden->n_answered, 2);
	assert_int_equal(other->n_answered, 1);
	for (uint64_t serial = 3; serial <= 200; serial++) {
		frame(hidden, serial);
		assert_int_equal(hidden->n_answered, serial);
	}
	check_counts(hidden, 200, 200, 0);
}

/* However many heads there are and however they ask: 25 Hz each, and nobody waits for 50 ms. */
static void
test_hidden_heads_run_slowly(void **state)
{
	struct fixture *fixture = *state;
	uint64_t start_ns = fixture->now_ns, serials[MAX_HEADS] = { 0 };

	for (uint32_t i = 0; i < MAX_HEADS; i++) {
		add_head(fixture, "gpu");
	}
	/* One update at a time, of whichever head is ready first: QEMU's queue. */
	while (fixture->now_ns < start_ns + 1000 * NS_PER_MS) {
		for (uint32_t i = 0; i < MAX_HEADS; i++) {
			struct head *head = &fixture->heads[i];
			uint64_t asked_ns = fixture->now_ns;

			flow_head_update(head->flow_head, ++serials[i]);
			while (head->n_answered < serials[i]) {
				advance(fixture, NS_PER_MS);
			}
			assert_true(head->last_ns - asked_ns <= FLOW_HIDDEN_PERIOD_NS);
		}
	}
	for (uint32_t i = 0; i < MAX_HEADS; i++) {
		assert_in_range(serials[i], 24, 27);
		check_counts(&fixture->heads[i], serials[i], serials[i], 0);
	}
}

static void
test_whoever_waits_for_a_picture_is_not_slowed(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_head(fixture, "gpu");

	flow_head_update(head->flow_head, 1);
	flow_head_update(head->flow_head, 2);
	assert_int_equal(head->n_answered, 1);
	flow_watch(fixture->flow);
	assert_int_equal(head->n_answered, 2);
	flow_watch(fixture->flow);
	flow_unwatch(fixture->flow);
	flow_head_update(head->flow_head, 3);
	assert_int_equal(head->n_answered, 3);
	flow_unwatch(fixture->flow);
	flow_head_update(head->flow_head, 4);
	assert_int_equal(head->n_answered, 3);
	advance(fixture, FLOW_HIDDEN_PERIOD_NS);
	assert_int_equal(head->n_answered, 4);
}

static void
test_hiding_and_showing_answer(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	frame(head, 1);
	flow_head_set_visible(head->flow_head, false);
	assert_int_equal(head->n_answered, 1);
	flow_head_update(head->flow_head, 2);
	assert_int_equal(head->n_answered, 1);
	flow_head_set_visible(head->flow_head, true);
	assert_int_equal(head->n_answered, 2);
	frame(head, 3);
	assert_int_equal(head->n_answered, 2);
	/* What it was already is no news. */
	flow_head_set_visible(head->flow_head, true);
	assert_int_equal(head->n_answered, 2);
}

static void
test_skipped_answers_all(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	frame(head, 1);
	flow_head_update(head->flow_head, 2);
	flow_head_skipped(head->flow_head);
	check_counts(head, 2, 2, 0);
}

static void
test_overflow_answers_the_oldest(void **state)
{
	struct fixture *fixture = *state;
	struct head *head = add_visible_head(fixture, "gpu", 60000);

	for (uint64_t serial = 1; serial <= FLOW_MAX_PENDING; serial++) {
		frame(head, serial);
	}
	assert_int_equal(head->n_answered, 0);
	for (uint64_t serial = FLOW_MAX_PENDING + 1; serial <= FLOW_MAX_PENDING + 5; serial++) {
		flow_head_update(head->flow_head, serial);
		assert_int_equal(head->last, serial - FLOW_MAX_PENDING);
	}
	/* Those five were not committed. */
	flow_head_shown(head->flow_head);
	assert_int_equal(head->last, FLOW_MAX_PENDING);
	flow_head_skipped(head->flow_head);
	check_counts(head, FLOW_MAX_PENDING + 5, FLOW_MAX_PENDING + 5, 0);
}

static void
test_destroy_answers(void **state)
{
	struct fixture *fixture = *state;
	struct head *a = add_visible_head(fixture, "gpu", 60000);
	struct head *b = add_visible_head(fixture, "gpu", 60000);

	frame(a, 1);
	flow_head_update(a->flow_head, 2);
	frame(b, 1);
	remove_head(a);
	assert_int_equal(a->n_answered, 2);
	/* The other one lives on, deadline included. */
	assert_int_equal(b->n_answered, 0);
	advance(fixture, DEADLINE_NS);
	assert_int_equal(b->n_answered, 1);
	flow_head_destroy(NULL);
	flow_destroy(NULL);
}

static void
step_at_random(struct fixture *fixture, struct head *head, uint64_t *serial, uint32_t *seed)
{
	switch (unit_random(seed) % 12) {
	case 0:
		flow_head_set_visible(head->flow_head, unit_random(seed) % 3 != 0);
		break;
	case 1:
		flow_head_set_refresh(head->flow_head, unit_random(seed) % 240000);
		break;
	case 2:
		flow_head_shown(head->flow_head);
		break;
	case 3:
		flow_head_skipped(head->flow_head);
		break;
	case 4:
		flow_watch(fixture->flow);
		flow_unwatch(fixture->flow);
		break;
	case 5:
	case 6:
		advance(fixture, unit_random(seed) % (20 * NS_PER_MS));
		break;
	case 7:
	case 8:
		flow_head_committed(head->flow_head);
		break;
	default:
		flow_head_update(head->flow_head, ++*serial);
	}
}

/* Thousands of steps: each update is answered exactly once, in order, and never too late. */
static void
check_at_random(const struct flow_policy *policy, uint32_t seed)
{
	struct fixture *fixture = &the_fixture;
	uint64_t serials[3] = { 0 };

	start(fixture, policy);
	add_head(fixture, "gpu");
	add_head(fixture, "gpu");
	add_head(fixture, "other");
	for (uint32_t step = 0; step < 20000; step++) {
		uint32_t i = unit_random(&seed) % 3;
		struct head *head = &fixture->heads[i];

		step_at_random(fixture, head, &serials[i], &seed);
		assert_int_equal(head->n_answered, head->last);
		assert_true(head->last + FLOW_MAX_PENDING >= serials[i]);
		if (step % 100 == 0) {
			advance(fixture, FLOW_HIDDEN_PERIOD_NS);
			for (i = 0; i < 3; i++) {
				assert_int_equal(fixture->heads[i].last, serials[i]);
			}
		}
	}
	for (uint32_t i = 0; i < 3; i++) {
		remove_head(&fixture->heads[i]);
		assert_int_equal(fixture->heads[i].last, serials[i]);
	}
	stop(fixture);
}

static void
test_exactly_once_whatever_happens(void **state)
{
	static const struct flow_policy *const policies[] = {
		&flow_auto,
		&flow_vsync,
		&flow_immediate,
		&flow_mailbox,
	};
	uint32_t seed = (uint32_t)time(NULL);

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		print_message("%s with seed %u\n", policies[i]->name, seed);
		check_at_random(policies[i], seed);
	}
}

#define TEST_OF(policy, test) cmocka_unit_test_setup_teardown(test, setup_##policy, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_policies_have_names),
		TEST_OF(vsync, test_vsync_waits_for_the_callback),
		TEST_OF(vsync, test_a_callback_is_for_one_head),
		TEST_OF(vsync, test_deadline),
		TEST_OF(vsync, test_a_callback_after_the_deadline),
		TEST_OF(vsync, test_deadline_after_frames),
		TEST_OF(vsync, test_the_fastest_head_of_a_gpu_sets_the_deadline),
		TEST_OF(immediate, test_immediate_answers_at_commit),
		TEST_OF(mailbox, test_mailbox_keeps_the_newest),
		TEST_OF(auto, test_auto_lets_a_guest_with_a_clock_run),
		TEST_OF(auto, test_auto_ties_a_spinning_guest_to_the_monitor),
		TEST_OF(auto, test_auto_forgets),
		TEST_OF(auto, test_auto_counts_by_head),
		TEST_OF(auto, test_hidden_heads_hold_no_visible_one),
		TEST_OF(auto, test_hidden_heads_run_slowly),
		TEST_OF(auto, test_whoever_waits_for_a_picture_is_not_slowed),
		TEST_OF(vsync, test_hiding_and_showing_answer),
		TEST_OF(vsync, test_skipped_answers_all),
		TEST_OF(vsync, test_overflow_answers_the_oldest),
		TEST_OF(vsync, test_destroy_answers),
		cmocka_unit_test(test_exactly_once_whatever_happens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
