#include "unit.h"

#include "input/grab.h"

static void
test_click(void **state)
{
	struct grab grab = { .mode = GRAB_CLICK, .capture = CAPTURE_KEYS_ALWAYS, .relative = true };

	grab_set_focus(&grab, true);
	grab_set_hover(&grab, true);
	assert_false(grab_wants_pointer(&grab));
	assert_false(grab_wants_keys(&grab));
	grab_click(&grab);
	assert_true(grab_wants_pointer(&grab));
	assert_true(grab_wants_keys(&grab));
	/* Freed until the next click. */
	grab_toggle(&grab, true);
	assert_false(grab_wants_pointer(&grab));
	assert_false(grab_wants_keys(&grab));
	grab_set_hover(&grab, false);
	grab_set_hover(&grab, true);
	assert_false(grab_wants_pointer(&grab));
	grab_click(&grab);
	assert_true(grab_wants_pointer(&grab));
	grab_set_focus(&grab, false);
	assert_false(grab_wants_pointer(&grab));
	assert_false(grab_wants_keys(&grab));
	grab_set_focus(&grab, true);
	assert_false(grab_wants_pointer(&grab));
	/* A tablet needs no lock. */
	grab.relative = false;
	grab_click(&grab);
	assert_false(grab_wants_pointer(&grab));
	assert_true(grab_wants_keys(&grab));
}

static void
test_hover(void **state)
{
	struct grab grab = { .mode = GRAB_HOVER, .capture = CAPTURE_KEYS_ALWAYS, .relative = true };

	/* Over a window without the keyboard nothing is taken. */
	grab_set_hover(&grab, true);
	assert_false(grab_wants_pointer(&grab));
	grab_set_focus(&grab, true);
	assert_true(grab_wants_pointer(&grab));
	assert_true(grab_wants_keys(&grab));
	grab_toggle(&grab, true);
	grab_click(&grab);
	assert_false(grab_wants_pointer(&grab));
	grab_set_hover(&grab, false);
	grab_set_hover(&grab, true);
	assert_true(grab_wants_pointer(&grab));
}

static void
test_focus(void **state)
{
	struct grab grab = { .mode = GRAB_FOCUS, .capture = CAPTURE_KEYS_ALWAYS, .relative = true };

	grab_set_focus(&grab, true);
	assert_true(grab_wants_pointer(&grab));
	assert_true(grab_wants_keys(&grab));
	grab_toggle(&grab, true);
	/* A second seat's keyboard is no reason. */
	grab_set_focus(&grab, true);
	assert_false(grab_wants_keys(&grab));
	grab_set_focus(&grab, false);
	grab_set_focus(&grab, true);
	assert_true(grab_wants_keys(&grab));
}

static void
test_off(void **state)
{
	struct grab grab = { .mode = GRAB_OFF, .capture = CAPTURE_KEYS_ALWAYS, .relative = true };

	grab.full_screen = true;
	grab_set_focus(&grab, true);
	grab_set_hover(&grab, true);
	grab_click(&grab);
	assert_false(grab_wants_pointer(&grab));
	assert_false(grab_wants_keys(&grab));
	grab_toggle(&grab, false);
	assert_true(grab_wants_pointer(&grab));
	assert_true(grab_wants_keys(&grab));
	grab_set_focus(&grab, false);
	assert_false(grab_wants_keys(&grab));
}

static void
test_full_screen(void **state)
{
	struct grab grab = { .mode = GRAB_CLICK, .capture = CAPTURE_KEYS_FULL_SCREEN };

	grab_set_focus(&grab, true);
	grab_click(&grab);
	assert_false(grab_wants_keys(&grab));
	grab.full_screen = true;
	assert_true(grab_wants_keys(&grab));
	grab_toggle(&grab, true);
	assert_false(grab_wants_keys(&grab));
	grab.full_screen = false;
	/* The hotkey asks for them in a window as well. */
	grab_toggle(&grab, false);
	assert_true(grab_wants_keys(&grab));
}

static void
test_never(void **state)
{
	struct grab grab = { .mode = GRAB_FOCUS, .capture = CAPTURE_KEYS_NEVER, .relative = true };

	grab.full_screen = true;
	grab_set_focus(&grab, true);
	grab_toggle(&grab, false);
	assert_false(grab_wants_keys(&grab));
	assert_true(grab_wants_pointer(&grab));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_click),
		cmocka_unit_test(test_hover),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_full_screen),
		cmocka_unit_test(test_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
