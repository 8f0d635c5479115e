/* Links frontend_lib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "input/router.h"

/* What the guest got, and what was asked of the window. */
struct log {
	struct router *router;
	struct input_event events[2048];
	uint32_t n_events;
	uint32_t n_lock, n_unlock;
	uint32_t n_toggled; /* statistics */
	uint32_t n_actions;
	enum router_action action; /* the last one */
	uint32_t number;
	bool refuses, slow;
};

static void
handle_event(void *data, const struct input_event *event)
{
	struct log *log = data;

	assert_true(log->n_events < 2048);
	log->events[log->n_events++] = *event;
}

static int
handle_lock_pointer(void *data, bool lock)
{
	struct log *log = data;

	if (log->refuses) {
		log->n_lock++;
		return -1;
	}

	if (lock) {
		log->n_lock++;
	} else {
		log->n_unlock++;
	}
	if (!log->slow) {
		router_set_locked(log->router, lock);
	}
	return 0;
}

static void
handle_action(void *data, enum router_action action, uint32_t number)
{
	struct log *log = data;

	log->n_toggled += action == ROUTER_TOGGLE_STATS;
	log->n_actions++;
	log->action = action;
	log->number = number;
}

static const struct router_listener listener = {
	.event = handle_event,
	.lock_pointer = handle_lock_pointer,
	.action = handle_action,
};

static int
setup(void **state)
{
	struct log *log = calloc(1, sizeof(*log));

	*state = log;
	return router_create(&listener, log, &log->router);
}

static int
teardown(void **state)
{
	struct log *log = *state;

	router_destroy(log->router);
	free(log);
	return 0;
}

static void
key(struct log *log, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_KEY,
		.key = { .code = code, .pressed = pressed } };

	router_handle_event(log->router, &event);
}

static void
button(struct log *log, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_BUTTON,
		.button = { .code = code, .pressed = pressed } };

	router_handle_event(log->router, &event);
}

static void
test_keys_and_buttons_pass_in_order(void **state)
{
	struct log *log = *state;

	key(log, KEY_A, true);
	button(log, BTN_LEFT, true);
	key(log, KEY_A, false);
	button(log, BTN_LEFT, false);
	assert_int_equal(log->n_events, 4);
	assert_int_equal(log->events[0].key.code, KEY_A);
	assert_true(log->events[0].key.pressed);
	assert_int_equal(log->events[1].kind, INPUT_BUTTON);
	assert_int_equal(log->events[1].button.code, BTN_LEFT);
	assert_false(log->events[2].key.pressed);
	assert_false(log->events[3].button.pressed);
}

static void
test_focus_loss_releases_what_is_held_and_nothing_else(void **state)
{
	struct log *log = *state;

	key(log, KEY_LEFTSHIFT, true);
	key(log, KEY_A, true);
	key(log, KEY_A, false);
	button(log, BTN_SIDE, true);
	log->n_events = 0;
	router_set_focus(log->router, false);
	assert_int_equal(log->n_events, 2);
	assert_int_equal(log->events[0].kind, INPUT_KEY);
	assert_int_equal(log->events[0].key.code, KEY_LEFTSHIFT);
	assert_false(log->events[0].key.pressed);
	assert_int_equal(log->events[1].kind, INPUT_BUTTON);
	assert_int_equal(log->events[1].button.code, BTN_SIDE);
	assert_false(log->events[1].button.pressed);
	/* The real release comes later, from a compositor that we do not hear any more. */
	key(log, KEY_LEFTSHIFT, false);
	assert_int_equal(log->n_events, 2);
}

static void
test_every_code_is_released(void **state)
{
	struct log *log = *state;

	for (uint32_t code = 1; code <= KEY_MAX; code++) {
		if (code != KEY_LEFTALT && code != KEY_RIGHTALT) {
			key(log, code, true);
		}
	}
	/* Last: with them others would be ours. */
	key(log, KEY_LEFTALT, true);
	key(log, KEY_RIGHTALT, true);
	key(log, KEY_MAX + 1, true);
	key(log, UINT32_MAX, true);
	assert_int_equal(log->n_events, KEY_MAX);
	router_release_all(log->router);
	assert_int_equal(log->n_events, 2 * KEY_MAX);
}

