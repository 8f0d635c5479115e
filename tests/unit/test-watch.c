#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "watch.h"

/* How a picture gets to the screen changes as often as the test says: all of that is its own. */

static bool is_direct;
static struct deadlines deadlines;

struct picture_verdict
picture_verdict(const struct picture *picture)
{
	return (struct picture_verdict){ .path = is_direct ? "direct" : "copy" };
}

void
window_report(const struct window *window, uint32_t fourcc, uint64_t modifier,
	struct window_report *ret_report)
{
}

struct window_counts
window_counts(const struct window *window)
{
	return (struct window_counts){ 0 };
}

void
verdict_look_up(const struct verdict_facts *facts, const struct buffer *buffer,
	struct verdict_devices *ret_devices)
{
	memset(ret_devices, 0, sizeof(*ret_devices));
}

void
verdict_judge(const struct verdict_facts *facts, const struct verdict_devices *devices,
	struct verdict *ret_verdict)
{
	memset(ret_verdict, 0, sizeof(*ret_verdict));
	ret_verdict->kind = strcmp(facts->path, "direct") == 0 ? VERDICT_DIRECT : VERDICT_CPU_COPY;
}

const char *
verdict_name(const struct verdict *verdict)
{
	return "a verdict";
}

static void
handle_late(void *data)
{
}

/* Lines of as many changes, all of them at once. */
static uint32_t
count_lines(struct watch *watch, uint32_t n_changes, uint64_t now_ns)
{
	static const uint8_t picture;
	const struct watch_subject subject = { .picture = (const struct picture *)&picture };
	const struct presentation_info shown = { .discarded = true };
	struct unit_output output;
	uint32_t n_lines = 0;

	unit_output_begin(&output, STDERR_FILENO);
	for (uint32_t i = 0; i < n_changes; i++) {
		is_direct = !is_direct;
		watch_handle_presented(watch, &shown);
		watch_tell(watch, &subject, now_ns);
	}
	unit_output_end(&output);
	for (const char *at = output.text; (at = strchr(at, '\n')) != NULL; at++) {
		n_lines++;
	}
	return n_lines;
}

static void
test_verdicts_that_change_all_the_time(void **state)
{
	uint64_t now_ns = 1000 * NS_PER_S;
	struct watch watch;

	log_set_level(LOG_LEVEL_INFO);
	watch_init(&watch, &deadlines, handle_late, NULL);
	assert_int_equal(count_lines(&watch, WATCH_LOG_BURST, now_ns), WATCH_LOG_BURST);
	assert_int_equal(count_lines(&watch, 1, now_ns), 0);
	/* What was not said is looked at later. */
	assert_true(watch.deadline.at_ns > now_ns && watch.deadline.at_ns != DEADLINE_NEVER);
	/* From then on it is one each time. */
	for (int i = 0; i < 3; i++) {
		now_ns += WATCH_LOG_INTERVAL_NS;
		assert_int_equal(count_lines(&watch, 3, now_ns - 1), 0);
		assert_int_equal(count_lines(&watch, 3, now_ns), 1);
	}
	/* However long nothing has changed, there is no more in store. */
	now_ns += 1000 * WATCH_LOG_INTERVAL_NS;
	assert_int_equal(count_lines(&watch, 2 * WATCH_LOG_BURST, now_ns), WATCH_LOG_BURST);
	watch_finish(&watch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verdicts_that_change_all_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
