#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "script-memory.h"
#include "script-parser.h"

/* Kernel error numbers end far below. */
#define MAX_ERRNO 4095

typedef int (*parse_fn)(struct parser *parser, struct script_command *command);

static int
take_head(struct parser *parser, struct script_command *command)
{
	uint64_t number;
	int r = words_take_number(&parser->words, "a head", 0, GUEST_MAX_HEADS - 1, &number);

	command->head = r < 0 ? 0 : (uint32_t)number;
	return r;
}

static int
take_memory(struct parser *parser, uint32_t *ret_memory)
{
	struct script_memory *memory = script_memory_take(parser->script, &parser->words);

	if (memory == NULL) {
		return -EINVAL;
	}
	*ret_memory = (uint32_t)(memory - parser->script->memories);
	return 0;
}

static int
take_head_and_memory(struct parser *parser, struct script_command *command)
{
	int r = take_head(parser, command);

	return r < 0 ? r : take_memory(parser, &command->memory);
}

static int
take_u32(struct parser *parser, const char *what, uint32_t min, uint32_t max, uint32_t *ret_number)
{
	uint64_t number;
	int r = words_take_number(&parser->words, what, min, max, &number);

	if (r >= 0) {
		*ret_number = (uint32_t)number;
	}
	return r;
}

static int
take_color(struct parser *parser, uint32_t *ret_rgba)
{
	uint64_t number;
	int r = words_take_hex(&parser->words, "a colour as RRGGBBAA", UINT32_MAX, &number);

	if (r >= 0) {
		*ret_rgba = (uint32_t)number;
	}
	return r;
}

static int
take_text(struct parser *parser, const char *what, char *ret_text, size_t size)
{
	const char *text = words_take(&parser->words);

	if (text == NULL || strlen(text) >= size) {
		return words_expected(&parser->words, what);
	}
	text_copy(ret_text, size, text);
	return 0;
}

static int
parse_head(struct parser *parser, struct script_command *command)
{
	struct words *words = &parser->words;
	int r = take_head(parser, command);

	while (r >= 0 && words->at < words->n_words) {
		bool is_label;

		r = words_take_choice(words, "gpu", "label", &is_label);
		if (r >= 0) {
			r = take_text(parser, "a text of at most 127 bytes",
				is_label ? command->heading.label : command->heading.gpu,
				GUEST_TEXT_SIZE);
		}
	}
	return r;
}

static int
parse_scanout(struct parser *parser, struct script_command *command)
{
	int r = take_head_and_memory(parser, command);

	return r < 0 ? r
		     : script_memory_take_scanout(
			       &parser->script->memories[command->memory], &parser->words, command);
}

static int
parse_draw(struct parser *parser, struct script_command *command)
{
	struct words *words = &parser->words;
	int r = take_memory(parser, &command->memory);

	if (r < 0) {
		return r;
	}
	if (words_accept(words, "rgba")) {
		command->draw.pattern = SCRIPT_PATTERN_RGBA;
	} else if (words_accept(words, "gradient")) {
		command->draw.pattern = SCRIPT_PATTERN_GRADIENT;
	} else if (words_accept(words, "bars")) {
		command->draw.pattern = SCRIPT_PATTERN_BARS;
	} else if (words_accept(words, "solid")) {
		command->draw.pattern = SCRIPT_PATTERN_SOLID;
		r = take_color(parser, &command->draw.rgba);
	} else {
		words_take(words);
		r = words_expected(words, "rgba, gradient, bars or solid");
	}
	if (r >= 0 && words_accept(words, "alpha")) {
		command->draw.junk_alpha = true;
		if (!words_accept(words, "junk")) {
			words_take(words);
			r = words_expected(words, "junk");
		}
	}
	return r;
}

static int
parse_update(struct parser *parser, struct script_command *command)
{
	int r = take_head(parser, command);

	return r < 0 ? r : words_take_rect(&parser->words, &command->update);
}

