#include "script/command-private.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool
read_number(const char **text, int64_t low, int64_t high, int64_t *ret_number)
{
	char *end;
	long long number;

	if ((**text < '0' || **text > '9') && **text != '-' && **text != '+') {
		return false;
	}
	errno = 0;
	number = strtoll(*text, &end, 10);
	if (errno != 0 || end == *text || number < low || number > high) {
		return false;
	}
	*text = end;
	*ret_number = number;
	return true;
}

/* A whole word. */
static bool
is_number(const char *text, int64_t low, int64_t high, int64_t *ret_number)
{
	return read_number(&text, low, high, ret_number) && *text == '\0';
}

int
read_duration(const char *text, uint32_t *ret_ms)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = { { "", 1 }, { "ms", 1 }, { "s", 1000 }, { "min", 60000 } };
	char *end;
	double number;

	if (*text < '0' || *text > '9') {
		return -EINVAL;
	}
	number = strtod(text, &end);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		/* Not a number is not less either. */
		if (strcmp(end, units[i].name) == 0 && number * units[i].ms <= COMMAND_MAX_MS) {
			*ret_ms = (uint32_t)lround(number * units[i].ms);
			return 0;
		}
	}
	return -EINVAL;
}

uint32_t
read_button(const char *text)
{
	static const struct {
		const char *name;
		uint32_t code;
	} buttons[] = { { "left", BTN_LEFT }, { "middle", BTN_MIDDLE }, { "right", BTN_RIGHT },
		{ "back", BTN_SIDE }, { "forward", BTN_EXTRA } };

	for (size_t i = 0; i < sizeof(buttons) / sizeof(buttons[0]); i++) {
		if (strcmp(text, buttons[i].name) == 0) {
			return buttons[i].code;
		}
	}
	return 0;
}

static int
read_console(const char *value, struct command *command)
{
	int64_t number;

	if (!is_number(value, 0, INT32_MAX, &number)) {
		return -EINVAL;
	}
	command->console = (uint32_t)number;
	command->console_given = true;
	return 0;
}

static int
read_consoles(const char *value, struct command *command)
{
	command->all_consoles = command->console_given = strcmp(value, "all") == 0;
	return command->all_consoles ? 0 : read_console(value, command);
}

static int
read_timeout(const char *value, struct command *command)
{
	int r = read_duration(value, &command->timeout_ms);

	return r < 0 ? r : command->timeout_ms == 0 ? -EINVAL : 0;
}

static int
read_region(const char *value, struct command *command)
{
	static const char between[] = { ',', ',', 'x', '\0' };
	int64_t numbers[4];

	for (int i = 0; i < 4; i++) {
		if (!read_number(&value, i < 2 ? 0 : 1, INT16_MAX, &numbers[i]) ||
			*value != between[i]) {
			return -EINVAL;
		}
		value++;
	}
	command->region = command->condition.region = (struct rect){ (int32_t)numbers[0],
		(int32_t)numbers[1], (int32_t)numbers[2], (int32_t)numbers[3] };
	return 0;
}

static int
read_tolerance(const char *value, struct command *command)
{
	int64_t number;

	if (!is_number(value, 0, UINT8_MAX, &number)) {
		return -EINVAL;
	}
	command->condition.tolerance = (uint32_t)number;
	return 0;
}

static int
read_pixels(const char *value, struct command *command)
{
	int64_t number;
	char *end;

	if (is_number(value, 0, INT32_MAX, &number)) {
		command->condition.max_pixels = (uint64_t)number;
		return 0;
	}
	if (*value < '0' || *value > '9') {
		return -EINVAL;
	}
	command->condition.max_percent = strtod(value, &end);
	return strcmp(end, "%") == 0 && command->condition.max_percent <= 100 ? 0 : -EINVAL;
}

static int
copy_text(const char *value, char **text)
{
	if (*value == '\0') {
		return -EINVAL;
	}
	free(*text);
	*text = strdup(value);
	return *text != NULL ? 0 : -ENOMEM;
}

