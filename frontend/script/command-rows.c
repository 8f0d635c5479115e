#include "script/command-private.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>

#include "input/key-layout.h"

/* Of a monitor, or of motion; more than any has. */
#define MAX_PLACE INT16_MAX

static int
read_place(struct reader *reader, const char *what, int64_t low, struct command *command)
{
	const char *word = reader_take(reader, what);
	const char *at = word;
	int64_t x, y;

	if (word == NULL) {
		return -EINVAL;
	}
	if (!read_number(&at, low, MAX_PLACE, &x) || *at++ != ',' ||
		!read_number(&at, low, MAX_PLACE, &y) || *at != '\0') {
		return reader_refuse(reader, "'%s' is no place: X,Y", word);
	}
	command->places[command->n_places].x = (int32_t)x;
	command->places[command->n_places++].y = (int32_t)y;
	return 0;
}

static int
read_copy(struct reader *reader, const char *what, char **ret_text)
{
	const char *word = reader_take(reader, what);

	if (word == NULL) {
		return -EINVAL;
	}
	if (*word == '\0') {
		return reader_refuse(reader, "%s cannot be empty", what);
	}
	*ret_text = strdup(word);
	return *ret_text != NULL ? 0 : -ENOMEM;
}

static int
read_time(struct reader *reader, uint32_t *ret_ms)
{
	const char *word = reader_take(reader, "a time");

	if (word == NULL) {
		return -EINVAL;
	}
	return read_duration(word, ret_ms) < 0
		       ? reader_refuse(reader, "'%s' is no time: 500, 500ms, 2s or 1min", word)
		       : 0;
}

static int
read_console(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a console");
	int64_t number = 0;

	if (word == NULL) {
		return -EINVAL;
	}
	command->all_consoles = strcmp(word, "all") == 0;
	command->console_given = strcmp(word, "first") != 0;
	if (command->console_given && !command->all_consoles &&
		(!read_number(&word, 0, INT32_MAX, &number) || *word != '\0')) {
		return reader_refuse(reader, "no console: a number, 'all' or 'first'");
	}
	command->console = (uint32_t)number;
	return 0;
}

static int
read_timeout(struct reader *reader, struct command *command)
{
	int r = read_time(reader, &command->timeout_ms);

	return r >= 0 && command->timeout_ms == 0
		       ? reader_refuse(reader, "without any time nothing can be waited for")
		       : r;
}

static int
read_layout(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a keyboard layout");
	struct key_layout *layout;
	int r;

	if (word == NULL) {
		return -EINVAL;
	}
	r = key_layout_create(word, &layout);
	if (r < 0) {
		return r == -EINVAL ? reader_refuse(reader,
					      "the X keyboard database has no layout '%s'", word)
				    : r;
	}
	command_parser_finish(reader->parser);
	reader->parser->layout = layout;
	return 0;
}

static int
read_shot(struct reader *reader, struct command *command)
{
	return read_copy(reader, "a file name", &command->path);
}

static int
read_record(struct reader *reader, struct command *command)
{
	command->fps = COMMAND_DEFAULT_FPS;
	return read_copy(reader, "a file name", &command->path);
}

static int
read_stable(struct reader *reader, struct command *command)
{
	return read_time(reader, &command->condition.stable_ms);
}

static int
read_pixel(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "X,Y,COLOUR");
	const char *at = word;
	int64_t x, y;
	char *end;

	if (word == NULL) {
		return -EINVAL;
	}
	if (!read_number(&at, 0, MAX_PLACE, &x) || *at++ != ',' ||
		!read_number(&at, 0, MAX_PLACE, &y) || *at++ != ',') {
		return reader_refuse(reader, "'%s' is no pixel: X,Y,COLOUR", word);
	}
	at += *at == '#';
	if (strspn(at, "0123456789abcdefABCDEF") != 6 || at[6] != '\0') {
		return reader_refuse(reader, "'%s' is no colour: six digits, as in ff8000", at);
	}
	command->condition.x = (int32_t)x;
	command->condition.y = (int32_t)y;
	command->condition.colour = (uint32_t)strtoul(at, &end, 16);
	return 0;
}

