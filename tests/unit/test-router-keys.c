#include "router-log.h"

#include <linux/input-event-codes.h>
#include <string.h>

#include "input/holdback.h"

static void
focus(struct router_log *log, uint32_t n_keys, const uint32_t *keys)
{
	router_set_focus(log->router, true, keys, n_keys);
}

/* Nobody has a lone Super: neither the guest when the host used it, nor the host. */
static void
test_super_waits_for_the_next_key(void **state)
{
	struct router_log *log = *state;

	focus(log, 0, NULL);
	/* A tap is one. */
	router_log_key_at(log, KEY_LEFTMETA, true, 1000);
	router_log_expect(log, "");
	router_log_key_at(log, KEY_LEFTMETA, false, 1000 + HOLDBACK_TAP_MS);
	router_log_expect(log, "+125 -125");
	/* What took longer was for the host, whose combination we did not see. */
	router_log_key_at(log, KEY_LEFTMETA, true, 5000);
	router_log_key_at(log, KEY_LEFTMETA, false, 5001 + HOLDBACK_TAP_MS);
	router_log_expect(log, "");
	/* With a key that comes here it is the guest's. */
	router_log_key(log, KEY_RIGHTMETA, true);
	router_log_key(log, KEY_LEFTSHIFT, true);
	router_log_expect(log, "");
	router_log_key(log, KEY_R, true);
	router_log_expect(log, "+126 +42 +19");
	router_log_key(log, KEY_R, false);
	router_log_key(log, KEY_RIGHTMETA, false);
	router_log_key(log, KEY_LEFTSHIFT, false);
	router_log_expect(log, "-19 -126 -42");
	/* A click, too. */
	router_log_key(log, KEY_LEFTMETA, true);
	router_log_button(log, BTN_LEFT, true);
	router_log_expect(log, "+125 +272");
	/* The focus goes in the middle of it. */
	router_set_focus(log->router, false, NULL, 0);
	router_log_expect(log, "-125 -272");
	focus(log, 0, NULL);
	router_log_key(log, KEY_LEFTMETA, true);
	router_set_focus(log->router, false, NULL, 0);
	router_log_expect(log, "");
}

/* Clocks of devices wrap around. */
static void
test_a_tap_over_the_end_of_time(void **state)
{
	struct router_log *log = *state;

	focus(log, 0, NULL);
	router_log_key_at(log, KEY_LEFTMETA, true, UINT32_MAX - 10);
	router_log_key_at(log, KEY_LEFTMETA, false, 20);
	router_log_expect(log, "+125 -125");
}

static void
test_super_goes_at_once_when_all_keys_come_here(void **state)
{
	struct router_log *log = *state;

	log->options.capture = CAPTURE_KEYS_ALWAYS;
	log->options.grab = GRAB_FOCUS;
	router_log_start(log);
	focus(log, 0, NULL);
	assert_int_equal(log->n_inhibit, 1);
	router_log_key(log, KEY_LEFTMETA, true);
	router_log_expect(log, "+125");
	router_log_expect_hint(log, "press Ctrl+Alt+G to free the keyboard");
	/* The compositor's own key took them back: what is held may go up elsewhere. */
	router_set_shortcuts(log->router, ROUTER_SHORTCUTS_TAKEN_BACK);
	router_log_expect(log, "-125");
	router_log_expect_hint(log, "the desktop has taken its keys back");
	router_log_key(log, KEY_LEFTMETA, false);
	router_log_expect(log, "");
}

