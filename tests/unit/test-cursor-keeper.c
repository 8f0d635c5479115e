/* cursor-keeper.c with a window, and a clock, that do as they are told. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cursor-keeper.h"
#include "wayland/window.h"

/* Long after the machine's start. */
#define START_NS (UINT64_C(1) << 50)
#define INTERVAL_NS (NS_PER_S / CURSOR_KEEPER_SHAPES_PER_S)

struct window {
	uint32_t n_set;
	uint32_t pixel; /* the first of the last image; 0: none */
	int error;
};

static uint64_t now_ns;

uint64_t
clock_now_ns(void)
{
	return now_ns;
}

int
window_set_cursor(struct window *window, const struct cursor_image *image)
{
	window->n_set++;
	window->pixel = image != NULL ? image->pixels[0] : 0;
	return window->error;
}

struct fixture {
	sd_event *event;
	struct deadlines deadlines;
	struct cursor_keeper keeper;
	struct window window;
};

static void
handle_reached(void *data)
{
	struct fixture *f = data;

	cursor_keeper_follow(&f->keeper, &f->window);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	now_ns = START_NS;
	assert_int_equal(sd_event_new(&f->event), 0);
	cursor_keeper_init(&f->keeper, &f->deadlines, handle_reached, f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	cursor_keeper_finish(&f->keeper);
	assert_null(f->deadlines.first);
	sd_event_unref(f->event);
	free(f);
	return 0;
}

static void
run_due(struct fixture *f)
{
	while (deadlines_run(&f->deadlines, f->event, 0) > 0 ||
		(f->deadlines.first != NULL && f->deadlines.first->at_ns <= now_ns)) {
	}
}

/* The guest sets a cursor of this colour. */
static void
set(struct fixture *f, uint32_t pixel)
{
	struct cursor_image image = { .width = 1, .height = 1, .pixels = &pixel };

	assert_int_equal(cursor_keeper_set(&f->keeper, &image), 0);
	cursor_keeper_follow(&f->keeper, &f->window);
}

static void
test_of_too_many_shapes_the_last_is_shown(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i <= CURSOR_KEEPER_SHAPES_PER_S; i++) {
		set(f, i);
		assert_int_equal(f->window.n_set, i);
		assert_int_equal(f->window.pixel, i);
	}
	for (uint32_t i = 1000; i < 2000; i++) {
		set(f, i);
	}
	run_due(f);
	now_ns += INTERVAL_NS - 1;
	run_due(f);
	assert_int_equal(f->window.n_set, CURSOR_KEEPER_SHAPES_PER_S);
	now_ns++;
	run_due(f);
	assert_int_equal(f->window.n_set, CURSOR_KEEPER_SHAPES_PER_S + 1);
	assert_int_equal(f->window.pixel, 1999);
	now_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->window.n_set, CURSOR_KEEPER_SHAPES_PER_S + 1);
}

/* Some guests blink with it. */
static void
test_hiding_counts_as_well(void **state)
{
	struct fixture *f = *state;

	set(f, 7);
	for (uint32_t i = 0; i < 1001; i++) {
		f->keeper.hidden = !f->keeper.hidden;
		cursor_keeper_follow(&f->keeper, &f->window);
	}
	assert_int_equal(f->window.n_set, CURSOR_KEEPER_SHAPES_PER_S);
	now_ns += NS_PER_S;
	run_due(f);
	assert_int_equal(f->window.n_set, CURSOR_KEEPER_SHAPES_PER_S + 1);
	assert_int_equal(f->window.pixel, 0);
}

/* After a burst, too, and where one comes a little early. */
static void
test_sixty_a_second_are_shown_at_once(void **state)
{
	struct fixture *f = *state;

	for (uint32_t i = 1; i < CURSOR_KEEPER_SHAPES_PER_S; i++) {
		set(f, i);
	}
	for (uint32_t i = 1; i < 1000; i++) {
		now_ns = START_NS + i * INTERVAL_NS - (i % 2 == 0 ? INTERVAL_NS / 2 : 0);
		set(f, 1000 + i);
		assert_int_equal(f->window.pixel, 1000 + i);
	}
}

/* A compositor that does not read is asked again with the next frame; that may be any number. */
static void
test_applying_is_not_limited(void **state)
{
	struct fixture *f = *state;

	f->window.error = -EAGAIN;
	set(f, 5);
	assert_true(f->keeper.due);
	f->window.error = 0;
	for (uint32_t i = 1; i < 1000; i++) {
		cursor_keeper_apply(&f->keeper, &f->window);
		assert_int_equal(f->window.n_set, 1 + i);
	}
	assert_false(f->keeper.due);
}

static void
test_the_log_is_not_written_full(void **state)
{
	struct fixture *f = *state;
	struct unit_output output;
	uint32_t n_lines = 0;

	f->window.error = -ENOMEM;
	unit_output_begin(&output, STDERR_FILENO);
	for (uint32_t i = 0; i < 1000; i++) {
		now_ns += INTERVAL_NS;
		set(f, i);
	}
	unit_output_end(&output);
	for (const char *at = output.text; (at = strchr(at, '\n')) != NULL; at++) {
		n_lines++;
	}
	assert_int_equal(f->window.n_set, 1000);
	assert_int_equal(n_lines, LOG_MAX_LINES + 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_of_too_many_shapes_the_last_is_shown),
		TEST(test_hiding_counts_as_well),
		TEST(test_sixty_a_second_are_shown_at_once),
		TEST(test_applying_is_not_limited),
		TEST(test_the_log_is_not_written_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
