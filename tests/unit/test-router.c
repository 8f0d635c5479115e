#include "router-log.h"

#include <linux/input-event-codes.h>
#include <stdlib.h>

static void
test_keys_and_buttons_pass_in_order(void **state)
{
	struct router_log *log = *state;

	router_log_key(log, KEY_A, true);
	router_log_button(log, BTN_LEFT, true);
	router_log_key(log, KEY_A, false);
	router_log_button(log, BTN_LEFT, false);
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
	struct router_log *log = *state;

	router_log_key(log, KEY_LEFTSHIFT, true);
	router_log_key(log, KEY_A, true);
	router_log_key(log, KEY_A, false);
	router_log_button(log, BTN_SIDE, true);
	log->n_events = 0;
	router_set_focus(log->router, false, NULL, 0);
	assert_int_equal(log->n_events, 2);
	assert_int_equal(log->events[0].kind, INPUT_KEY);
	assert_int_equal(log->events[0].key.code, KEY_LEFTSHIFT);
	assert_false(log->events[0].key.pressed);
	assert_int_equal(log->events[1].kind, INPUT_BUTTON);
	assert_int_equal(log->events[1].button.code, BTN_SIDE);
	assert_false(log->events[1].button.pressed);
	/* The real release comes later, from a compositor that we do not hear any more. */
	router_log_key(log, KEY_LEFTSHIFT, false);
	assert_int_equal(log->n_events, 2);
}

static void
test_every_code_is_released(void **state)
{
	struct router_log *log = *state;

	for (uint32_t code = 1; code <= KEY_MAX; code++) {
		if (code != KEY_LEFTALT && code != KEY_RIGHTALT) {
			router_log_key(log, code, true);
		}
	}
	/* Last: with them others would be ours. */
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_RIGHTALT, true);
	router_log_key(log, KEY_MAX + 1, true);
	router_log_key(log, UINT32_MAX, true);
	assert_int_equal(log->n_events, KEY_MAX);
	router_release_all(log->router);
	assert_int_equal(log->n_events, 2 * KEY_MAX);
}

static void
test_repeats_are_the_guests_own(void **state)
{
	struct router_log *log = *state;

	router_log_key(log, KEY_A, true);
	router_log_key(log, KEY_A, true);
	assert_int_equal(log->n_events, 1);
}

static void
test_stats_chord_stays_with_us(void **state)
{
	struct router_log *log = *state;

	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_D, true);
	router_log_key(log, KEY_D, false);
	assert_int_equal(log->n_actions, 0);
	assert_int_equal(log->n_events, 3);
	router_log_key(log, KEY_RIGHTALT, true);
	router_log_key(log, KEY_D, true);
	router_log_key(log, KEY_D, false);
	assert_int_equal(log->n_actions, 1);
	assert_int_equal(log->n_lock, 0);
	assert_int_equal(log->n_events, 4);
	/* Pressed with the chord, let go of without. */
	router_log_key(log, KEY_D, true);
	router_log_key(log, KEY_RIGHTALT, false);
	router_log_key(log, KEY_D, false);
	assert_int_equal(log->n_actions, 2);
	assert_int_equal(log->n_events, 5);
	assert_int_equal(log->events[4].key.code, KEY_RIGHTALT);
}

static void
test_chords_of_windows(void **state)
{
	static const struct {
		uint32_t code;
		enum hotkey_action action;
		uint32_t number;
	} chords[] = {
		{ KEY_F, HOTKEY_FULL_SCREEN, 0 },
		{ KEY_0, HOTKEY_ZOOM_RESET, 0 },
		{ KEY_KP0, HOTKEY_ZOOM_RESET, 0 },
		{ KEY_EQUAL, HOTKEY_ZOOM_IN, 0 },
		{ KEY_KPPLUS, HOTKEY_ZOOM_IN, 0 },
		{ KEY_MINUS, HOTKEY_ZOOM_OUT, 0 },
		{ KEY_KPMINUS, HOTKEY_ZOOM_OUT, 0 },
		{ KEY_1, HOTKEY_MONITOR, 1 },
		{ KEY_5, HOTKEY_MONITOR, 5 },
		{ KEY_9, HOTKEY_MONITOR, 9 },
	};
	struct router_log *log = *state;
	size_t n_chords = sizeof(chords) / sizeof(chords[0]);

	for (size_t i = 0; i < n_chords; i++) {
		/* Alone each of them is the guest's. */
		router_log_key(log, chords[i].code, true);
		router_log_key(log, chords[i].code, false);
	}
	assert_int_equal(log->n_actions, 0);
	assert_int_equal(log->n_events, 2 * n_chords);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_RIGHTCTRL, true);
	for (size_t i = 0; i < n_chords; i++) {
		router_log_key(log, chords[i].code, true);
		router_log_key(log, chords[i].code, false);
		assert_int_equal(log->n_actions, i + 1);
		assert_int_equal(log->action.action, chords[i].action);
		assert_int_equal(log->action.number, chords[i].number);
	}
	assert_int_equal(log->n_events, 2 * n_chords + 2);
}

