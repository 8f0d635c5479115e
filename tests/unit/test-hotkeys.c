/* Links input_lib: key-layout, chord, hotkeys and key-remap, all that the command line names keys
 * by. */
#include "unit.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "input/hotkeys.h"
#include "input/key-layout.h"
#include "input/key-remap.h"

static int
set_up(void **state)
{
	struct key_layout *layout = NULL;
	int r = key_layout_create(KEY_LAYOUT_DEFAULT, &layout);

	*state = layout;
	return r;
}

static int
tear_down(void **state)
{
	key_layout_destroy(*state);
	return 0;
}

static uint32_t
find(const struct key_layout *layout, const char *name)
{
	return key_layout_find(layout, name, strlen(name));
}

static void
test_names(void **state)
{
	static const struct {
		const char *name;
		uint32_t code;
	} names[] = {
		{ "a", KEY_A },
		{ "A", KEY_A },
		{ "1", KEY_1 },
		{ "F11", KEY_F11 },
		{ "f11", KEY_F11 },
		{ "Control_L", KEY_LEFTCTRL },
		{ "Control_R", KEY_RIGHTCTRL },
		{ "Shift_R", KEY_RIGHTSHIFT },
		{ "Super_L", KEY_LEFTMETA },
		{ "super", KEY_LEFTMETA },
		{ "Caps_Lock", KEY_CAPSLOCK },
		{ "Print", KEY_SYSRQ },
		{ "Pause", KEY_PAUSE },
		{ "Return", KEY_ENTER },
		{ "Enter", KEY_ENTER },
		{ "Escape", KEY_ESC },
		{ "space", KEY_SPACE },
		{ "plus", KEY_EQUAL },
		{ "minus", KEY_MINUS },
		{ "KP_Add", KEY_KPPLUS },
		{ "KP_0", KEY_KP0 },
		{ "Prior", KEY_PAGEUP },
		{ "PgUp", KEY_PAGEUP },
		{ "Delete", KEY_DELETE },
		{ "del", KEY_DELETE },
		{ "Menu", KEY_COMPOSE },
		{ "altgr", KEY_RIGHTALT },
		{ "XF86AudioMute", KEY_MUTE },
		/* What is on no key, or is no name. */
		{ "adiaeresis", 0 },
		{ "Greek_alpha", 0 },
		{ "Ctrrl", 0 },
		{ "", 0 },
		{ "a name that is longer than any that the database has", 0 },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (find(*state, names[i].name) != names[i].code) {
			fail_msg("%s is %u, not %u", names[i].name, find(*state, names[i].name),
				names[i].code);
		}
	}
}

static void
expect_stroke(struct key_layout *layout, uint32_t character, uint32_t code, bool shift, bool altgr)
{
	struct key_stroke stroke;

	assert_true(key_layout_stroke(layout, character, &stroke));
	assert_int_equal(stroke.code, code);
	assert_int_equal(stroke.shift, shift);
	assert_int_equal(stroke.altgr, altgr);
}

static void
test_strokes(void **state)
{
	struct key_layout *german;
	struct key_stroke stroke;

	expect_stroke(*state, 'a', KEY_A, false, false);
	expect_stroke(*state, 'A', KEY_A, true, false);
	expect_stroke(*state, '"', KEY_APOSTROPHE, true, false);
	expect_stroke(*state, '\n', KEY_ENTER, false, false);
	expect_stroke(*state, '\t', KEY_TAB, false, false);
	expect_stroke(*state, ' ', KEY_SPACE, false, false);
	expect_stroke(*state, '7', KEY_7, false, false);
	assert_false(key_layout_stroke(*state, 0xe4, &stroke));
	assert_false(key_layout_stroke(*state, 0x1f600, &stroke));
	assert_false(key_layout_stroke(*state, 0, &stroke));

	assert_int_equal(key_layout_create("de(nodeadkeys)", &german), 0);
	expect_stroke(german, 'z', KEY_Y, false, false);
	expect_stroke(german, 0xe4, KEY_APOSTROPHE, false, false);
	expect_stroke(german, 0x20ac, KEY_E, false, true);
	expect_stroke(german, '@', KEY_Q, false, true);
	expect_stroke(german, '~', KEY_RIGHTBRACE, false, true);
	key_layout_destroy(german);
}

