#pragma once

#include <stdint.h>

#include "script/command.h"

/* All that is to be done, read and checked before anything is. */

#define SCRIPT_MAX_LINES 10000
/* Complaints after which no more of them are made. */
#define SCRIPT_MAX_ERRORS 20

struct script_step {
	const char *source; /* the file's name, as it was given; borrowed */
	uint32_t line;
	char *text; /* without the new line */
	struct command command;
};

struct script {
	struct command_parser parser;
	struct script_step *steps; /* no empty lines */
	uint32_t n_steps;
	uint32_t n_lines, n_errors;
};

/* Zeroes are an empty script. */
void script_finish(struct script *script);

/* path: "-" is standard input. Returns 0, or -EINVAL: every error is logged with its place. */
int script_add_file(struct script *script, const char *path);
/* A line of the command line's, the number'th from 1 on. As script_add_file. */
int script_add_text(struct script *script, const char *text, uint32_t number);
