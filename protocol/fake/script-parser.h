#pragma once

#include "script.h"
#include "words.h"

/* What the parts of the parser share while it runs. */
struct parser {
	struct script *script;
	struct words words;
	bool started; /* a command other than name and uuid was seen */
	uint32_t n_open;
	uint32_t open_repeats[SCRIPT_MAX_NESTING]; /* indices of SCRIPT_REPEAT */
};

/* Appends the command with this name to the script; the words behind it are still to be read. */
int script_parse_command(struct parser *parser, const char *name);
