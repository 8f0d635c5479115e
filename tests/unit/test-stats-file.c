#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "stats-file.h"

#define LINE_SIZE 1000
/* More than the file keeps while its reader stands still. */
#define N_LINES 400

struct fixture {
	sd_event *event;
	struct stats_file *file;
	int pipe[2];
	char name[64];
	char text[N_LINES * (LINE_SIZE + 100)];
	size_t size;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	assert_non_null(fixture);
	assert_int_equal(pipe2(fixture->pipe, O_CLOEXEC | O_NONBLOCK), 0);
	snprintf(fixture->name, sizeof(fixture->name), "/proc/self/fd/%d", fixture->pipe[1]);
	assert_true(sd_event_new(&fixture->event) >= 0);
	log_set_level(LOG_LEVEL_ERROR);
	assert_int_equal(stats_file_open(fixture->event, fixture->name, &fixture->file), 0);
	*state = fixture;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	stats_file_close(fixture->file);
	sd_event_unref(fixture->event);
	close(fixture->pipe[0]);
	close(fixture->pipe[1]);
	free(fixture);
	return 0;
}

static void
add(struct fixture *fixture, int number)
{
	static char padding[LINE_SIZE];
	json_object *line = json_object_new_object();

	memset(padding, 'x', sizeof(padding) - 1);
	json_object_object_add(line, "number", json_object_new_int(number));
	json_object_object_add(line, "padding", json_object_new_string(padding));
	stats_file_add(fixture->file, line);
}

/*
 * Reads the lines that are there: how many; the number and the dropped ones of the last. What has
 * only come in part, as it is being written just now, is kept for the next time.
 */
static int
read_lines(struct fixture *fixture, int *ret_number, int *ret_dropped)
{
	char *text = fixture->text, *end;
	ssize_t n;
	int lines = 0;

	while ((n = read(fixture->pipe[0], text + fixture->size,
			sizeof(fixture->text) - 1 - fixture->size)) > 0) {
		fixture->size += (size_t)n;
	}
	text[fixture->size] = '\0';
	for (char *line = text; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		json_object *json, *value;

		*end = '\0';
		json = json_tokener_parse(line);
		*end = '\n';
		assert_non_null(json);
		assert_true(json_object_object_get_ex(json, "number", &value));
		*ret_number = json_object_get_int(value);
		assert_true(json_object_object_get_ex(json, "dropped", &value));
		*ret_dropped = json_object_get_int(value);
		json_object_put(json);
		lines++;
	}
	end = strrchr(text, '\n');
	if (end != NULL) {
		fixture->size -= (size_t)(end + 1 - text);
		memmove(text, end + 1, fixture->size + 1);
	}
	return lines;
}

static void
test_lines_arrive_in_order(void **state)
{
	struct fixture *fixture = *state;
	int number, dropped;

	for (int i = 0; i < 3; i++) {
		add(fixture, i);
		assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
		assert_int_equal(read_lines(fixture, &number, &dropped), 1);
		assert_int_equal(number, i);
		assert_int_equal(dropped, 0);
	}
}

static void
test_what_waits_is_written_at_the_end(void **state)
{
	struct fixture *fixture = *state;
	int number, dropped;

	for (int i = 0; i < 20; i++) {
		add(fixture, i);
	}
	stats_file_close(fixture->file);
	fixture->file = NULL;
	assert_int_equal(read_lines(fixture, &number, &dropped), 20);
	assert_int_equal(number, 19);
}

static void
test_lines_beyond_the_room_are_dropped_and_counted(void **state)
{
	struct fixture *fixture = *state;
	int lines = 0, number = 0, dropped = 0;

	for (int i = 0; i < N_LINES; i++) {
		add(fixture, i);
	}
	/* The reader wakes up: whole lines come, without the dropped ones. */
	while (number < N_LINES) {
		int n = read_lines(fixture, &number, &dropped);

		lines += n;
		if (n == 0) {
			add(fixture, N_LINES);
		}
		assert_true(sd_event_run(fixture->event, 1000) >= 0);
	}
	assert_true(dropped > 100);
	assert_true(lines < N_LINES);
}

/* With the number and the 0 dropped ones; padded. */
static void
add_of_size(struct fixture *fixture, size_t size)
{
	static const char around[] = "{\"number\":1,\"padding\":\"\",\"dropped\":0}\n";
	char padding[LINE_SIZE + 100] = "";
	json_object *line = json_object_new_object();

	memset(padding, 'x', size - strlen(around));
	json_object_object_add(line, "number", json_object_new_int(1));
	json_object_object_add(line, "padding", json_object_new_string(padding));
	stats_file_add(fixture->file, line);
}

/* Lines that fill the room to the last byte are kept, and one behind them is not. */
static void
test_as_much_as_there_is_room_for(void **state)
{
	struct fixture *fixture = *state;
	int number, dropped, n_lines = STATS_FILE_MAX_PENDING / 1024;

	assert_true(fcntl(fixture->pipe[1], F_SETPIPE_SZ, 4 * STATS_FILE_MAX_PENDING) > 0);
	/* This one the thread has. */
	add_of_size(fixture, 100);
	for (int i = 0; i < n_lines; i++) {
		add_of_size(fixture, 1024);
	}
	add_of_size(fixture, 100);
	stats_file_close(fixture->file);
	fixture->file = NULL;
	assert_int_equal(read_lines(fixture, &number, &dropped), 1 + n_lines);
	assert_int_equal(dropped, 0);
}

static void
test_a_reader_that_stands_still_does_not_hold_the_end_up(void **state)
{
	struct fixture *fixture = *state;

	for (int i = 0; i < N_LINES; i++) {
		add(fixture, i);
	}
	stats_file_close(fixture->file);
	fixture->file = NULL;
}

static void
test_a_reader_that_leaves_ends_it(void **state)
{
	struct fixture *fixture = *state;

	signal(SIGPIPE, SIG_IGN);
	close(fixture->pipe[0]);
	fixture->pipe[0] = -1;
	add(fixture, 0);
	assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
	add(fixture, 1);
	/* Nothing is started any more. */
	assert_int_equal(sd_event_run(fixture->event, 0), 0);
}

#define with_pipe(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		with_pipe(test_lines_arrive_in_order),
		with_pipe(test_what_waits_is_written_at_the_end),
		with_pipe(test_lines_beyond_the_room_are_dropped_and_counted),
		with_pipe(test_as_much_as_there_is_room_for),
		with_pipe(test_a_reader_that_stands_still_does_not_hold_the_end_up),
		with_pipe(test_a_reader_that_leaves_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
