#include "unit.h"

#include "wayland/display-private.h"
#include "wayland/toplevel.h"
#include "wayland/window-private.h"

/* What is known of a window whose compositor says how it is. */

static void
say(struct window *window, bool maximized, bool fullscreen)
{
	window_note_states(window,
		&(struct toplevel_configure){ .maximized = maximized, .fullscreen = fullscreen });
	window->state = WINDOW_MAPPED;
}

/* Also where that comes right behind its first size, before anybody has been told of it. */
static void
test_maximized_by_the_user(void **state)
{
	struct window window = { .state = WINDOW_CONFIGURING };

	say(&window, false, false);
	assert_false(window.maximized);
	say(&window, true, false);
	assert_true(window.maximized);
	say(&window, true, true);
	assert_true(window.maximized);
	say(&window, false, true); /* where full screen is said alone */
	assert_true(window.maximized);
	say(&window, true, false);
	assert_true(window.maximized);
	say(&window, false, false);
	assert_false(window.maximized);
}

static void
test_maximized_as_it_was_left(void **state)
{
	struct window window = { .state = WINDOW_CONFIGURING, .opens_maximized = true };
	struct window covering = window, refused = window;

	say(&window, true, false);
	assert_true(window.maximized);
	say(&covering, false, true);
	assert_true(covering.maximized);
	say(&covering, true, false);
	assert_true(covering.maximized);
	say(&refused, false, false);
	assert_false(refused.maximized);
}

/* Hyprland says so of every window. */
static void
test_maximized_by_nobody(void **state)
{
	struct window window = { .state = WINDOW_CONFIGURING };
	struct window covering = window;

	say(&window, true, false);
	assert_false(window.maximized);
	say(&window, true, false);
	assert_false(window.maximized);
	say(&window, true, true);
	say(&window, true, false);
	assert_false(window.maximized);
	say(&window, false, true);
	say(&window, true, false);
	assert_false(window.maximized);
	say(&covering, false, true);
	say(&covering, true, false);
	assert_false(covering.maximized);
	say(&covering, false, false);
	say(&covering, true, false);
	assert_true(covering.maximized);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maximized_by_the_user),
		cmocka_unit_test(test_maximized_as_it_was_left),
		cmocka_unit_test(test_maximized_by_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