static int
read_size(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a size");
	const char *at = word;
	int64_t width, height;

	if (word == NULL) {
		return -EINVAL;
	}
	if (!read_number(&at, 1, MAX_PLACE, &width) || *at++ != 'x' ||
		!read_number(&at, 1, MAX_PLACE, &height) || *at != '\0') {
		return reader_refuse(reader, "'%s' is no size: WIDTHxHEIGHT", word);
	}
	command->condition.width = (uint32_t)width;
	command->condition.height = (uint32_t)height;
	return 0;
}

static int
read_match(struct reader *reader, struct command *command)
{
	int r = read_copy(reader, "a picture's file name", &command->condition.text);
	const char *word;
	int64_t tolerance;

	if (r < 0 || !reader_has_argument(reader)) {
		return r;
	}
	word = reader_take(reader, "a tolerance");
	if (!read_number(&word, 0, UINT8_MAX, &tolerance) || *word != '\0') {
		return reader_refuse(reader, "no tolerance: 0 to 255");
	}
	command->condition.tolerance = (uint32_t)tolerance;
	return 0;
}

static int
read_words(struct reader *reader, struct command *command)
{
	return read_copy(reader, "a text", &command->condition.text);
}

/* For what is typed. */
static int
start_typing(struct reader *reader, struct command *command)
{
	struct command_parser *parser = reader->parser;

	if (parser->layout == NULL && key_layout_create(KEY_LAYOUT_DEFAULT, &parser->layout) < 0) {
		return reader_refuse(reader, "there is no X keyboard database");
	}
	command->typing = calloc(1, sizeof(*command->typing));
	return command->typing != NULL ? 0 : -ENOMEM;
}

static int
read_keys(struct reader *reader, struct command *command)
{
	int r = start_typing(reader, command);

	do {
		const char *word = reader_take(reader, "a key");
		char chord[CHORD_TEXT_SIZE * 4];

		if (word == NULL || r < 0) {
			return word == NULL ? -EINVAL : r;
		}
		if (strlen(word) >= sizeof(chord)) {
			return reader_refuse(reader, "no key has so long a name");
		}
		strcpy(chord, word);
		for (char *c = chord; *c != '\0'; c++) {
			/* No key's name has a - in it. */
			*c = *c == '-' ? '+' : *c;
		}
		r = typing_add_keys(command->typing, reader->parser->layout, chord, reader->error);
	} while (r >= 0 && reader_has_argument(reader));
	return r;
}

static int
read_text(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a text");
	int r = word == NULL ? -EINVAL : start_typing(reader, command);

	return r < 0 ? r
		     : typing_add_characters(
			       command->typing, reader->parser->layout, word, reader->error);
}

static int
read_key(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a key");
	int r = word == NULL ? -EINVAL : start_typing(reader, command);

	if (r < 0) {
		return r;
	}
	command->code = key_layout_find(reader->parser->layout, word, strlen(word));
	command->pressed = strcmp(command->name, "key-down") == 0;
	return command->code != 0 ? 0 : reader_refuse(reader, "there is no key '%s'", word);
}

static int
read_button_change(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "a button");

	if (word == NULL) {
		return -EINVAL;
	}
	command->is_button = true;
	command->code = read_button(word);
	command->pressed = strcmp(command->name, "button-down") == 0;
	return command->code != 0
		       ? 0
		       : reader_refuse(reader, "'%s' is none of left, middle, right, back, forward",
				 word);
}

static int
read_move(struct reader *reader, struct command *command)
{
	return read_place(reader, "a place", 0, command);
}

static int
read_move_by(struct reader *reader, struct command *command)
{
	return read_place(reader, "how far", -MAX_PLACE, command);
}

static int
read_click(struct reader *reader, struct command *command)
{
	command->clicks = strcmp(command->name, "double-click") == 0 ? 2 : 1;
	command->code = BTN_LEFT;
	return reader_has_argument(reader) ? read_place(reader, "a place", 0, command) : 0;
}

static int
read_drag(struct reader *reader, struct command *command)
{
	int r = read_place(reader, "where from", 0, command);

	command->code = BTN_LEFT;
	return r < 0 ? r : read_place(reader, "where to", 0, command);
}

static int
read_touch(struct reader *reader, struct command *command)
{
	int r = read_place(reader, "a place", 0, command);

	return r >= 0 && reader_has_argument(reader) ? read_place(reader, "a place", 0, command)
						     : r;
}