static void
test_no_such_layout(void **state)
{
	char large[KEY_LAYOUT_MAX_SIZE + 1];
	struct key_layout *layout;

	memset(large, 'u', sizeof(large));
	large[KEY_LAYOUT_MAX_SIZE] = '\0';
	assert_int_equal(key_layout_create("nowhere", &layout), -EINVAL);
	assert_int_equal(key_layout_create("us(nothing)", &layout), -EINVAL);
	assert_int_equal(key_layout_create("", &layout), -EINVAL);
	assert_int_equal(key_layout_create(large, &layout), -EINVAL);
}

static void
expect_bad_chord(struct key_layout *layout, const char *text, const char *why)
{
	char error[CHORD_ERROR_SIZE] = "";
	struct chord chord;

	assert_int_equal(chord_parse(layout, text, strlen(text), &chord, error), -EINVAL);
	assert_string_equal(error, why);
}

static void
test_chords(void **state)
{
	uint32_t codes[CHORD_MAX_CODES];
	char error[CHORD_ERROR_SIZE];
	struct chord chord;

	assert_int_equal(chord_parse(*state, "Ctrl+alt+G", 10, &chord, error), 0);
	assert_int_equal(chord.modifiers, MODIFIER_CTRL | MODIFIER_ALT);
	assert_int_equal(chord.code, KEY_G);
	assert_int_equal(chord_parse(*state, "f1+Super_R+Shift_R", 18, &chord, error), 0);
	assert_int_equal(chord.modifiers, MODIFIER_SUPER | MODIFIER_SHIFT);
	assert_int_equal(chord_codes(&chord, codes), 3);
	assert_int_equal(codes[0], KEY_LEFTSHIFT);
	assert_int_equal(codes[1], KEY_LEFTMETA);
	assert_int_equal(codes[2], KEY_F1);
	assert_int_equal(chord_parse(*state, "alt", 3, &chord, error), 0);
	assert_int_equal(chord.code, 0);
	assert_int_equal(chord_codes(&chord, codes), 1);

	expect_bad_chord(*state, "", "there is no key \"\"");
	expect_bad_chord(*state, "ctrl+", "there is no key \"\"");
	expect_bad_chord(*state, "+a", "there is no key \"\"");
	expect_bad_chord(*state, "ctl+a", "there is no key \"ctl\"");
	expect_bad_chord(*state, "ctrl+a+b", "\"b\" is one key too many");
	expect_bad_chord(*state, "ctrl a", "there is no key \"ctrl a\"");
	expect_bad_chord(*state, "\033[1m", "there is no key \"?[1m\"");
}

static void
test_chord_lists(void **state)
{
	struct chord_list list = { 0 };
	char error[CHORD_ERROR_SIZE], many[CHORD_LIST_MAX * 2 + 2];

	assert_int_equal(chord_list_parse(*state, "super+l,alt+tab,F12", &list, error), 0);
	assert_int_equal(list.n_chords, 3);
	assert_true(chord_list_has(&list, MODIFIER_SUPER, KEY_L));
	assert_true(chord_list_has(&list, 0, KEY_F12));
	assert_false(chord_list_has(&list, MODIFIER_SUPER | MODIFIER_SHIFT, KEY_L));
	assert_int_equal(chord_list_modifiers(&list), MODIFIER_SUPER | MODIFIER_ALT);
	/* What is refused changes nothing. */
	assert_int_equal(chord_list_parse(*state, "a,", &list, error), -EINVAL);
	assert_int_equal(list.n_chords, 3);

	for (int i = 0; i <= CHORD_LIST_MAX; i++) {
		memcpy(many + 2 * i, "a,", 2);
	}
	many[2 * CHORD_LIST_MAX - 1] = '\0';
	assert_int_equal(chord_list_parse(*state, many, &list, error), 0);
	assert_int_equal(list.n_chords, CHORD_LIST_MAX);
	many[2 * CHORD_LIST_MAX - 1] = ',';
	many[2 * CHORD_LIST_MAX + 1] = '\0';
	assert_int_equal(chord_list_parse(*state, many, &list, error), -EINVAL);
	assert_string_equal(error, "too many, from \"a\" on");
}

