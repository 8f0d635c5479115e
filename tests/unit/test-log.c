#include "unit.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

#define LONG_SIZE 5000

static void
test_one_line_with_its_level(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDERR_FILENO);
	log_error("number %d", 7);
	log_warning("careful");
	unit_output_end(&output);
	assert_string_equal(output.text, "vitrine: error: number 7\nvitrine: warning: careful\n");
}

static void
test_what_repeats_ends(void **state)
{
	struct unit_output output;
	uint32_t n_lines = 0, n_unheard = 0;

	unit_output_begin(&output, STDERR_FILENO);
	for (int i = 0; i < 10 * LOG_MAX_LINES; i++) {
		if (log_may_repeat(LOG_LEVEL_ERROR, &n_lines)) {
			log_error("x");
		}
		/* What is not heard does not count. */
		assert_false(log_may_repeat(LOG_LEVEL_INFO, &n_unheard));
	}
	unit_output_end(&output);
	assert_int_equal(n_unheard, 0);
	assert_int_equal(strlen(output.text),
		LOG_MAX_LINES * strlen("vitrine: error: x\n") +
			strlen("vitrine: error: more lines like those before are left out\n"));
}

/* What is tried over and over fails over and over. */
static void
test_what_was_said_is_not_said_again(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDERR_FILENO);
	log_error("before");
	log_set_repeats(false);
	for (int i = 0; i < 3; i++) {
		log_error("no");
		log_warning("no");
		log_error("before");
	}
	log_set_repeats(true);
	log_error("no");
	log_error("no");
	/* It begins anew. */
	log_set_repeats(false);
	log_error("no");
	/* More than are remembered: the first has been forgotten. */
	for (int i = 0; i < LOG_MAX_REMEMBERED; i++) {
		log_info("not heard %d", i);
		log_error("%d", i % 2 + 10 * i);
	}
	log_error("no");
	log_set_repeats(true);
	unit_output_end(&output);
	assert_string_equal(output.text,
		"vitrine: error: before\n"
		"vitrine: error: no\nvitrine: warning: no\nvitrine: error: before\n"
		"vitrine: error: no\nvitrine: error: no\n"
		"vitrine: error: no\n"
		"vitrine: error: 0\nvitrine: error: 11\nvitrine: error: 20\n"
		"vitrine: error: 31\nvitrine: error: 40\nvitrine: error: 51\n"
		"vitrine: error: 60\nvitrine: error: 71\nvitrine: error: 80\n"
		"vitrine: error: 91\nvitrine: error: 100\nvitrine: error: 111\n"
		"vitrine: error: 120\nvitrine: error: 131\nvitrine: error: 140\n"
		"vitrine: error: 151\n"
		"vitrine: error: no\n");
}

static void
test_levels(void **state)
{
	struct unit_output output;

	assert_true(log_wants(LOG_LEVEL_WARNING));
	assert_false(log_wants(LOG_LEVEL_INFO));
	unit_output_begin(&output, STDERR_FILENO);
	log_info("not said");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("said");
	log_set_level(LOG_LEVEL_ERROR);
	log_warning("not said");
	log_set_level(LOG_LEVEL_WARNING);
	unit_output_end(&output);
	assert_string_equal(output.text, "vitrine: debug: said\n");
}

/* A VM's name must not move the cursor, ring the bell, or fake a second line. */
static void
test_control_characters(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDERR_FILENO);
	log_error("a%sb", "\x1b[2J\n\r\t\a\x7f\x01");
	unit_output_end(&output);
	assert_string_equal(output.text, "vitrine: error: a?[2J??????b\n");

	/* U+009B, a terminal's escape in one character; U+00A0 is none. */
	unit_output_begin(&output, STDERR_FILENO);
	log_error("%s", "a\xc2\x9b"
			"2J\xc2\xa0");
	unit_output_end(&output);
	assert_string_equal(output.text, "vitrine: error: a??2J\xc2\xa0\n");
}

static void
test_other_alphabets_stay(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDERR_FILENO);
	log_error("%s", "B\xc3\xbc"
			"cher \xe6\x97\xa5");
	unit_output_end(&output);
	assert_string_equal(output.text, "vitrine: error: B\xc3\xbc"
					 "cher \xe6\x97\xa5\n");
}

static void
test_long_text_is_cut(void **state)
{
	struct unit_output output;
	char text[LONG_SIZE];
	size_t length;

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	unit_output_begin(&output, STDERR_FILENO);
	log_error("%s", text);
	unit_output_end(&output);
	length = strlen(output.text);
	assert_true(length > 100 && length < LONG_SIZE);
	assert_int_equal(output.text[length - 1], '\n');
	assert_ptr_equal(strchr(output.text, '\n'), output.text + length - 1);
}

/* With what is around the text, and the 0 at the end. */
static void
test_as_long_as_it_may_be(void **state)
{
	struct unit_output output;
	char text[LOG_LINE_MAX];
	size_t longest = LOG_LINE_MAX - 1 - strlen("vitrine: error: \n");

	memset(text, 'x', sizeof(text));
	text[longest - 1] = 'y';
	text[longest] = '\0';
	unit_output_begin(&output, STDERR_FILENO);
	log_error("%s", text);
	unit_output_end(&output);
	assert_int_equal(strlen(output.text), LOG_LINE_MAX - 1);
	assert_string_equal(strchr(output.text, 'y'), "y\n");
	text[longest] = 'z';
	text[longest + 1] = '\0';
	unit_output_begin(&output, STDERR_FILENO);
	log_error("%s", text);
	unit_output_end(&output);
	assert_string_equal(strchr(output.text, 'y'), "y\n");
}

static void
test_errno_is_kept(void **state)
{
	struct unit_output output;

	unit_output_begin(&output, STDERR_FILENO);
	close(STDERR_FILENO);
	errno = EXDEV;
	log_error("nobody hears this");
	assert_int_equal(errno, EXDEV);
	unit_output_end(&output);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line_with_its_level),
		cmocka_unit_test(test_what_repeats_ends),
		cmocka_unit_test(test_what_was_said_is_not_said_again),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_other_alphabets_stay),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_as_long_as_it_may_be),
		cmocka_unit_test(test_errno_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