static void
test_repeats_are_the_guests_own(void **state)
{
	struct log *log = *state;

	key(log, KEY_A, true);
	key(log, KEY_A, true);
	assert_int_equal(log->n_events, 1);
}

static void
test_stats_chord_stays_with_us(void **state)
{
	struct log *log = *state;

	key(log, KEY_LEFTCTRL, true);
	key(log, KEY_S, true);
	key(log, KEY_S, false);
	assert_int_equal(log->n_toggled, 0);
	assert_int_equal(log->n_events, 3);
	key(log, KEY_RIGHTALT, true);
	key(log, KEY_S, true);
	key(log, KEY_S, false);
	assert_int_equal(log->n_toggled, 1);
	assert_int_equal(log->n_lock, 0);
	assert_int_equal(log->n_events, 4);
	/* Pressed with the chord, let go of without. */
	key(log, KEY_S, true);
	key(log, KEY_RIGHTALT, false);
	key(log, KEY_S, false);
	assert_int_equal(log->n_toggled, 2);
	assert_int_equal(log->n_events, 5);
	assert_int_equal(log->events[4].key.code, KEY_RIGHTALT);
}

static void
test_chords_of_windows(void **state)
{
	static const struct {
		uint32_t code;
		enum router_action action;
		uint32_t number;
	} chords[] = {
		{ KEY_F, ROUTER_TOGGLE_FULLSCREEN, 0 },
		{ KEY_0, ROUTER_ZOOM_RESET, 0 },
		{ KEY_KP0, ROUTER_ZOOM_RESET, 0 },
		{ KEY_EQUAL, ROUTER_ZOOM_IN, 0 },
		{ KEY_KPPLUS, ROUTER_ZOOM_IN, 0 },
		{ KEY_MINUS, ROUTER_ZOOM_OUT, 0 },
		{ KEY_KPMINUS, ROUTER_ZOOM_OUT, 0 },
		{ KEY_1, ROUTER_TOGGLE_MONITOR, 1 },
		{ KEY_5, ROUTER_TOGGLE_MONITOR, 5 },
		{ KEY_9, ROUTER_TOGGLE_MONITOR, 9 },
	};
	struct log *log = *state;
	size_t n_chords = sizeof(chords) / sizeof(chords[0]);

	for (size_t i = 0; i < n_chords; i++) {
		/* Alone each of them is the guest's. */
		key(log, chords[i].code, true);
		key(log, chords[i].code, false);
	}
	assert_int_equal(log->n_actions, 0);
	assert_int_equal(log->n_events, 2 * n_chords);
	key(log, KEY_LEFTALT, true);
	key(log, KEY_RIGHTCTRL, true);
	for (size_t i = 0; i < n_chords; i++) {
		key(log, chords[i].code, true);
		key(log, chords[i].code, false);
		assert_int_equal(log->n_actions, i + 1);
		assert_int_equal(log->action, chords[i].action);
		assert_int_equal(log->number, chords[i].number);
	}
	assert_int_equal(log->n_events, 2 * n_chords + 2);
}

static void
test_grab_chord_stays_with_us(void **state)
{
	struct log *log = *state;

	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	key(log, KEY_RIGHTCTRL, true);
	key(log, KEY_LEFTALT, true);
	key(log, KEY_G, true);
	assert_int_equal(log->n_lock, 1);
	key(log, KEY_G, false);
	key(log, KEY_G, true);
	assert_int_equal(log->n_unlock, 1);
	key(log, KEY_G, false);
	for (uint32_t i = 0; i < log->n_events; i++) {
		assert_int_not_equal(log->events[i].key.code, KEY_G);
	}
	key(log, KEY_RIGHTCTRL, false);
	key(log, KEY_LEFTALT, false);
	key(log, KEY_G, true);
	assert_int_equal(log->events[log->n_events - 1].key.code, KEY_G);
}

