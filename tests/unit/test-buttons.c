#include "unit.h"

#include "wayland/buttons.h"

#define FIRST_CODE 0x110

static void
test_as_many_as_there_may_be(void **state)
{
	struct buttons buttons = { 0 };
	uint32_t code;

	for (uint32_t i = 0; i < BUTTONS_MAX; i++) {
		assert_true(buttons_note(&buttons, FIRST_CODE + i, true));
	}
	/* One more is not heard of, whether it goes down or up. */
	assert_false(buttons_note(&buttons, FIRST_CODE + BUTTONS_MAX, true));
	assert_false(buttons_note(&buttons, FIRST_CODE + BUTTONS_MAX, false));
	assert_int_equal(buttons.n, BUTTONS_MAX);
	/* The others are: and then there is room again. */
	assert_true(buttons_note(&buttons, FIRST_CODE, false));
	assert_true(buttons_note(&buttons, FIRST_CODE + BUTTONS_MAX, true));
	assert_false(buttons_note(&buttons, FIRST_CODE, true));
	for (uint32_t i = BUTTONS_MAX; i > 0; i--) {
		assert_true(buttons_take(&buttons, &code));
		assert_int_equal(code, FIRST_CODE + i);
	}
	assert_false(buttons_take(&buttons, &code));
}

static void
test_what_is_no_change(void **state)
{
	struct buttons buttons = { 0 };

	assert_false(buttons_note(&buttons, FIRST_CODE, false));
	assert_true(buttons_note(&buttons, FIRST_CODE, true));
	assert_false(buttons_note(&buttons, FIRST_CODE, true));
	assert_true(buttons_note(&buttons, FIRST_CODE, false));
	assert_int_equal(buttons.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_many_as_there_may_be),
		cmocka_unit_test(test_what_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
