#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text/text-renderer.h"

#define MAX_DONE 16

struct fixture {
	sd_event *event;
	struct text_renderer *renderer;
	/* What the jobs came to, in order. */
	uint32_t n_done;
	struct {
		int error;
		uint32_t width;
	} done[MAX_DONE];
	const char *draw_next; /* asked for when a job is done */
};

static void draw(struct fixture *f, const char *text, struct text_job **ret_job);

static void
handle_done(void *data, int error, const struct text_picture *picture)
{
	struct fixture *f = data;
	struct text_job *job;

	assert_true(f->n_done < MAX_DONE);
	assert_true((picture != NULL) == (error == 0));
	f->done[f->n_done].error = error;
	f->done[f->n_done].width = picture != NULL ? picture->width : 0;
	f->n_done++;
	if (f->draw_next != NULL) {
		const char *text = f->draw_next;
		f->draw_next = NULL;
		draw(f, text, &job);
	}
}

static void
draw(struct fixture *f, const char *text, struct text_job **ret_job)
{
	struct text_request request = { .scale = 1, .max_width = 100, .max_height = 100 };

	snprintf(request.text, sizeof(request.text), "%s", text);
	assert_int_equal(text_renderer_draw(f->renderer, &request, handle_done, f, ret_job), 0);
}

static void
run_until_done(struct fixture *f, uint32_t n)
{
	while (f->n_done < n) {
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	}
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return sd_event_new(&f->event) < 0 || text_renderer_create(f->event, &f->renderer) < 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	text_renderer_destroy(f->renderer);
	sd_event_unref(f->event);
	free(f);
	return 0;
}

static void
test_jobs_are_done_in_order(void **state)
{
	struct fixture *f = *state;
	struct text_job *job;

	draw(f, "a", &job);
	draw(f, "room", &job);
	draw(f, "ccc", &job);
	/* Not from inside the call. */
	assert_int_equal(f->n_done, 0);
	f->draw_next = "dddd";
	run_until_done(f, 4);
	assert_int_equal(f->done[0].width, 1);
	assert_int_equal(f->done[1].error, -ENOSPC);
	assert_int_equal(f->done[2].width, 3);
	assert_int_equal(f->done[3].width, 4);
}

static void
test_a_cancelled_job_tells_nothing(void **state)
{
	struct fixture *f = *state;
	struct text_job *first, *second, *third, *last;

	draw(f, "slow", &first);
	draw(f, "b", &second);
	draw(f, "ccc", &third);
	draw(f, "dd", &last);
	text_job_cancel(first);
	text_job_cancel(third);
	run_until_done(f, 2);
	assert_int_equal(f->done[0].width, 1);
	assert_int_equal(f->done[1].width, 2);
	assert_int_equal(f->n_done, 2);
}

static void
test_going_while_jobs_are_open(void **state)
{
	struct fixture *f = *state;
	struct text_job *running, *waiting;

	draw(f, "slow", &running);
	draw(f, "b", &waiting);
	text_job_cancel(running);
	text_job_cancel(waiting);
	text_renderer_destroy(f->renderer);
	f->renderer = NULL;
	assert_int_equal(f->n_done, 0);
}

static uint32_t
count_lines(const char *text)
{
	uint32_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++) {
		n++;
	}
	return n;
}

static void
test_what_keeps_all_text_away_is_said_once(void **state)
{
	struct fixture *f = *state;
	struct unit_output output;
	struct text_job *job;

	unit_output_begin(&output, STDERR_FILENO);
	draw(f, "room", &job);
	draw(f, "fonts", &job);
	draw(f, "fonts", &job);
	draw(f, "a", &job);
	run_until_done(f, 4);
	unit_output_end(&output);
	assert_int_equal(f->done[1].error, -ENOENT);
	assert_int_equal(f->done[2].error, -ENOENT);
	assert_int_equal(f->done[3].error, 0);
	assert_int_equal(count_lines(output.text), 1);
	assert_non_null(strstr(output.text, "no fonts"));
}

/* Whoever asks may be a VM's. */
static void
test_what_is_asked_for_has_limits(void **state)
{
	static const struct {
		uint32_t width, height, scale;
		int error;
	} asked[] = {
		{ TEXT_MAX_DIMENSION, TEXT_MAX_DIMENSION, TEXT_MAX_SCALE, 0 },
		{ TEXT_MAX_DIMENSION + 1, 1, 1, -EINVAL },
		{ 1, TEXT_MAX_DIMENSION + 1, 1, -EINVAL },
		{ 1, 1, TEXT_MAX_SCALE + 1, -EINVAL },
		{ 1, 1, 0, -EINVAL },
	};
	struct fixture *f = *state;

	for (uint32_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct text_request request = { .text = "a",
			.scale = asked[i].scale,
			.max_width = asked[i].width,
			.max_height = asked[i].height };
		struct text_job *job;

		assert_int_equal(
			text_renderer_draw(f->renderer, &request, handle_done, f, &job), 0);
		run_until_done(f, i + 1);
		assert_int_equal(f->done[i].error, asked[i].error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_jobs_are_done_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_cancelled_job_tells_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_going_while_jobs_are_open, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_what_keeps_all_text_away_is_said_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_is_asked_for_has_limits, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