static void
test_pass_keys(void **state)
{
	struct router_log *log = *state;

	log->options.capture = CAPTURE_KEYS_ALWAYS;
	log->options.grab = GRAB_FOCUS;
	log->options.pass_keys =
		(struct chord_list){ 2, { { MODIFIER_SUPER, KEY_L }, { MODIFIER_ALT, KEY_TAB } } };
	router_log_start(log);
	focus(log, 0, NULL);
	assert_int_equal(log->n_inhibit, 1);
	/* The host is to have what comes next. */
	router_log_key_at(log, KEY_LEFTALT, true, 0);
	router_log_expect(log, "");
	assert_int_equal(log->n_let, 1);
	/* It did not want Alt+F4, so that is the guest's, and so are all others again. */
	router_log_key(log, KEY_F4, true);
	router_log_expect(log, "+56 +62");
	assert_int_equal(log->n_inhibit, 2);
	router_log_key(log, KEY_F4, false);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_expect(log, "-62 -56");
	/* It wants Alt+Tab, and we see nothing of the Tab. */
	router_log_key_at(log, KEY_LEFTALT, true, 0);
	router_log_key_at(log, KEY_LEFTALT, false, 2000);
	router_log_expect(log, "");
	assert_int_equal(log->n_let, 2);
	assert_int_equal(log->n_inhibit, 3);
	/* A host without such a combination: it is not the guest's all the same. */
	router_log_key_at(log, KEY_LEFTMETA, true, 0);
	router_log_key_at(log, KEY_L, true, 10);
	router_log_key_at(log, KEY_L, false, 20);
	router_log_key_at(log, KEY_LEFTMETA, false, 30);
	router_log_expect(log, "");
	assert_int_equal(log->n_inhibit, 4);
	/* A tap of such a modifier is one. */
	router_log_key_at(log, KEY_LEFTALT, true, 100);
	router_log_key_at(log, KEY_LEFTALT, false, 110);
	router_log_expect(log, "+56 -56");
	assert_int_equal(log->n_inhibit, log->n_let + 1);
}

static void
test_more_modifiers_than_are_held_back(void **state)
{
	static const uint32_t codes[] = { KEY_LEFTMETA, KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT,
		KEY_RIGHTSHIFT, KEY_LEFTALT, KEY_RIGHTALT, KEY_RIGHTMETA };
	struct router_log *log = *state;

	focus(log, 0, NULL);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 8; i++) {
			router_log_key(log, codes[i], true);
		}
		router_log_key(log, KEY_A, true);
		router_log_expect(log, "+125 +29 +97 +42 +54 +56 +100 +126 +30");
		router_set_focus(log->router, false, NULL, 0);
		router_log_expect(log, "-29 -30 -42 -54 -56 -97 -100 -125 -126");
		focus(log, 0, NULL);
	}
}

static void
test_keys_held_on_entering(void **state)
{
	static const uint32_t keys[] = { KEY_A, KEY_LEFTSHIFT, KEY_MAX + 1, UINT32_MAX };
	struct router_log *log = *state;

	focus(log, 4, keys);
	router_log_expect(log, "");
	/* Repeated or let go of, it is not for us. */
	router_log_key(log, KEY_A, true);
	router_log_key(log, KEY_A, false);
	router_log_expect(log, "");
	/* The modifier counts for what is typed with it. */
	router_log_key(log, KEY_B, true);
	router_log_expect(log, "+42 +48");
	router_log_key(log, KEY_B, false);
	router_log_key(log, KEY_LEFTSHIFT, false);
	router_log_expect(log, "-48 -42");
	/* If nothing is, the guest hears nothing of it. */
	focus(log, 1, &keys[1]);
	router_log_key(log, KEY_LEFTSHIFT, false);
	router_log_expect(log, "");
	router_log_key(log, KEY_A, true);
	router_log_expect(log, "+30");
}

static void
test_hotkeys_with_modifiers_held_on_entering(void **state)
{
	static const uint32_t keys[] = { KEY_LEFTCTRL, KEY_LEFTALT };
	struct router_log *log = *state;

	focus(log, 2, keys);
	router_log_key(log, KEY_F, true);
	assert_int_equal(log->action.action, HOTKEY_FULL_SCREEN);
	router_log_key(log, KEY_F, false);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_LEFTCTRL, false);
	router_log_expect(log, "");
}

static void
test_keep_keys(void **state)
{
	static const uint32_t keys[] = { KEY_W, KEY_S };
	struct router_log *log = *state;

	log->options.keep_keys = true;
	router_log_start(log);
	focus(log, 0, NULL);
	router_log_key(log, KEY_W, true);
	router_log_key(log, KEY_D, true);
	router_log_button(log, BTN_LEFT, true);
	router_log_expect(log, "+17 +32 +272");
	router_set_focus(log->router, false, NULL, 0);
	router_log_expect(log, "");
	/* D went up, and the button; W is down still; S was meant for somebody else. */
	focus(log, 2, keys);
	router_log_expect(log, "-32 -272");
	router_log_key(log, KEY_S, false);
	router_log_key(log, KEY_W, false);
	router_log_expect(log, "-17");
	router_log_key(log, KEY_W, true);
	router_set_focus(log->router, false, NULL, 0);
	router_log_expect(log, "+17");
	router_release_all(log->router);
	router_log_expect(log, "-17");
}