static void
expect_hotkey(
	const struct hotkeys *hotkeys, uint32_t modifiers, uint32_t code, enum hotkey_action action)
{
	const struct hotkey *hotkey = hotkeys_find(hotkeys, modifiers, code);

	assert_non_null(hotkey);
	assert_int_equal(hotkey->action, action);
}

#define CTRL_ALT (MODIFIER_CTRL | MODIFIER_ALT)

static void
test_default_hotkeys(void **state)
{
	struct hotkeys hotkeys;

	hotkeys_init(&hotkeys);
	assert_string_equal(hotkeys.grab_text, "Ctrl+Alt+G");
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_G, HOTKEY_GRAB);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_F, HOTKEY_FULL_SCREEN);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_0, HOTKEY_ZOOM_RESET);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_EQUAL, HOTKEY_ZOOM_IN);
	/* A plus takes Shift on some keyboards. */
	expect_hotkey(&hotkeys, CTRL_ALT | MODIFIER_SHIFT, KEY_EQUAL, HOTKEY_ZOOM_IN);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_MINUS, HOTKEY_ZOOM_OUT);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_S, HOTKEY_SCREENSHOT);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_D, HOTKEY_STATISTICS);
	for (uint32_t i = 1; i <= 9; i++) {
		expect_hotkey(&hotkeys, CTRL_ALT, KEY_1 + i - 1, HOTKEY_MONITOR);
		assert_int_equal(hotkeys_find(&hotkeys, CTRL_ALT, KEY_1 + i - 1)->number, i);
	}
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_END, HOTKEY_SEND);
	assert_int_equal(hotkeys_find(&hotkeys, CTRL_ALT, KEY_END)->send.code, KEY_DELETE);
	expect_hotkey(&hotkeys, CTRL_ALT | MODIFIER_SHIFT, KEY_F12, HOTKEY_SEND);
	assert_int_equal(hotkeys_find(&hotkeys, CTRL_ALT | MODIFIER_SHIFT, KEY_F12)->send.modifiers,
		CTRL_ALT);
	/* The guest's own. */
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_F2));
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_DELETE));
	assert_null(hotkeys_find(&hotkeys, MODIFIER_CTRL, KEY_G));
	assert_null(hotkeys_find(&hotkeys, 0, KEY_G));
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT | MODIFIER_SUPER, KEY_G));
}

static void
test_hotkeys_are_replaced(void **state)
{
	struct hotkeys hotkeys;
	char error[CHORD_ERROR_SIZE];

	hotkeys_init(&hotkeys);
	assert_int_equal(hotkeys_parse(&hotkeys, *state,
				 "toggle-fullscreen=shift+f11,release-cursor=ctrl_l+alt+r", error),
		-EINVAL);
	assert_string_equal(error, "there is no key \"ctrl_l\"");
	assert_int_equal(hotkeys_parse(&hotkeys, *state,
				 "toggle-fullscreen=shift+f11,Release-Cursor=control_l+alt+r,"
				 "zoom-in=,secure-attention=ctrl+alt+end,monitor-2=F9,"
				 "send:ctrl+alt+f2=ctrl+F2,usb-device-reset=shift+f10",
				 error),
		0);
	expect_hotkey(&hotkeys, MODIFIER_SHIFT, KEY_F11, HOTKEY_FULL_SCREEN);
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_F));
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_R, HOTKEY_GRAB);
	assert_string_equal(hotkeys.grab_text, "Control_l+Alt+R");
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_EQUAL));
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_KPPLUS));
	expect_hotkey(&hotkeys, 0, KEY_F9, HOTKEY_MONITOR);
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT, KEY_2));
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_3, HOTKEY_MONITOR);
	expect_hotkey(&hotkeys, MODIFIER_CTRL, KEY_F2, HOTKEY_SEND);
	assert_null(hotkeys_find(&hotkeys, CTRL_ALT | MODIFIER_SHIFT, KEY_F2));
	expect_hotkey(&hotkeys, CTRL_ALT | MODIFIER_SHIFT, KEY_F3, HOTKEY_SEND);
	assert_null(hotkeys_find(&hotkeys, MODIFIER_SHIFT, KEY_F10));
	/* What the user says goes before what is there by itself. */
	assert_int_equal(hotkeys_parse(&hotkeys, *state, "zoom-in=ctrl+alt+0", error), 0);
	expect_hotkey(&hotkeys, CTRL_ALT, KEY_0, HOTKEY_ZOOM_IN);
	assert_int_equal(hotkeys_parse(&hotkeys, *state, "release-cursor=", error), 0);
	assert_string_equal(hotkeys.grab_text, "");
}

