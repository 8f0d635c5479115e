/* Links base_lib. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

static void
assert_cleaned(const char *text, const char *expected)
{
	char copy[64];

	strcpy(copy, text);
	text_clean(copy);
	assert_string_equal(copy, expected);
}

static void
test_what_is_clean_stays(void **state)
{
	assert_cleaned("", "");
	assert_cleaned("Debian 13 (dev)", "Debian 13 (dev)");
	assert_cleaned("B\xc3\xbc\xc3\xa4r \xe6\x97\xa5 \xf0\x9f\x90\xa7",
		"B\xc3\xbc\xc3\xa4r \xe6\x97\xa5 \xf0\x9f\x90\xa7");
	assert_cleaned("\xc2\xa0\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf",
		"\xc2\xa0\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf");
}

static void
test_controls_and_bad_bytes_go(void **state)
{
	assert_cleaned("\x1b[2J\n\x7f", "?[2J??");
	assert_cleaned("a\xc2\x9b"
		       "2J",
		"a??2J");
	/* The lines' ends and the embeddings, and what is next to them. */
	assert_cleaned("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf",
		"\xe2\x80\xa7??????\xe2\x80\xaf");
	assert_cleaned("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
		"\xe2\x81\xa5??????\xe2\x81\xaa");
	assert_cleaned("\xff\xfe\x80", "???");
	assert_cleaned("\xc3", "?");
	assert_cleaned("\xe6\x97", "??");
	assert_cleaned("\xc0\xaf\xe0\x80\xaf", "?????");
	assert_cleaned("\xed\xa0\x80", "???");
	assert_cleaned("\xf4\x90\x80\x80\xf8\x88\x80\x80\x80", "?????????");
}

static void
test_characters(void **state)
{
	static const struct {
		const char *text;
		size_t size;
		uint32_t character;
	} cases[] = {
		{ "a", 1, 'a' },
		{ "", 1, 0 },
		{ "\xc3\xbc!", 2, 0xfc },
		{ "\xe2\x82\xac", 3, 0x20ac },
		{ "\xf0\x9f\x90\xa7", 4, 0x1f427 },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\xc3", 0, 7 },
		{ "\xc0\xaf", 0, 7 },
		{ "\xed\xa0\x80", 0, 7 },
		{ "\xff", 0, 7 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t character = 7;

		assert_int_equal(text_decode(cases[i].text, &character), cases[i].size);
		assert_int_equal(character, cases[i].character);
	}
}

static void
test_copies_are_cut_between_characters(void **state)
{
	char copy[5];

	text_copy(copy, sizeof(copy), NULL);
	assert_string_equal(copy, "");
	text_copy(copy, sizeof(copy), "abcd");
	assert_string_equal(copy, "abcd");
	text_copy(copy, sizeof(copy), "abcdef");
	assert_string_equal(copy, "abcd");
	text_copy(copy, sizeof(copy), "abc\xc3\xbc");
	assert_string_equal(copy, "abc");
	text_copy(copy, sizeof(copy), "a\xf0\x9f\x90\xa7");
	assert_string_equal(copy, "a");
	text_copy(copy, 1, "abc");
	assert_string_equal(copy, "");
}

/* Whatever comes in, iconv takes what comes out. */
static void
test_random_bytes_become_utf8(void **state)
{
	iconv_t check = iconv_open("UTF-32", "UTF-8");

	srandom(2);
	for (int i = 0; i < 20000; i++) {
		char source[24], copy[16], out[256];
		char *in = copy, *to = out;
		size_t in_size, out_size = sizeof(out);

		for (size_t k = 0; k < sizeof(source) - 1; k++) {
			source[k] =
				(char)(random() % 4 ? 0x80 + random() % 128 : 1 + random() % 127);
		}
		source[sizeof(source) - 1] = '\0';
		text_copy(copy, sizeof(copy), source);
		in_size = strlen(copy);
		assert_true(iconv(check, &in, &in_size, &to, &out_size) != (size_t)-1);
		for (size_t k = 0; copy[k] != '\0'; k++) {
			assert_true((unsigned char)copy[k] >= 0x20 && copy[k] != 0x7f);
		}
	}
	iconv_close(check);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_clean_stays),
		cmocka_unit_test(test_controls_and_bad_bytes_go),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_copies_are_cut_between_characters),
		cmocka_unit_test(test_random_bytes_become_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
