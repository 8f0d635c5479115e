#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "headless/condition.h"
#include "input/typing.h"
#include "script/line-words.h"

/* One command of a script, or of a client of the control socket: a line of text. */

enum command_kind {
	COMMAND_NONE, /* an empty line, or a comment */
	COMMAND_CONSOLE,
	COMMAND_TIMEOUT,
	COMMAND_LAYOUT,
	COMMAND_SHOT,
	COMMAND_RECORD,
	COMMAND_RECORD_END,
	COMMAND_WAIT,      /* for the condition */
	COMMAND_EXPECT,    /* the condition, now */
	COMMAND_WAIT_GONE, /* for the VM to end */
	COMMAND_TYPE,      /* typing: keys, or a text */
	COMMAND_HOLD,      /* a key or a button, down or up */
	COMMAND_MOVE,      /* to places[0] */
	COMMAND_MOVE_BY,
	COMMAND_CLICK,
	COMMAND_DRAG, /* from places[0] to places[1] */
	COMMAND_WHEEL,
	COMMAND_TOUCH, /* places[0], and on to places[1] if there is one */
	COMMAND_RESET,
	COMMAND_POWERDOWN,
	COMMAND_SLEEP,
};

#define COMMAND_MAX_CLICKS 3
#define COMMAND_MAX_NOTCHES 100
#define COMMAND_MAX_MS (24 * 60 * 60 * 1000)
#define COMMAND_MAX_FPS 240
#define COMMAND_DEFAULT_FPS 30

/* What the file of --times is known by: others are not written. */
#define COMMAND_TIMES_ENDING ".times"

struct command {
	enum command_kind kind;
	const char *name;   /* its first word; static */
	bool console_given; /* else it is the session's */
	bool all_consoles;  /* else that one */
	uint32_t console;
	uint32_t timeout_ms; /* 0: the session's */

	struct condition condition; /* owned: its texts */
	char *path;                 /* SHOT, RECORD */
	struct rect region;         /* SHOT; without area: all */
	bool cursor, stitch;        /* SHOT */
	uint32_t fps;               /* RECORD */
	char *times_path;           /* RECORD; NULL: as many frames as fps says */
	struct typing *typing;      /* TYPE */
	uint32_t code;           /* HOLD: evdev, of a key or a button; CLICK, DRAG: of a button */
	bool is_button, pressed; /* HOLD */
	uint32_t n_places;       /* how many of the next are given */
	struct {
		int32_t x, y; /* guest pixels; MOVE_BY: how far */
	} places[2];
	uint32_t clicks;
	int32_t notches;
	bool horizontal;
	bool force;
	uint32_t duration_ms; /* SLEEP */
};

/* Frees what it owns; zeroes are fine. */
void command_finish(struct command *command);

/* What lines before have said about reading the next ones. */
struct command_parser {
	struct key_layout *layout; /* of keys and texts; NULL: KEY_LAYOUT_DEFAULT */
};

void command_parser_finish(struct command_parser *parser);

/*
 * line: UTF-8, without the new line. Returns 0; -EINVAL with why in error, and where in
 * *ret_column, from 1 on; or -ENOMEM.
 */
int command_parse(struct command_parser *parser, const char *line, struct command *ret_command,
	uint32_t *ret_column, char error[static SCRIPT_ERROR_SIZE]);

/* The list of all commands for the manual page, in scdoc's language. */
void command_print_manual(FILE *out);