static void
test_bad_hotkeys(void **state)
{
	static const char *const bad[][2] = {
		{ "zoom=a", "there is no action \"zoom\"" },
		{ "zoom-in", "no = in \"zoom-in\"" },
		{ "", "no = in \"\"" },
		{ "zoom-in=a,", "no = in \"\"" },
		{ "zoom-in=ctrl+alt", "modifiers alone are no hotkey: \"ctrl+alt\"" },
		{ "monitor-0=a", "there is no action \"monitor-0\"" },
		{ "monitor-10=a", "there is no action \"monitor-10\"" },
		{ "send:=a", "there is no action \"send:\"" },
		{ "send:foo=a", "there is no key \"foo\"" },
	};
	struct hotkeys hotkeys;
	char error[CHORD_ERROR_SIZE], text[64];
	int r = 0;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		hotkeys_init(&hotkeys);
		assert_int_equal(hotkeys_parse(&hotkeys, *state, bad[i][0], error), -EINVAL);
		assert_string_equal(error, bad[i][1]);
	}
	hotkeys_init(&hotkeys);
	for (char c = 'a'; r >= 0 && c <= 'z'; c++) {
		for (char d = 'a'; r >= 0 && d <= 'b'; d++) {
			snprintf(text, sizeof(text), "send:%s+%c=super+%c",
				d == 'a' ? "ctrl" : "alt", c, c);
			r = hotkeys_parse(&hotkeys, *state, text, error);
		}
	}
	assert_int_equal(r, -EINVAL);
	assert_int_equal(hotkeys.n_hotkeys, HOTKEYS_MAX);
	assert_int_equal(strncmp(error, "too many, from ", 15), 0);
}

static void
test_remaps(void **state)
{
	struct key_remaps remaps = { 0 };
	const struct key_remap *remap;
	char error[CHORD_ERROR_SIZE];

	assert_int_equal(
		key_remaps_parse(&remaps, *state, "Super_L=,1=Shift_L+F1,Caps_Lock=a", error), 0);
	assert_int_equal(key_remaps_find(&remaps, KEY_LEFTMETA)->n_targets, 0);
	remap = key_remaps_find(&remaps, KEY_1);
	assert_int_equal(remap->n_targets, 2);
	assert_int_equal(remap->targets[0], KEY_LEFTSHIFT);
	assert_int_equal(remap->targets[1], KEY_F1);
	assert_null(key_remaps_find(&remaps, KEY_2));
	assert_int_equal(key_remaps_parse(&remaps, *state, "1=2", error), 0);
	assert_int_equal(key_remaps_find(&remaps, KEY_1)->n_targets, 1);
	assert_int_equal(remaps.n_remaps, 3);

	assert_int_equal(key_remaps_parse(&remaps, *state, "a=b+", error), -EINVAL);
	assert_string_equal(error, "there is no key \"\"");
	assert_int_equal(key_remaps_parse(&remaps, *state, "=b", error), -EINVAL);
	assert_int_equal(key_remaps_parse(&remaps, *state, "a", error), -EINVAL);
	assert_string_equal(error, "no = in \"a\"");
	assert_int_equal(key_remaps_parse(&remaps, *state, "a=b+c+d+e+f", error), -EINVAL);
	assert_string_equal(error, "too many keys, from \"f\"");
	assert_null(key_remaps_find(&remaps, KEY_A));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_strokes),
		cmocka_unit_test(test_no_such_layout),
		cmocka_unit_test(test_chords),
		cmocka_unit_test(test_chord_lists),
		cmocka_unit_test(test_default_hotkeys),
		cmocka_unit_test(test_hotkeys_are_replaced),
		cmocka_unit_test(test_bad_hotkeys),
		cmocka_unit_test(test_remaps),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