static void
test_remapped_keys(void **state)
{
	struct router_log *log = *state;

	log->options.remaps = (struct key_remaps){ 3,
		{ { KEY_CAPSLOCK, 1, { KEY_LEFTCTRL } }, { KEY_F1, 2, { KEY_LEFTSHIFT, KEY_F9 } },
			{ KEY_LEFTMETA, 0, { 0 } } } };
	router_log_start(log);
	focus(log, 0, NULL);
	router_log_key(log, KEY_F1, true);
	router_log_key(log, KEY_F1, false);
	router_log_expect(log, "+42 +67 -67 -42");
	router_log_key(log, KEY_LEFTMETA, true);
	router_log_key(log, KEY_A, true);
	router_log_key(log, KEY_A, false);
	router_log_key(log, KEY_LEFTMETA, false);
	router_log_expect(log, "+30 -30");
	/* Two keys of the user's that are one of the guest's. */
	router_log_key(log, KEY_CAPSLOCK, true);
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_CAPSLOCK, false);
	router_log_expect(log, "+29");
	router_log_key(log, KEY_LEFTCTRL, false);
	router_log_expect(log, "-29");
	router_log_key(log, KEY_CAPSLOCK, true);
	router_set_focus(log->router, false, NULL, 0);
	router_log_expect(log, "+29 -29");
}

static void
test_what_is_typed_for_the_user(void **state)
{
	struct router_log *log = *state;

	focus(log, 0, NULL);
	router_log_key(log, KEY_RIGHTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_END, true);
	/* What is held does not mix with it. */
	router_log_expect(log, "+97 +56 -56 -97 +29 +56 +111 -111 -56 -29");
	router_log_key(log, KEY_END, false);
	router_log_key(log, KEY_LEFTSHIFT, true);
	router_log_key(log, KEY_F2, true);
	router_log_expect(log, "+42 -42 +29 +56 +60 -60 -56 -29");
	router_log_key(log, KEY_F2, false);
	router_log_key(log, KEY_LEFTSHIFT, false);
	router_log_key(log, KEY_SYSRQ, true);
	router_log_expect(log, "+99 -99");
	router_log_key(log, KEY_SYSRQ, false);
	router_log_key(log, KEY_RIGHTCTRL, false);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_expect(log, "");
	assert_int_equal(log->n_actions, 0);
}

static void
test_grab_hotkey_takes_the_keys(void **state)
{
	struct router_log *log = *state;

	focus(log, 0, NULL);
	assert_int_equal(log->n_inhibit, 0);
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_G, true);
	router_log_key(log, KEY_G, false);
	assert_int_equal(log->n_inhibit, 1);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_LEFTCTRL, false);
	assert_int_equal(log->n_let, 0);
	/* Ctrl+Alt alone frees, as with virt-viewer; with another key between it does not. */
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_A, true);
	router_log_key(log, KEY_A, false);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_LEFTCTRL, false);
	assert_int_equal(log->n_let, 0);
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_LEFTALT, false);
	router_log_key(log, KEY_LEFTCTRL, false);
	assert_int_equal(log->n_let, 1);
	/* There is nothing to free any more, and it takes nothing either. */
	router_log_key(log, KEY_LEFTCTRL, true);
	router_log_key(log, KEY_LEFTALT, true);
	router_log_key(log, KEY_LEFTCTRL, false);
	router_log_key(log, KEY_LEFTALT, false);
	assert_int_equal(log->n_inhibit, 1);
}

static void
test_full_screen_takes_the_keys(void **state)
{
	struct router_log *log = *state;

	focus(log, 0, NULL);
	router_set_full_screen(log->router, true);
	assert_int_equal(log->n_inhibit, 1);
	router_set_full_screen(log->router, false);
	assert_int_equal(log->n_let, 1);
	router_set_full_screen(log->router, true);
	router_set_focus(log->router, false, NULL, 0);
	assert_int_equal(log->n_let, 2);
}

#define ALL_LOCKS (INPUT_LOCK_CAPS | INPUT_LOCK_NUM | INPUT_LOCK_SCROLL)