static void
test_grab_chord_stays_with_us(void **state)
{
	struct router_log *log = *state;

	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_log_key(log, KEY_RIGHTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_G, true);
	assert_int_equal(log->n_lock, 1);
	router_log_key(log, KEY_G, false);
	router_log_key(log, KEY_G, true);
	assert_int_equal(log->n_unlock, 1);
	router_log_key(log, KEY_G, false);
	for (uint32_t i = 0; i < log->n_events; i++) {
		assert_int_not_equal(log->events[i].key.code, KEY_G);
	}
	router_log_key(log, KEY_RIGHTCTRL, false);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_G, true);
	assert_int_equal(log->events[log->n_events - 1].key.code, KEY_G);
}

static void
test_first_click_locks_a_relative_pointer(void **state)
{
	struct router_log *log = *state;

	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_events, 0);
	router_log_button(log, BTN_LEFT, true);
	assert_int_equal(log->n_events, 1);
	/* A tablet appeared in the guest: the pointer is free again. */
	router_set_pointer_mode(log->router, POINTER_ABSOLUTE);
	assert_int_equal(log->n_unlock, 1);
}

static void
test_a_lock_that_was_only_asked_for_is_taken_back(void **state)
{
	struct router_log *log = *state;

	log->slow = true;
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_log_button(log, BTN_LEFT, true);
	assert_int_equal(log->n_lock, 1);
	router_set_pointer_mode(log->router, POINTER_ABSOLUTE);
	assert_int_equal(log->n_unlock, 1);
}

/* The compositor's own key, say: the pointer comes back with the next click, and no click is lost.
 */
static void
test_a_lock_that_was_broken_is_asked_for_again(void **state)
{
	struct router_log *log = *state;

	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	router_log_expect(log, "+272 -272");
	router_set_locked(log->router, false);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	router_log_expect(log, "");
	assert_int_equal(log->n_lock, 2);
	assert_int_equal(log->n_unlock, 0);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	router_log_expect(log, "+272 -272");
}

static void
test_without_a_lock_clicks_reach_the_guest(void **state)
{
	struct router_log *log = *state;

	log->refuses = true;
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	for (int i = 0; i < 3; i++) {
		router_log_button(log, BTN_LEFT, true);
		router_log_button(log, BTN_LEFT, false);
	}
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_events, 6);
}

