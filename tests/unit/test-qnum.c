/* Needs qemu_dbus_lib. */
#include "unit.h"

#include <linux/input-event-codes.h>

#include "qemu-dbus/qnum.h"

struct pair {
	uint32_t code;
	uint32_t qnum;
};

/*
 * Written down from the scan codes (set 1) that keyboards send, as IBM's and Microsoft's tables
 * give them: 0xe0 NN is 0x80 | NN here.
 */
static const struct pair extended_keys[] = {
	{ KEY_KPENTER, 0x80 | 0x1c },
	{ KEY_RIGHTCTRL, 0x80 | 0x1d },
	{ KEY_KPSLASH, 0x80 | 0x35 },
	{ KEY_RIGHTALT, 0x80 | 0x38 },
	{ KEY_HOME, 0x80 | 0x47 },
	{ KEY_UP, 0x80 | 0x48 },
	{ KEY_PAGEUP, 0x80 | 0x49 },
	{ KEY_LEFT, 0x80 | 0x4b },
	{ KEY_RIGHT, 0x80 | 0x4d },
	{ KEY_END, 0x80 | 0x4f },
	{ KEY_DOWN, 0x80 | 0x50 },
	{ KEY_PAGEDOWN, 0x80 | 0x51 },
	{ KEY_INSERT, 0x80 | 0x52 },
	{ KEY_DELETE, 0x80 | 0x53 },
	{ KEY_LEFTMETA, 0x80 | 0x5b },
	{ KEY_RIGHTMETA, 0x80 | 0x5c },
	{ KEY_COMPOSE, 0x80 | 0x5d },
	{ KEY_POWER, 0x80 | 0x5e },
	{ KEY_SLEEP, 0x80 | 0x5f },
	{ KEY_WAKEUP, 0x80 | 0x63 },
	{ KEY_MUTE, 0x80 | 0x20 },
	{ KEY_VOLUMEDOWN, 0x80 | 0x2e },
	{ KEY_VOLUMEUP, 0x80 | 0x30 },
	{ KEY_PLAYPAUSE, 0x80 | 0x22 },
	{ KEY_NEXTSONG, 0x80 | 0x19 },
	{ KEY_PREVIOUSSONG, 0x80 | 0x10 },
	{ KEY_STOPCD, 0x80 | 0x24 },
	{ KEY_PAUSE, 0x80 | 0x46 },
	{ KEY_SYSRQ, 0x54 },
	{ KEY_RO, 0x73 },
	{ KEY_YEN, 0x7d },
	{ KEY_KATAKANAHIRAGANA, 0x70 },
	{ KEY_HENKAN, 0x79 },
	{ KEY_MUHENKAN, 0x7b },
	{ KEY_KPCOMMA, 0x7e },
	{ KEY_KPEQUAL, 0x59 },
};

static void
test_the_pc_keyboard_numbers_itself(void **state)
{
	/* input-event-codes.h took these from the scan codes: Escape to keypad dot, 102nd, F11,
	 * F12. */
	for (uint32_t code = KEY_ESC; code <= KEY_KPDOT; code++) {
		assert_int_equal(qnum_from_evdev(code), code);
	}
	assert_int_equal(qnum_from_evdev(KEY_102ND), 0x56);
	assert_int_equal(qnum_from_evdev(KEY_F11), 0x57);
	assert_int_equal(qnum_from_evdev(KEY_F12), 0x58);
}

static void
test_extended_keys_have_their_scan_codes(void **state)
{
	for (size_t i = 0; i < sizeof(extended_keys) / sizeof(extended_keys[0]); i++) {
		assert_int_equal(qnum_from_evdev(extended_keys[i].code), extended_keys[i].qnum);
	}
}

static void
test_numbers_are_unique_and_a_byte(void **state)
{
	uint32_t owner[256] = { 0 };

	for (uint32_t code = 0; code <= KEY_MAX; code++) {
		uint32_t qnum = qnum_from_evdev(code);

		assert_true(qnum < 256);
		/* Code 84 has no name; it is what print screen sends together with Alt. */
		if (qnum != 0 && code != 84) {
			assert_int_equal(owner[qnum], 0);
			owner[qnum] = code;
		}
	}
}

static void
test_other_keys_have_none(void **state)
{
	assert_int_equal(qnum_from_evdev(KEY_RESERVED), 0);
	assert_int_equal(qnum_from_evdev(KEY_WIMAX), 0);
	for (uint32_t code = 240; code <= KEY_MAX; code++) {
		assert_int_equal(qnum_from_evdev(code), 0);
	}
	assert_int_equal(qnum_from_evdev(BTN_LEFT), 0);
	assert_int_equal(qnum_from_evdev(UINT32_MAX), 0);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_pc_keyboard_numbers_itself),
		cmocka_unit_test(test_extended_keys_have_their_scan_codes),
		cmocka_unit_test(test_numbers_are_unique_and_a_byte),
		cmocka_unit_test(test_other_keys_have_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