static int
parse_cursor(struct parser *parser, struct script_command *command)
{
	struct words *words = &parser->words;
	uint32_t n_pixels;
	int r = take_head(parser, command);

	if (r < 0 || words_accept(words, "none")) {
		return r;
	}
	r = words_take_size(
		words, CURSOR_MAX_DIMENSION, &command->cursor.width, &command->cursor.height);
	if (r < 0) {
		return r;
	}
	if (!words_accept(words, "hot")) {
		words_take(words);
		return words_expected(words, "hot X,Y");
	}
	r = words_take_point(words, &command->cursor.hot_x, &command->cursor.hot_y);
	if (r < 0) {
		return r;
	}
	if (command->cursor.hot_x < 0 || command->cursor.hot_y < 0 ||
		(uint32_t)command->cursor.hot_x >= command->cursor.width ||
		(uint32_t)command->cursor.hot_y >= command->cursor.height) {
		return words_complain(words, "the hot spot is outside the cursor");
	}
	n_pixels = command->cursor.width * command->cursor.height;
	if (n_pixels > parser->script->max_cursor_pixels) {
		parser->script->max_cursor_pixels = n_pixels;
	}
	command->cursor.solid = words_accept(words, "solid");
	return command->cursor.solid ? take_color(parser, &command->cursor.rgba) : 0;
}

static int
parse_cursor_position(struct parser *parser, struct script_command *command)
{
	int r = take_head(parser, command);

	if (r >= 0) {
		r = words_take_point(&parser->words, &command->position.gx, &command->position.gy);
	}
	if (r >= 0) {
		r = words_take_choice(&parser->words, "off", "on", &command->position.on);
	}
	return r;
}

static int
parse_pointer(struct parser *parser, struct script_command *command)
{
	int r = take_head(parser, command);

	return r < 0 ? r
		     : words_take_choice(
			       &parser->words, "absolute", "relative", &command->relative);
}

static int
parse_leds(struct parser *parser, struct script_command *command)
{
	int r = take_head(parser, command);

	return r < 0 ? r : take_u32(parser, "a mask of LEDs", 0, 7, &command->leds);
}

static int
parse_truncate(struct parser *parser, struct script_command *command)
{
	int r = take_memory(parser, &command->memory);

	return r < 0 ? r
		     : words_take_number(
			       &parser->words, "a number of bytes", 0, UINT32_MAX, &command->size);
}

static int
parse_fence(struct parser *parser, struct script_command *command)
{
	int r = take_memory(parser, &command->memory);

	return r < 0 ? r : words_take_choice(&parser->words, "busy", "signal", &command->signalled);
}

static int
parse_follow(struct parser *parser, struct script_command *command)
{
	struct words *words = &parser->words;
	int r = take_head(parser, command);

	command->follow.fourcc = DRM_FORMAT_XRGB8888;
	while (r >= 0 && words->at < words->n_words) {
		if (words_accept(words, "after")) {
			r = take_u32(parser, "milliseconds", 0, SCRIPT_MAX_SLEEP_MS,
				&command->follow.delay_ms);
		} else {
			r = script_memory_take_kind(
				words, &command->follow.kind, &command->follow.fourcc);
		}
	}
	return r;
}

static int
parse_sleep(struct parser *parser, struct script_command *command)
{
	return take_u32(parser, "milliseconds", 0, SCRIPT_MAX_SLEEP_MS, &command->sleep_ms);
}

static int
parse_wait_point(struct parser *parser, struct script_command *command)
{
	int r = take_memory(parser, &command->memory);

	return r < 0 ? r
		     : words_take_number(&parser->words, "a point", 1, UINT64_MAX, &command->point);
}

static int
parse_repeat(struct parser *parser, struct script_command *command)
{
	if (parser->n_open == SCRIPT_MAX_NESTING) {
		return words_complain(&parser->words, "more than 8 loops in each other");
	}
	parser->open_repeats[parser->n_open++] = parser->script->n_commands;
	return take_u32(parser, "a number of rounds", 1, UINT32_MAX, &command->repeat.count);
}

static int
parse_end(struct parser *parser, struct script_command *command)
{
	if (parser->n_open == 0) {
		return words_complain(&parser->words, "`end` without `repeat`");
	}
	command->begin = parser->open_repeats[--parser->n_open];
	parser->script->commands[command->begin].repeat.end = parser->script->n_commands;
	return 0;
}

static int
parse_frames(struct parser *parser, struct script_command *command)
{
	int r = take_u32(parser, "a number of frames", 1, UINT32_MAX, &command->frames.count);

	if (r >= 0) {
		r = take_u32(parser, "frames per second, 0 for no limit", 0, SCRIPT_MAX_HZ,
			&command->frames.hz);
	}
	if (r >= 0) {
		r = take_head(parser, command);
	}
	if (r < 0 || !words_accept(&parser->words, "flip")) {
		return r;
	}
	command->frames.flip = true;
	r = take_memory(parser, &command->frames.memories[0]);
	return r < 0 ? r : take_memory(parser, &command->frames.memories[1]);
}

