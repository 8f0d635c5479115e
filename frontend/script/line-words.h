#pragma once

#include <stdint.h>

/*
 * A line of a script, cut into words. Blanks part them, quotes ("") hold them together; within
 * quotes \n, \t, \" and \\ are what they are in C. A word that begins with # and all behind it is
 * a comment.
 */

#define LINE_WORDS_MAX 16
/* Of a line, in bytes. */
#define LINE_MAX_SIZE 4096
/* For all that reads scripts. */
#define SCRIPT_ERROR_SIZE 192

struct line_words {
	uint32_t n_words;
	const char *words[LINE_WORDS_MAX]; /* in text */
	uint32_t columns[LINE_WORDS_MAX];  /* where each begins, in characters from 1 on */
	char text[LINE_MAX_SIZE + 1];
};

/*
 * line: without the new line at its end. Returns 0, or -EINVAL with why in error and where in
 * *ret_column.
 */
int line_words_split(const char *line, struct line_words *words, uint32_t *ret_column,
	char error[static SCRIPT_ERROR_SIZE]);