static int
read_wheel(struct reader *reader, struct command *command)
{
	const char *word = reader_take(reader, "how many notches");
	int64_t notches;

	if (word == NULL) {
		return -EINVAL;
	}
	if (!read_number(&word, -COMMAND_MAX_NOTCHES, COMMAND_MAX_NOTCHES, &notches) ||
		*word != '\0' || notches == 0) {
		return reader_refuse(reader, "no number of notches from 1 to %d, or below 0",
			COMMAND_MAX_NOTCHES);
	}
	command->notches = (int32_t)notches;
	return 0;
}

static int
read_sleep(struct reader *reader, struct command *command)
{
	return read_time(reader, &command->duration_ms);
}

#define OPTIONS_WHERE (OPTION_CONSOLE | OPTION_REGION)
#define OPTIONS_LIKE (OPTIONS_WHERE | OPTION_TOLERANCE | OPTION_PIXELS)

const struct command_row command_rows[] = {
	{ "shot", COMMAND_SHOT, 0,
		OPTION_CONSOLES | OPTION_REGION | OPTION_CURSOR | OPTION_STITCH | OPTION_TIMEOUT,
		read_shot, "FILE",
		"Writes a picture, as *--screenshot* does, with the same names. Waits until there "
		"is one." },
	{ "record", COMMAND_RECORD, 0,
		OPTION_CONSOLE | OPTION_CURSOR | OPTION_FPS | OPTION_TIMES | OPTION_TIMEOUT,
		read_record, "FILE.y4m|FILE.raw",
		"Begins to record what the monitor shows, until *record-end* or the end of all. Y4M, or raw "
		"frames of 4 bytes a pixel (B, G, R, X) as they come to a pipe of ffmpeg's. Each "
		"frame is there when the guest showed it, to 1/*--fps* s (30 without it), repeated "
		"while it stood; with *--times* each is there once, and that file (*.times*) gets its time in ms, "
		"a line each. A picture of another size than the first is centred, and cut." },
	{ "record-end", COMMAND_RECORD_END, 0, 0, NULL, NULL,
		"Ends the recording, and waits for its file." },
	{ "wait-stable", COMMAND_WAIT, CONDITION_STABLE, OPTIONS_LIKE | OPTION_TIMEOUT, read_stable,
		"TIME",
		"Until nothing has changed for so long. A monitor that is off, or black all over, does "
		"not rest." },
	{ "wait-change", COMMAND_WAIT, CONDITION_CHANGE, OPTIONS_LIKE | OPTION_TIMEOUT, NULL, NULL,
		"Until something is not as it was when the last wait or expectation looked at it, or, for "
		"the first one, when this begins. So what a key does counts, however fast." },
	{ "wait-pixel", COMMAND_WAIT, CONDITION_PIXEL,
		OPTION_CONSOLE | OPTION_TOLERANCE | OPTION_TIMEOUT, read_pixel, "X,Y,COLOUR",
		"Until that pixel has this colour, as in *10,20,ff8000*." },
	{ "wait-size", COMMAND_WAIT, CONDITION_SIZE, OPTION_CONSOLE | OPTION_TIMEOUT, read_size,
		"WIDTHxHEIGHT", "Until the monitor has this size." },
	{ "wait-match", COMMAND_WAIT, CONDITION_MATCH, OPTIONS_LIKE | OPTION_TIMEOUT, read_match,
		"FILE [TOLERANCE]",
		"Until it looks like the picture in the file (PNG, PPM or QOI). With *--region* "
		"only that part has to; the file may then be as large as the part. Where the file "
		"is transparent anything may be." },
	{ "wait-text", COMMAND_WAIT, CONDITION_TEXT,
		OPTIONS_WHERE | OPTION_LANGUAGE | OPTION_TIMEOUT, read_words, "TEXT",
		"Until *tesseract*(1) reads the text there; blanks and new lines count alike." },
	{ "wait-gone", COMMAND_WAIT_GONE, 0, OPTION_TIMEOUT, NULL, NULL,
		"Until the VM has ended; nothing can come behind it but with *--reconnect*." },
	{ "expect-pixel", COMMAND_EXPECT, CONDITION_PIXEL, OPTION_CONSOLE | OPTION_TOLERANCE,
		read_pixel, "X,Y,COLOUR", "Fails unless it has it now." },
	{ "expect-size", COMMAND_EXPECT, CONDITION_SIZE, OPTION_CONSOLE, read_size, "WIDTHxHEIGHT",
		"Fails unless it is so large now." },
	{ "expect-match", COMMAND_EXPECT, CONDITION_MATCH, OPTIONS_LIKE, read_match,
		"FILE [TOLERANCE]",
		"Fails unless it looks like it now, and leaves two pictures: what it looks like, "
		"and where that differs." },
	{ "expect-text", COMMAND_EXPECT, CONDITION_TEXT, OPTIONS_WHERE | OPTION_LANGUAGE,
		read_words, "TEXT", "Fails unless it can be read now." },
	{ "key", COMMAND_TYPE, 0, OPTION_CONSOLE, read_keys, "KEYS…",
		"Presses keys together, one word after the other: *ctrl-alt-f2*, *tab tab ret*." },
	{ "key-down", COMMAND_HOLD, 0, OPTION_CONSOLE, read_key, "KEY",
		"Holds one down. What is down at the end is let go of." },
	{ "key-up", COMMAND_HOLD, 0, OPTION_CONSOLE, read_key, "KEY", "Lets go of it." },
	{ "type", COMMAND_TYPE, 0, OPTION_CONSOLE, read_text, "TEXT",
		"Types a text: *type \"root\\\\n\"*." },
	{ "layout", COMMAND_LAYOUT, 0, 0, read_layout, "NAME",
		"The VM's keyboard layout, for keys and texts below; *us* at first." },
	{ "move", COMMAND_MOVE, 0, OPTION_CONSOLE, read_move, "X,Y",
		"Moves the pointer there, if the VM has a tablet; with a mouse it takes *move-by*." },
	{ "move-by", COMMAND_MOVE_BY, 0, OPTION_CONSOLE, read_move_by, "X,Y",
		"Moves a mouse so far; the guest accelerates that as it likes." },
	{ "click", COMMAND_CLICK, 0, OPTION_CONSOLE | OPTION_BUTTON, read_click, "[X,Y]",
		"Presses *left*, or another *--button* (*middle*, *right*, *back*, *forward*), and "
		"lets go." },
	{ "double-click", COMMAND_CLICK, 0, OPTION_CONSOLE | OPTION_BUTTON, read_click, "[X,Y]",
		"Twice." },
	{ "button-down", COMMAND_HOLD, 0, OPTION_CONSOLE, read_button_change, "BUTTON",
		"Holds one down." },
	{ "button-up", COMMAND_HOLD, 0, OPTION_CONSOLE, read_button_change, "BUTTON",
		"Lets go of it." },
	{ "drag", COMMAND_DRAG, 0, OPTION_CONSOLE | OPTION_BUTTON, read_drag, "X,Y X,Y",
		"Presses at the first place, moves, and lets go at the other." },
	{ "wheel", COMMAND_WHEEL, 0, OPTION_CONSOLE | OPTION_HORIZONTAL, read_wheel, "NOTCHES",
		"Turns it down, or to the right; below 0 the other way." },
	{ "touch", COMMAND_TOUCH, 0, OPTION_CONSOLE, read_touch, "X,Y [X,Y]",
		"Taps with a finger, or moves it from one place to the other." },
	{ "reset", COMMAND_RESET, 0, OPTION_FORCE, NULL, NULL,
		"Resets the VM; this and the next take *--qmp*. A QEMU with OpenGL dies of that "
		"(seen with 10.0 to 11.1), so there it takes *--force*." },
	{ "powerdown", COMMAND_POWERDOWN, 0, 0, NULL, NULL, "Presses its power button." },
	{ "sleep", COMMAND_SLEEP, 0, 0, read_sleep, "TIME",
		"Does nothing for so long. A wait is better." },
	{ "console", COMMAND_CONSOLE, 0, 0, read_console, "N|all|first",
		"The console of the commands below that name none; *first* is the first one that is "
		"on, as at the start." },
	{ "timeout", COMMAND_TIMEOUT, 0, 0, read_timeout, "TIME",
		"How long each wait below may take; as *--timeout* says at the start." },
};

const size_t command_n_rows = sizeof(command_rows) / sizeof(command_rows[0]);