static void
test_lock_keys(void **state)
{
	struct router_log *log = *state;

	log->options.lock_keys = true;
	router_log_start(log);
	/* A guest that never said which are on is left alone. */
	focus(log, 0, NULL);
	router_set_locks(log->router, ALL_LOCKS, INPUT_LOCK_CAPS);
	router_log_expect(log, "");
	router_set_leds(log->router, INPUT_LOCK_NUM);
	router_set_focus(log->router, false, NULL, 0);
	router_set_locks(log->router, ALL_LOCKS, INPUT_LOCK_CAPS | INPUT_LOCK_SCROLL);
	router_log_expect(log, "");
	focus(log, 0, NULL);
	router_set_locks(log->router, ALL_LOCKS, INPUT_LOCK_CAPS | INPUT_LOCK_SCROLL);
	router_log_expect(log, "+58 -58 +69 -69 +70 -70");
	/* Once: it would fight a guest that uses the key for something else. */
	router_set_locks(log->router, ALL_LOCKS, INPUT_LOCK_CAPS);
	router_log_expect(log, "");
	router_set_focus(log->router, false, NULL, 0);
	router_set_leds(log->router, INPUT_LOCK_CAPS);
	focus(log, 0, NULL);
	router_set_locks(log->router, ALL_LOCKS, INPUT_LOCK_CAPS);
	router_log_expect(log, "");
	/* A lock that the host does not have is not in line, nor out of it. */
	router_set_focus(log->router, false, NULL, 0);
	router_set_leds(log->router, INPUT_LOCK_SCROLL | INPUT_LOCK_CAPS);
	focus(log, 0, NULL);
	router_set_locks(log->router, INPUT_LOCK_CAPS | INPUT_LOCK_NUM, 0);
	router_log_expect(log, "+58 -58");
	/* Nobody asked for it. */
	log->options.lock_keys = false;
	router_set_focus(log->router, false, NULL, 0);
	focus(log, 0, NULL);
	router_set_locks(log->router, ALL_LOCKS, 0);
	router_log_expect(log, "");
}

static void
test_no_answer_from_the_desktop(void **state)
{
	struct router_log *log = *state;
	struct unit_output output;

	log->slow = true;
	focus(log, 0, NULL);
	router_set_full_screen(log->router, true);
	router_set_shortcuts(log->router, ROUTER_SHORTCUTS_ASKED);
	router_log_expect_hint(log, "");
	/* Three seconds later. */
	assert_non_null(log->deadlines.first);
	unit_output_begin(&output, 2);
	log->deadlines.first->reached(log->deadlines.first->data);
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "flatpak permission-set gnome shortcuts-inhibitor"));
	router_log_expect_hint(log, "the desktop keeps its keys: waiting for an answer, or denied");
	router_set_shortcuts(log->router, ROUTER_SHORTCUTS_INHIBITED);
	router_log_expect_hint(log, "press Ctrl+Alt+G to free the keyboard");
	router_set_pointer_mode(log->router, POINTER_RELATIVE);
	router_set_locked(log->router, true);
	router_log_expect_hint(log, "press Ctrl+Alt+G to free the pointer and the keyboard");
	router_set_shortcuts(log->router, ROUTER_SHORTCUTS_HOST);
	router_log_expect_hint(log, "press Ctrl+Alt+G to free the pointer");
	router_set_locked(log->router, false);
	router_set_shortcuts(log->router, ROUTER_SHORTCUTS_UNSUPPORTED);
	router_log_expect_hint(log, "this desktop keeps its keys");
	assert_null(log->deadlines.first);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, router_log_set_up, router_log_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_super_waits_for_the_next_key),
		TEST(test_a_tap_over_the_end_of_time),
		TEST(test_super_goes_at_once_when_all_keys_come_here),
		TEST(test_pass_keys),
		TEST(test_more_modifiers_than_are_held_back),
		TEST(test_keys_held_on_entering),
		TEST(test_hotkeys_with_modifiers_held_on_entering),
		TEST(test_keep_keys),
		TEST(test_remapped_keys),
		TEST(test_what_is_typed_for_the_user),
		TEST(test_grab_hotkey_takes_the_keys),
		TEST(test_full_screen_takes_the_keys),
		TEST(test_lock_keys),
		TEST(test_no_answer_from_the_desktop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
