#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "stats.h"
#include "view.h"

#define MS UINT64_C(1000000)
#define S UINT64_C(1000000000)

/* Within what a histogram can tell apart. */
#define assert_about(value, expected) \
	assert_in_range(value, (expected) - (expected) / 16, (expected) + (expected) / 16)

static struct stats_report
report(const struct stats *stats)
{
	struct stats_report report;

	stats_report(stats, &report);
	return report;
}

static void
test_stages(void **state)
{
	struct stats stats = { 0 };
	struct presentation_info shown = {
		.committed_ns = 11 * S + 2 * MS, .time_ns = 11 * S + 10 * MS, .refresh_ns = 16666667
	};
	struct stats_report numbers;

	stats_set_on(&stats, true, 10 * S);
	stats_handle_update(&stats, 11 * S);
	stats_handle_update(&stats, 11 * S + 1 * MS);
	stats_handle_commit(&stats, 11 * S + 2 * MS);
	stats_handle_presented(&stats, &shown);
	stats_handle_answer(&stats, 11 * S + 16 * MS);
	stats_handle_answer(&stats, 11 * S + 16 * MS);
	stats_end_interval(&stats, 12 * S);
	numbers = report(&stats);
	assert_true(numbers.on);
	/* Each update has its own time to the commit. */
	assert_int_equal(numbers.recent[STATS_COMMIT].n, 2);
	assert_about(numbers.recent[STATS_COMMIT].p50_ns, 1 * MS);
	assert_int_equal(numbers.recent[STATS_COMMIT].max_ns, 2 * MS);
	assert_int_equal(numbers.recent[STATS_SHOW].n, 1);
	assert_int_equal(numbers.recent[STATS_SHOW].max_ns, 8 * MS);
	assert_int_equal(numbers.recent[STATS_ANSWER].n, 2);
	assert_int_equal(numbers.recent[STATS_ANSWER].max_ns, 16 * MS);
	assert_about(numbers.recent[STATS_ANSWER].p50_ns, 15 * MS);
	assert_int_equal(numbers.updates_per_s, 1); /* two in two seconds */
	assert_int_equal(numbers.shown, 1);
	assert_int_equal(numbers.refresh_ns, 16666667);
}

static void
test_recent_is_the_last_interval_and_total_all_of_them(void **state)
{
	struct stats stats = { 0 };
	struct stats_report numbers;

	stats_set_on(&stats, true, 0);
	stats_handle_update(&stats, 0);
	stats_handle_commit(&stats, 100 * MS);
	stats_end_interval(&stats, S);
	stats_handle_update(&stats, S);
	stats_handle_commit(&stats, S + 1 * MS);
	/* The interval at hand does not show yet. */
	assert_int_equal(report(&stats).recent[STATS_COMMIT].max_ns, 100 * MS);
	stats_end_interval(&stats, 2 * S);
	numbers = report(&stats);
	assert_int_equal(numbers.recent[STATS_COMMIT].n, 1);
	assert_int_equal(numbers.recent[STATS_COMMIT].max_ns, 1 * MS);
	assert_int_equal(numbers.total[STATS_COMMIT].n, 2);
	assert_int_equal(numbers.total[STATS_COMMIT].max_ns, 100 * MS);
	stats_end_interval(&stats, 3 * S);
	assert_int_equal(report(&stats).recent[STATS_COMMIT].n, 0);
}

static void
test_frames_that_nobody_saw_have_no_time(void **state)
{
	struct stats stats = { 0 };
	struct presentation_info gone = { .discarded = true, .committed_ns = 5 };

	stats_set_on(&stats, true, 0);
	stats_handle_presented(&stats, &gone);
	assert_int_equal(report(&stats).discarded, 1);
	assert_int_equal(report(&stats).shown, 0);
	assert_int_equal(report(&stats).total[STATS_SHOW].n, 0);
}

/* A compositor with a clock that nobody knows. */
static void
test_light_before_the_commit_is_not_measured(void **state)
{
	struct stats stats = { 0 };
	struct presentation_info odd = { .committed_ns = 2 * S, .time_ns = S };

	stats_set_on(&stats, true, 0);
	stats_handle_presented(&stats, &odd);
	assert_int_equal(report(&stats).shown, 1);
	assert_int_equal(report(&stats).total[STATS_SHOW].n, 0);
}

static void
test_more_than_can_be_remembered(void **state)
{
	struct stats stats = { 0 };
	uint64_t i;

	stats_set_on(&stats, true, 0);
	for (i = 0; i < STATS_MAX_PENDING + 10; i++) {
		stats_handle_update(&stats, i * MS);
	}
	stats_handle_commit(&stats, i * MS);
	/* The oldest were forgotten. */
	assert_int_equal(report(&stats).total[STATS_COMMIT].n, STATS_MAX_PENDING);
	assert_int_equal(report(&stats).total[STATS_COMMIT].max_ns, STATS_MAX_PENDING * MS);
	for (uint64_t answers = 0; answers < i; answers++) {
		stats_handle_answer(&stats, i * MS);
	}
	assert_int_equal(report(&stats).total[STATS_ANSWER].n, STATS_MAX_PENDING);
}

static void
test_what_came_before_is_not_measured(void **state)
{
	struct stats stats = { 0 };

	stats_handle_answer(&stats, 5 * S);
	stats_set_on(&stats, true, 5 * S);
	stats_handle_update(&stats, 6 * S);
	stats_set_on(&stats, false, 7 * S);
	stats_set_on(&stats, true, 8 * S);
	stats_handle_answer(&stats, 9 * S);
	stats_handle_commit(&stats, 9 * S);
	assert_int_equal(report(&stats).total[STATS_ANSWER].n, 0);
	assert_int_equal(report(&stats).total[STATS_COMMIT].n, 0);
}

static void
test_description(void **state)
{
	struct view_status status = {
		.verdict = { .kind = VERDICT_CPU_COPY, .reason = "why" },
		.counts = { .received = 120, .by_deadline = 3 },
		.window = { .superseded = 2 },
		.picture = { .copied_bytes = 2500000 },
		.stats = {
			.shown = 100,
			.updates_per_s = 60,
			.shown_per_s = 59,
			.refresh_ns = 16666667,
			.recent[STATS_COMMIT] = { .n = 1, .p50_ns = 150000, .p99_ns = 2 * MS },
		},
	};
	char text[512], cut[20];

	stats_describe(&status, text, sizeof(text));
	assert_string_equal(text, "CPU copy: why\n"
				  "60 updates/s, 59 shown/s at 60.00 Hz\n"
				  "120 updates, 2 superseded, 3 answered by deadline\n"
				  "2.5 MB copied\n"
				  "to commit 0.15 ms, 99% in 2.00 ms");
	/* Whatever does not fit is left out. */
	stats_describe(&status, cut, sizeof(cut));
	assert_memory_equal(cut, text, sizeof(cut) - 1);
	assert_int_equal(strlen(cut), sizeof(cut) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stages),
		cmocka_unit_test(test_recent_is_the_last_interval_and_total_all_of_them),
		cmocka_unit_test(test_frames_that_nobody_saw_have_no_time),
		cmocka_unit_test(test_light_before_the_commit_is_not_measured),
		cmocka_unit_test(test_more_than_can_be_remembered),
		cmocka_unit_test(test_what_came_before_is_not_measured),
		cmocka_unit_test(test_description),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
