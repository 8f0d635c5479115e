#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

/* One line of a script, cut into words, read from left to right with errors that name the place. */

#define WORDS_MAX 32
/* No message quotes more of a script than this. */
#define WORDS_MAX_QUOTED 40

struct words {
	const char *file; /* for messages */
	uint32_t line;	  /* from 1 */
	uint32_t n_words;
	uint32_t at; /* the next one to be read */
	char *words[WORDS_MAX];
};

/*
 * Cuts text at blanks, in place; the words point into it. "Several words" in double quotes are one.
 * What follows a word that starts with '#' is a comment. Logs and returns -EINVAL as all below.
 */
int words_split(struct words *words, char *text);

/* Logs "file:line: expected ..., got ..." about the word that was read last; returns -EINVAL. */
int words_expected(const struct words *words, const char *expected);
/* The same about the line as a whole. */
int words_complain(const struct words *words, const char *complaint);

/* The next word, or NULL at the end of the line. */
const char *words_take(struct words *words);
/* Takes the next word if it is this one. */
bool words_accept(struct words *words, const char *keyword);
/* Complains unless all were taken. */
int words_finish(struct words *words);

int words_take_number(
	struct words *words, const char *what, uint64_t min, uint64_t max, uint64_t *ret_number);
/* With or without 0x. */
int words_take_hex(struct words *words, const char *what, uint64_t max, uint64_t *ret_number);
/* WxH, each 1..max. */
int words_take_size(struct words *words, uint32_t max, uint32_t *ret_width, uint32_t *ret_height);
/* X,Y; each may be negative. */
int words_take_point(struct words *words, int32_t *ret_x, int32_t *ret_y);
/* X,Y,WxH, with an area. */
int words_take_rect(struct words *words, struct rect *ret_rect);
/* Takes first or second, which becomes true. */
int words_take_choice(struct words *words, const char *first, const char *second, bool *ret_second);
