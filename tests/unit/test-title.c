#include "unit.h"

#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wayland/title.h"

#define ROUNDS 50000
#define RAW_SIZE 600

/*
 * Decodes with the C library, which judges what is UTF-8 (no surrogates, no overlong forms, nothing
 * beyond U+10FFFF). Returns how many characters there are, or -1.
 */
static int
decode(const char *text, uint32_t characters[TITLE_SIZE])
{
	iconv_t converter = iconv_open("UTF-32LE", "UTF-8");
	char *in = (char *)(uintptr_t)text, *out = (char *)characters;
	size_t in_left = strlen(text), out_left = TITLE_SIZE * sizeof(uint32_t);
	size_t r;

	assert_true(converter != (iconv_t)-1);
	r = iconv(converter, &in, &in_left, &out, &out_left);
	iconv_close(converter);
	if (r == (size_t)-1) {
		return -1;
	}
	return (int)(TITLE_SIZE - out_left / sizeof(uint32_t));
}

static void
assert_acceptable(const char *title)
{
	uint32_t characters[TITLE_SIZE];
	int n = decode(title, characters);

	assert_true(strlen(title) < TITLE_SIZE);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		assert_true(characters[i] >= 0x20);
		assert_false(characters[i] >= 0x7f && characters[i] < 0xa0);
	}
}

static void
assert_title(const char *text, const char *expected)
{
	char title[TITLE_SIZE];

	memset(title, 'x', sizeof(title));
	title_clean(text, title);
	assert_string_equal(title, expected);
	assert_acceptable(title);
}

static void
test_text_is_left_alone(void **state)
{
	assert_title("", "");
	assert_title("Debian 12", "Debian 12");
	assert_title(" ~ \"%s\" <&> ", " ~ \"%s\" <&> ");
	/* Two, three and four bytes; the first and last character of each length. */
	assert_title("Gr\xc3\xbc\xc3\x9f", "Gr\xc3\xbc\xc3\x9f");
	assert_title("\xc2\xa0\xdf\xbf", "\xc2\xa0\xdf\xbf");
	assert_title("\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80",
		"\xe0\xa0\x80\xe2\x82\xac\xed\x9f\xbf\xee\x80\x80");
	assert_title("\xf0\x90\x80\x80\xf0\x9f\x90\xa7\xf4\x8f\xbf\xbd",
		"\xf0\x90\x80\x80\xf0\x9f\x90\xa7\xf4\x8f\xbf\xbd");
}

static void
test_control_characters(void **state)
{
	char title[TITLE_SIZE];

	assert_title("a\nb\tc\x1b[2Jd\x7f"
		     "e\x01",
		"a?b?c?[2Jd?e?");
	/* U+0080, U+009B (which terminals take for ESC [) and U+009F; assert_acceptable judges. */
	title_clean("a\xc2\x80\xc2\x9b\xc2\x9fz", title);
	assert_acceptable(title);
	assert_int_equal(title[0], 'a');
	assert_int_equal(title[1], '?');
	assert_int_equal(title[strlen(title) - 1], 'z');
}

/* How many marks stand for what is broken is nobody's business; that the rest is kept is. */
static void
test_broken_utf8(void **state)
{
	static const char *const broken[] = {
		"\x80", "\xbf", "\xfe", "\xff",     /* never, or never first */
		"\xc3", "\xe2\x82", "\xf0\x9f\x90", /* not finished */
		"\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf",     /* overlong */
		"\xed\xa0\x80", "\xed\xbf\xbf",                                 /* surrogates */
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", /* too large */
		"\xe2\x28\xa1", "\xc3\x28", /* something else in between */
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char text[32], title[TITLE_SIZE];

		snprintf(text, sizeof(text), "ab%s", broken[i]);
		title_clean(text, title);
		assert_acceptable(title);
		assert_memory_equal(title, "ab", 2);

		snprintf(text, sizeof(text), "ab%syz", broken[i]);
		title_clean(text, title);
		assert_acceptable(title);
		assert_memory_equal(title, "ab", 2);
		assert_true(strlen(title) >= 4);
		assert_string_equal(title + strlen(title) - 2, "yz");
		/* Not silently left out. */
		assert_true(strlen(title) > 4);
	}
}

static void
test_long_titles(void **state)
{
	char text[RAW_SIZE], title[TITLE_SIZE];

	memset(text, 'a', sizeof(text));
	text[TITLE_SIZE - 1] = '\0';
	assert_title(text, text);

	text[TITLE_SIZE - 1] = 'a';
	text[sizeof(text) - 1] = '\0';
	title_clean(text, title);
	assert_int_equal(strlen(title), TITLE_SIZE - 1);

	/* A character that does not fit as a whole is left out as a whole. */
	for (size_t lead = 0; lead < 4; lead++) {
		for (size_t i = lead; i + 4 < sizeof(text); i += 4) {
			memcpy(text + i, "\xf0\x9f\x90\xa7", 4);
		}
		title_clean(text, title);
		assert_acceptable(title);
		assert_true(strlen(title) >= TITLE_SIZE - 4);
		assert_memory_equal(title, text, strlen(title));
		memset(text, 'a', lead + 1);
	}
}

/* Where the text ends inside a character, what lies behind it is not ours to read. */
static void
test_nothing_is_read_behind_the_end(void **state)
{
	static const char *const starts[] = { "\xc3", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f\x90" };

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		/* The sanitizer knows where memory from malloc ends. */
		char *text = strdup(starts[i]), title[TITLE_SIZE];

		title_clean(text, title);
		assert_acceptable(title);
		free(text);
	}
}

static void
test_anything(void **state)
{
	/* Bytes that make and break characters, more often than chance would have them. */
	static const unsigned char favourites[] = { 0x1f, 0x20, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
		0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff };
	uint32_t seed = 3;

	for (uint32_t i = 0; i < ROUNDS; i++) {
		char text[RAW_SIZE], title[TITLE_SIZE];
		size_t length = unit_random(&seed) % (i % 8 == 0 ? RAW_SIZE : 12);

		for (size_t at = 0; at < length; at++) {
			uint32_t random = unit_random(&seed);

			text[at] =
				(char)(random % 2 ? 1 + (random >> 1) % 255
						  : favourites[(random >> 1) % sizeof(favourites)]);
		}
		text[length] = '\0';
		title_clean(text, title);
		assert_acceptable(title);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_left_alone),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_broken_utf8),
		cmocka_unit_test(test_long_titles),
		cmocka_unit_test(test_nothing_is_read_behind_the_end),
		cmocka_unit_test(test_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
