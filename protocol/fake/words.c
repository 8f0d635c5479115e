#include "words.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define EXPECTED_MAX 128
/* Coordinates beyond any monitor are a slip of the pen. */
#define MAX_COORDINATE 65535

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int
words_split(struct words *words, char *text)
{
	words->n_words = 0;
	words->at = 0;
	for (;;) {
		bool quoted;

		while (is_blank(*text)) {
			text++;
		}
		if (*text == '\0' || *text == '#') {
			return 0;
		}
		if (words->n_words == WORDS_MAX) {
			return words_complain(words, "too many words in a line");
		}
		quoted = *text == '"';
		text += quoted;
		words->words[words->n_words++] = text;
		while (*text != '\0' && (quoted ? *text != '"' : !is_blank(*text))) {
			text++;
		}
		if (quoted && *text == '\0') {
			return words_complain(words, "a quotation mark is missing");
		}
		if (*text != '\0') {
			*text++ = '\0';
		}
	}
}

int
words_complain(const struct words *words, const char *complaint)
{
	log_error("%s:%u: %s; the test guest does not start", words->file, words->line, complaint);
	return -EINVAL;
}

int
words_expected(const struct words *words, const char *expected)
{
	/* words_take() counts past the end as well. */
	if (words->at > words->n_words) {
		log_error(
			"%s:%u: expected %s at the end of the line; the test guest does not start",
			words->file, words->line, expected);
	} else {
		log_error("%s:%u: expected %s, got '%.*s'; the test guest does not start",
			words->file, words->line, expected, WORDS_MAX_QUOTED,
			words->words[words->at - 1]);
	}
	return -EINVAL;
}

const char *
words_take(struct words *words)
{
	uint32_t at = words->at;

	if (at >= words->n_words) {
		words->at = words->n_words + 1;
		return NULL;
	}
	words->at++;
	return words->words[at];
}

bool
words_accept(struct words *words, const char *keyword)
{
	if (words->at < words->n_words && strcmp(words->words[words->at], keyword) == 0) {
		words->at++;
		return true;
	}
	return false;
}

int
words_finish(struct words *words)
{
	return words_take(words) == NULL ? 0 : words_expected(words, "the end of the line");
}

/* Reads digits at *text up to max, and moves *text behind them. */
static bool
read_digits(const char **text, uint32_t base, uint64_t max, uint64_t *ret_number)
{
	const char *at = *text;
	uint64_t number = 0;

	for (;; at++) {
		uint64_t digit;

		if (*at >= '0' && *at <= '9') {
			digit = (uint64_t)(*at - '0');
		} else if (base == 16 && *at >= 'a' && *at <= 'f') {
			digit = (uint64_t)(*at - 'a' + 10);
		} else if (base == 16 && *at >= 'A' && *at <= 'F') {
			digit = (uint64_t)(*at - 'A' + 10);
		} else {
			break;
		}
		if (number > (max - digit) / base || digit > max) {
			return false;
		}
		number = number * base + digit;
	}
	if (at == *text) {
		return false;
	}
	*text = at;
	*ret_number = number;
	return true;
}

int
words_take_number(
	struct words *words, const char *what, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	const char *at = words_take(words);
	char expected[EXPECTED_MAX];
	uint64_t number;

	if (at == NULL || !read_digits(&at, 10, max, &number) || *at != '\0' || number < min) {
		snprintf(expected, sizeof(expected), "%s (%llu to %llu)", what,
			(unsigned long long)min, (unsigned long long)max);
		return words_expected(words, expected);
	}
	*ret_number = number;
	return 0;
}

int
words_take_hex(struct words *words, const char *what, uint64_t max, uint64_t *ret_number)
{
	const char *at = words_take(words);

	if (at != NULL && at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		at += 2;
	}
	if (at == NULL || !read_digits(&at, 16, max, ret_number) || *at != '\0') {
		return words_expected(words, what);
	}
	return 0;
}

static bool
read_size(const char **at, uint64_t max, uint64_t *ret_width, uint64_t *ret_height)
{
	if (!read_digits(at, 10, max, ret_width) || **at != 'x') {
		return false;
	}
	++*at;
	return read_digits(at, 10, max, ret_height) && *ret_width > 0 && *ret_height > 0;
}

static bool
read_coordinate(const char **at, int32_t *ret_coordinate)
{
	bool negative = **at == '-';
	uint64_t number;

	*at += negative;
	if (!read_digits(at, 10, MAX_COORDINATE, &number)) {
		return false;
	}
	*ret_coordinate = negative ? -(int32_t)number : (int32_t)number;
	return true;
}

static bool
read_point(const char **at, int32_t *ret_x, int32_t *ret_y)
{
	if (!read_coordinate(at, ret_x) || **at != ',') {
		return false;
	}
	++*at;
	return read_coordinate(at, ret_y);
}

int
words_take_size(struct words *words, uint32_t max, uint32_t *ret_width, uint32_t *ret_height)
{
	const char *at = words_take(words);
	char expected[EXPECTED_MAX];
	uint64_t width, height;

	if (at == NULL || !read_size(&at, max, &width, &height) || *at != '\0') {
		snprintf(expected, sizeof(expected), "a size as WxH (1x1 to %ux%u)", max, max);
		return words_expected(words, expected);
	}
	*ret_width = (uint32_t)width;
	*ret_height = (uint32_t)height;
	return 0;
}

int
words_take_point(struct words *words, int32_t *ret_x, int32_t *ret_y)
{
	const char *at = words_take(words);
	int32_t x, y;

	if (at == NULL || !read_point(&at, &x, &y) || *at != '\0') {
		return words_expected(words, "a point as X,Y");
	}
	*ret_x = x;
	*ret_y = y;
	return 0;
}

int
words_take_rect(struct words *words, struct rect *ret_rect)
{
	const char *at = words_take(words);
	uint64_t width, height;
	int32_t x, y;

	if (at == NULL || !read_point(&at, &x, &y) || *at++ != ',' ||
		!read_size(&at, MAX_COORDINATE, &width, &height) || *at != '\0') {
		return words_expected(words, "a rectangle as X,Y,WxH");
	}
	*ret_rect = (struct rect){ x, y, (int32_t)width, (int32_t)height };
	return 0;
}

int
words_take_choice(struct words *words, const char *first, const char *second, bool *ret_second)
{
	char expected[EXPECTED_MAX];

	if (words_accept(words, first)) {
		*ret_second = false;
		return 0;
	}
	if (words_accept(words, second)) {
		*ret_second = true;
		return 0;
	}
	snprintf(expected, sizeof(expected), "%s or %s", first, second);
	words_take(words);
	return words_expected(words, expected);
}