static void
test_motion_fits_the_pointer_mode(void **state)
{
	struct router_log *log = *state;
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
	struct router_log *log = *state;
	int32_t held[KEY_MAX + 1] = { 0 };

	srandom(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t code = (uint32_t)random() % (KEY_MAX + 1);
		bool pressed = random() % 2;

		switch (random() % 50) {
		case 0:
			router_set_focus(log->router, false, NULL, 0);
			break;
		case 1:
			router_set_pointer_mode(
				log->router, random() % 2 ? POINTER_RELATIVE : POINTER_ABSOLUTE);
			break;
		default:
			if (code >= BTN_MISC && code < KEY_OK) {
				router_log_button(log, code, pressed);
			} else {
				router_log_key(log, code, pressed);
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

static void
touch(struct router_log *log, enum touch_phase phase, uint32_t slot)
{
	struct input_event event = { .kind = INPUT_TOUCH,
		.touch = { .phase = phase, .slot = slot } };

	router_handle_event(log->router, &event);
}

static void
test_fingers_and_pens_are_lifted_at_the_end(void **state)
{
	struct input_event pen = { .kind = INPUT_PEN, .pen = { .near = true, .touching = true } };
	struct router_log *log = *state;

	touch(log, TOUCH_BEGIN, 0);
	touch(log, TOUCH_BEGIN, 3);
	touch(log, TOUCH_BEGIN, 3);
	touch(log, TOUCH_UPDATE, 3);
	touch(log, TOUCH_END, 0);
	router_handle_event(log->router, &pen);
	assert_int_equal(log->n_events, 5);
	/* The keyboard's focus is nothing to them. */
	router_set_focus(log->router, false, NULL, 0);
	assert_int_equal(log->n_events, 5);
	log->n_events = 0;
	router_destroy(log->router);
	log->router = NULL;
	assert_int_equal(log->n_events, 2);
	assert_int_equal(log->events[0].kind, INPUT_PEN);
	assert_false(log->events[0].pen.near);
	assert_int_equal(log->events[1].touch.phase, TOUCH_CANCEL);
	assert_int_equal(log->events[1].touch.slot, 3);
	/* What belongs to a finger of before is not for the guest. */
	router_log_start(log);
	touch(log, TOUCH_UPDATE, 3);
	touch(log, TOUCH_END, 3);
	touch(log, TOUCH_BEGIN, 32);
	assert_int_equal(log->n_events, 0);
}

/* Its VM is gone: nothing is sent, nothing is held, all is the host's; our own keys go on. */
static void
test_an_absent_guest(void **state)
{
	struct router_log *log = *state;

	log->options.capture = CAPTURE_KEYS_ALWAYS;
	router_log_start(log);
	router_set_focus(log->router, true, NULL, 0);
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_log_button(log, BTN_LEFT, true);
	router_log_button(log, BTN_LEFT, false);
	router_set_locked(log->router, true);
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_inhibit, 1);
	router_log_key(log, KEY_A, true);
	router_log_button(log, BTN_RIGHT, true);
	router_log_expect(log, "+30 +273");

	router_set_absent(log->router, true);
	router_log_expect(log, "-30 -273");
	assert_int_equal(log->n_unlock, 1);
	assert_int_equal(log->n_let, 1);
	router_set_locked(log->router, false);
	router_log_key(log, KEY_A, false);
	router_log_button(log, BTN_RIGHT, false);
	router_log_key(log, KEY_LEFTSHIFT, true);
	router_log_button(log, BTN_LEFT, true);
	router_set_focus(log->router, false, NULL, 0);
	router_set_focus(log->router, true, NULL, 0);
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_F, true);
	assert_int_equal(log->n_actions, 1);
	assert_int_equal(log->action.action, HOTKEY_FULL_SCREEN);
	router_log_key(log, KEY_F, false);
	/* Takes nothing, as nobody is there. */
	router_log_key(log, KEY_G, true);
	router_log_key(log, KEY_G, false);
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_inhibit, 1);

	/* What is down by now was pressed for nobody, and the click was for another guest. */
	router_set_absent(log->router, false);
	assert_int_equal(log->n_lock, 1);
	assert_int_equal(log->n_inhibit, 1);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_LEFTCTRL, false);
	router_log_button(log, BTN_LEFT, false);
	router_log_expect(log, "");
	router_log_key(log, KEY_A, true);
	router_log_expect(log, "+30");
	router_log_button(log, BTN_LEFT, true);
	assert_int_equal(log->n_lock, 2);
	assert_int_equal(log->n_inhibit, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_keys_and_buttons_pass_in_order,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_focus_loss_releases_what_is_held_and_nothing_else, router_log_set_up,
			router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_every_code_is_released, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_repeats_are_the_guests_own, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_grab_chord_stays_with_us, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_stats_chord_stays_with_us, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_chords_of_windows, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_first_click_locks_a_relative_pointer,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_a_lock_that_was_only_asked_for_is_taken_back,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_without_a_lock_clicks_reach_the_guest,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_motion_fits_the_pointer_mode, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_fingers_and_pens_are_lifted_at_the_end,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_a_lock_that_was_broken_is_asked_for_again,
			router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(
			test_an_absent_guest, router_log_set_up, router_log_tear_down),
		cmocka_unit_test_setup_teardown(test_random_input_leaves_nothing_held,
			router_log_set_up, router_log_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
