#pragma once

#include "script/command.h"

/* What command.c, its table of commands and those who read their arguments share. */

struct key_layout;

struct reader {
	struct command_parser *parser;
	const struct line_words *words;
	uint32_t next;
	uint32_t column; /* of the word that was taken last */
	char *error;
};

/* Words that a command takes behind its arguments. */
enum command_option {
	OPTION_CONSOLE = 1,
	OPTION_TIMEOUT = 2,
	OPTION_REGION = 4,
	OPTION_TOLERANCE = 8,
	OPTION_PIXELS = 16,
	OPTION_LANGUAGE = 32,
	OPTION_CURSOR = 64,
	OPTION_STITCH = 128,
	OPTION_FPS = 256,
	OPTION_TIMES = 512,
	OPTION_BUTTON = 1024,
	OPTION_FORCE = 2048,
	OPTION_HORIZONTAL = 4096,
	OPTION_CONSOLES = 8192, /* or all of them */
};

/* Reads what follows the command's name. Returns 0, -EINVAL (refused) or -ENOMEM. */
typedef int (*command_read_fn)(struct reader *reader, struct command *command);

struct command_row {
	const char *name;
	enum command_kind kind;
	enum condition_kind condition; /* of WAIT and EXPECT */
	uint32_t options;              /* or'ed */
	command_read_fn read;
	const char *arguments; /* for the manual page, as in its text */
	const char *manual;
};

extern const struct command_row command_rows[];
extern const size_t command_n_rows;

/* Says why, at the word that was taken last. Returns -EINVAL. */
int reader_refuse(struct reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* NULL, refused: there is none. what: "a file name". */
const char *reader_take(struct reader *reader, const char *what);
/* Whether a word follows that is no option. */
bool reader_has_argument(const struct reader *reader);

/* A number at *text, which is moved behind it. False: there is none from low to high. */
bool read_number(const char **text, int64_t low, int64_t high, int64_t *ret_number);
/* Milliseconds, or with a unit: 500, 500ms, 2s, 1.5s, 3min. -EINVAL. */
int read_duration(const char *text, uint32_t *ret_ms);
/* The rest of the line's words. */
int read_options(struct reader *reader, uint32_t allowed, struct command *command);
/* One of left, middle, right, back, forward. 0: none of them. */
uint32_t read_button(const char *text);
/* The names of the options, for the manual page: " [*--console*=_N_]". */
void print_options(FILE *out, uint32_t options);