static int
parse_animate(struct parser *parser, struct script_command *command)
{
	int r = take_head_and_memory(parser, command);

	return r < 0 ? r : take_u32(parser, "frames per second", 1, SCRIPT_MAX_HZ, &command->hz);
}

static int
parse_record(struct parser *parser, struct script_command *command)
{
	const char *path = words_take(&parser->words);

	if (path == NULL) {
		return words_expected(&parser->words, "a file name");
	}
	command->path = strdup(path);
	return command->path != NULL ? 0 : -ENOMEM;
}

static int
parse_close(struct parser *parser, struct script_command *command)
{
	struct words *words = &parser->words;
	uint32_t number;

	for (int error = 1; error <= MAX_ERRNO; error++) {
		const char *name = strerrorname_np(error);
		if (name != NULL && words_accept(words, name)) {
			command->error = -error;
			return 0;
		}
	}
	if (take_u32(parser, "an error such as ECONNRESET, or its number", 0, MAX_ERRNO, &number) <
		0) {
		return -EINVAL;
	}
	command->error = -(int)number;
	return 0;
}

static const struct {
	const char *name;
	enum script_kind kind;
	parse_fn parse; /* NULL: stands alone */
} keywords[] = {
	{ "head", SCRIPT_HEAD, parse_head },
	{ "scanout", SCRIPT_SCANOUT, parse_scanout },
	{ "draw", SCRIPT_DRAW, parse_draw },
	{ "update", SCRIPT_UPDATE, parse_update },
	{ "off", SCRIPT_OFF, take_head },
	{ "remove", SCRIPT_REMOVE, take_head },
	{ "cursor", SCRIPT_CURSOR, parse_cursor },
	{ "cursor-position", SCRIPT_CURSOR_POSITION, parse_cursor_position },
	{ "pointer", SCRIPT_POINTER, parse_pointer },
	{ "leds", SCRIPT_LEDS, parse_leds },
	{ "truncate", SCRIPT_TRUNCATE, parse_truncate },
	{ "forget", SCRIPT_FORGET, take_head_and_memory },
	{ "fence", SCRIPT_FENCE, parse_fence },
	{ "follow", SCRIPT_FOLLOW, parse_follow },
	{ "unresizable", SCRIPT_UNRESIZABLE, take_head },
	{ "sleep", SCRIPT_SLEEP, parse_sleep },
	{ "repeat", SCRIPT_REPEAT, parse_repeat },
	{ "end", SCRIPT_END, parse_end },
	{ "wait-answers", SCRIPT_WAIT_ANSWERS, NULL },
	{ "wait-point", SCRIPT_WAIT_POINT, parse_wait_point },
	{ "frames", SCRIPT_FRAMES, parse_frames },
	{ "animate", SCRIPT_ANIMATE, parse_animate },
	{ "record", SCRIPT_RECORD, parse_record },
	{ "take-over", SCRIPT_TAKE_OVER, NULL },
	{ "close", SCRIPT_CLOSE, parse_close },
	/* Its error stays 0. */
	{ "quit", SCRIPT_CLOSE, NULL },
	{ "hold", SCRIPT_HOLD, NULL },
};

static int
add_command(struct script *script, uint32_t line, enum script_kind kind)
{
	if (script->n_commands == script->n_allocated) {
		uint32_t n = script->n_allocated == 0 ? 64 : 2 * script->n_allocated;
		struct script_command *commands =
			reallocarray(script->commands, n, sizeof(*commands));
		if (commands == NULL) {
			return -ENOMEM;
		}
		script->commands = commands;
		script->n_allocated = n;
	}
	memset(&script->commands[script->n_commands], 0, sizeof(script->commands[0]));
	script->commands[script->n_commands].kind = kind;
	script->commands[script->n_commands].line = line;
	return 0;
}

int
script_parse_command(struct parser *parser, const char *name)
{
	struct script *script = parser->script;

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		int r;

		if (strcmp(keywords[i].name, name) != 0) {
			continue;
		}
		if (script->n_commands == SCRIPT_MAX_COMMANDS) {
			return words_complain(&parser->words, "more than 65536 commands");
		}
		r = add_command(script, parser->words.line, keywords[i].kind);
		if (r >= 0 && keywords[i].parse != NULL) {
			r = keywords[i].parse(parser, &script->commands[script->n_commands]);
		}
		/* Also what could not be read whole may own memory. */
		script->n_commands++;
		return r < 0 ? r : words_finish(&parser->words);
	}
	return words_expected(&parser->words, "a command");
}