static void
test_first_click_locks_a_relative_pointer(void **state)
{
	struct log *log = *state;

	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	button(log, BTN_LEFT, true);
	button(log, BTN_LEFT, false);
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_events, 0);
	button(log, BTN_LEFT, true);
	assert_int_equal(log->n_events, 1);
	/* A tablet appeared in the guest: the pointer is free again. */
	router_set_pointer_mode(log->router, POINTER_ABSOLUTE);
	assert_int_equal(log->n_unlock, 1);
}

static void
test_a_lock_that_was_only_asked_for_is_taken_back(void **state)
{
	struct log *log = *state;

	log->slow = true;
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	button(log, BTN_LEFT, true);
	assert_int_equal(log->n_lock, 1);
	router_set_pointer_mode(log->router, POINTER_ABSOLUTE);
	assert_int_equal(log->n_unlock, 1);
}

static void
test_without_a_lock_clicks_reach_the_guest(void **state)
{
	struct log *log = *state;

	log->refuses = true;
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	for (int i = 0; i < 3; i++) {
		button(log, BTN_LEFT, true);
		button(log, BTN_LEFT, false);
	}
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_events, 6);
}

static void
test_motion_fits_the_pointer_mode(void **state)
{
	struct log *log = *state;
	struct input_event absolute = { .kind = INPUT_MOTION };
	struct input_event relative = { .kind = INPUT_RELATIVE };

	router_handle_event(log->router, &absolute);
	router_handle_event(log->router, &relative);
	assert_int_equal(log->n_events, 1);
	assert_int_equal(log->events[0].kind, INPUT_MOTION);
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_handle_event(log->router, &absolute);
	router_handle_event(log->router, &relative);
	assert_int_equal(log->n_events, 2);
	assert_int_equal(log->events[1].kind, INPUT_RELATIVE);
}

static void
test_random_input_leaves_nothing_held(void **state)
{
	struct log *log = *state;
	int32_t held[KEY_MAX + 1] = { 0 };

	srandom(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t code = (uint32_t)random() % (KEY_MAX + 1);
		bool pressed = random() % 2;

		switch (random() % 50) {
		case 0:
			router_set_focus(log->router, false);
			break;
		case 1:
			router_set_pointer_mode(
				log->router, random() % 2 ? POINTER_RELATIVE : POINTER_ABSOLUTE);
			break;
		default:
			if (code >= BTN_MISC && code < KEY_OK) {
				button(log, code, pressed);
			} else {
				key(log, code, pressed);
			}
		}
		if (i == 99999) {
			router_release_all(log->router);
		}
		for (uint32_t k = 0; k < log->n_events; k++) {
			const struct input_event *event = &log->events[k];
			bool is_key = event->kind == INPUT_KEY;
			uint32_t which = is_key ? event->key.code : event->button.code;

			held[which] +=
				(is_key ? event->key.pressed : event->button.pressed) ? 1 : -1;
			assert_in_range(held[which], 0, 1);
		}
		log->n_events = 0;
	}
	for (uint32_t code = 0; code <= KEY_MAX; code++) {
		assert_int_equal(held[code], 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_keys_and_buttons_pass_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_focus_loss_releases_what_is_held_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_code_is_released, setup, teardown),
		cmocka_unit_test_setup_teardown(test_repeats_are_the_guests_own, setup, teardown),
		cmocka_unit_test_setup_teardown(test_grab_chord_stays_with_us, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stats_chord_stays_with_us, setup, teardown),
		cmocka_unit_test_setup_teardown(test_chords_of_windows, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_first_click_locks_a_relative_pointer, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_lock_that_was_only_asked_for_is_taken_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_without_a_lock_clicks_reach_the_guest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_motion_fits_the_pointer_mode, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_random_input_leaves_nothing_held, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
