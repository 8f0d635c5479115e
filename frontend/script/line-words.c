#include "script/line-words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct cutter {
	const char *at;
	uint32_t column;
	char *out;
};

/* A character of UTF-8 is one byte and those that continue it. */
static void
take(struct cutter *cutter)
{
	do {
		*cutter->out++ = *cutter->at++;
	} while ((*cutter->at & 0xc0) == 0x80);
	cutter->column++;
}

static bool
take_quoted(struct cutter *cutter, char error[static SCRIPT_ERROR_SIZE])
{
	static const char names[] = "nt\"\\", meanings[] = "\n\t\"\\";

	cutter->at++;
	cutter->column++;
	while (*cutter->at != '"') {
		const char *name;

		if (*cutter->at == '\0') {
			snprintf(error, SCRIPT_ERROR_SIZE, "the quote has no end");
			return false;
		}
		if (*cutter->at != '\\') {
			take(cutter);
			continue;
		}
		name = cutter->at[1] != '\0' ? strchr(names, cutter->at[1]) : NULL;
		if (name == NULL) {
			snprintf(error, SCRIPT_ERROR_SIZE,
				"within quotes a \\ stands before n, t, \" or \\");
			return false;
		}
		*cutter->out++ = meanings[name - names];
		cutter->at += 2;
		cutter->column += 2;
	}
	cutter->at++;
	cutter->column++;
	return true;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
take_word(struct cutter *cutter, char error[static SCRIPT_ERROR_SIZE])
{
	while (*cutter->at != '\0' && !is_blank(*cutter->at)) {
		if (*cutter->at != '"') {
			take(cutter);
		} else if (!take_quoted(cutter, error)) {
			return false;
		}
	}
	*cutter->out++ = '\0';
	return true;
}

int
line_words_split(const char *line, struct line_words *words, uint32_t *ret_column,
	char error[static SCRIPT_ERROR_SIZE])
{
	/* There is room for all: a word's end takes no more than the blank behind it did. */
	struct cutter cutter = { .at = line, .column = 1, .out = words->text };

	words->n_words = 0;
	if (strlen(line) >= LINE_MAX_SIZE) {
		*ret_column = 1;
		snprintf(error, SCRIPT_ERROR_SIZE, "the line is longer than %d bytes",
			LINE_MAX_SIZE - 1);
		return -EINVAL;
	}
	for (;;) {
		while (is_blank(*cutter.at)) {
			cutter.at++;
			cutter.column++;
		}
		if (*cutter.at == '\0' || *cutter.at == '#') {
			return 0;
		}
		*ret_column = cutter.column;
		if (words->n_words == LINE_WORDS_MAX) {
			snprintf(error, SCRIPT_ERROR_SIZE, "more than %d words", LINE_WORDS_MAX);
			return -EINVAL;
		}
		words->columns[words->n_words] = cutter.column;
		words->words[words->n_words++] = cutter.out;
		if (!take_word(&cutter, error)) {
			*ret_column = cutter.column;
			return -EINVAL;
		}
	}
}