static int
read_language(const char *value, struct command *command)
{
	/* It becomes an argument of a program's. */
	return *value == '-' ? -EINVAL : copy_text(value, &command->condition.language);
}

static int
read_times(const char *value, struct command *command)
{
	size_t length = strlen(value), end = strlen(COMMAND_TIMES_ENDING);

	/* What else may be written is known by its ending, too: see app-broker.c. */
	if (length <= end || strcasecmp(value + length - end, COMMAND_TIMES_ENDING) != 0) {
		return -EINVAL;
	}
	return copy_text(value, &command->times_path);
}

static int
read_fps(const char *value, struct command *command)
{
	int64_t number;

	if (!is_number(value, 1, COMMAND_MAX_FPS, &number)) {
		return -EINVAL;
	}
	command->fps = (uint32_t)number;
	return 0;
}

static int
read_button_option(const char *value, struct command *command)
{
	command->code = read_button(value);
	return command->code != 0 ? 0 : -EINVAL;
}

static int
set_cursor(const char *value, struct command *command)
{
	command->cursor = true;
	return 0;
}

static int
set_stitch(const char *value, struct command *command)
{
	command->stitch = true;
	return 0;
}

static int
set_force(const char *value, struct command *command)
{
	command->force = true;
	return 0;
}

static int
set_horizontal(const char *value, struct command *command)
{
	command->horizontal = true;
	return 0;
}

static const struct {
	const char *name;
	enum command_option option;
	const char *value; /* as the manual page has it; NULL: takes none */
	int (*read)(const char *value, struct command *command);
} options[] = {
	{ "--console", OPTION_CONSOLE, "N", read_console },
	{ "--console", OPTION_CONSOLES, "N|all", read_consoles },
	{ "--region", OPTION_REGION, "X,Y,WxH", read_region },
	{ "--tolerance", OPTION_TOLERANCE, "0-255", read_tolerance },
	{ "--pixels", OPTION_PIXELS, "N|N%", read_pixels },
	{ "--language", OPTION_LANGUAGE, "NAME", read_language },
	{ "--timeout", OPTION_TIMEOUT, "TIME", read_timeout },
	{ "--cursor", OPTION_CURSOR, NULL, set_cursor },
	{ "--stitch", OPTION_STITCH, NULL, set_stitch },
	{ "--fps", OPTION_FPS, "N", read_fps },
	{ "--times", OPTION_TIMES, "FILE.times", read_times },
	{ "--button", OPTION_BUTTON, "NAME", read_button_option },
	{ "--horizontal", OPTION_HORIZONTAL, NULL, set_horizontal },
	{ "--force", OPTION_FORCE, NULL, set_force },
};

static int
read_option(struct reader *reader, uint32_t allowed, struct command *command)
{
	const char *word = reader_take(reader, "an option");
	size_t length = strcspn(word, "=");

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		bool takes = options[i].value != NULL, given = word[length] == '=';
		int r;

		if (strlen(options[i].name) != length ||
			strncmp(word, options[i].name, length) != 0 ||
			(options[i].option & allowed) == 0) {
			continue;
		}
		if (takes && !given) {
			return reader_refuse(
				reader, "%s takes a value: =%s", options[i].name, options[i].value);
		}
		if (given && !takes) {
			return reader_refuse(reader, "%s takes no value", options[i].name);
		}
		r = options[i].read(given ? word + length + 1 : NULL, command);
		return r == -EINVAL ? reader_refuse(reader, "%s is not %s=%s", word,
					      options[i].name, options[i].value)
				    : r;
	}
	return reader_refuse(reader, "%s takes no '%s'", command->name, word);
}

int
read_options(struct reader *reader, uint32_t allowed, struct command *command)
{
	int r = 0;

	while (r >= 0 && reader->next < reader->words->n_words) {
		r = read_option(reader, allowed, command);
	}
	return r;
}

void
print_options(FILE *out, uint32_t allowed)
{
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if ((options[i].option & allowed) == 0) {
			continue;
		}
		fprintf(out, " [*%s*", options[i].name);
		if (options[i].value != NULL) {
			fprintf(out, "=%s", options[i].value);
		}
		fprintf(out, "]");
	}
}
