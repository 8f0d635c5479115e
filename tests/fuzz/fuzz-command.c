#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "script/command.h"

/* Lines of a script, each after what the ones before have said about reading it. */

static void
check_command(const struct command *command)
{
	FUZZ_EXPECT(command->kind <= COMMAND_SLEEP);
	FUZZ_EXPECT((command->name == NULL) == (command->kind == COMMAND_NONE));
	FUZZ_EXPECT(command->timeout_ms <= COMMAND_MAX_MS);
	FUZZ_EXPECT(command->duration_ms <= COMMAND_MAX_MS);
	FUZZ_EXPECT(command->condition.stable_ms <= COMMAND_MAX_MS);
	FUZZ_EXPECT(command->fps <= COMMAND_MAX_FPS);
	FUZZ_EXPECT(command->clicks <= COMMAND_MAX_CLICKS);
	FUZZ_EXPECT(command->condition.tolerance <= 255);
	FUZZ_EXPECT(command->condition.max_percent >= 0 && command->condition.max_percent <= 100);
	FUZZ_EXPECT(command->n_places <= 2);
	FUZZ_EXPECT(command->notches >= -COMMAND_MAX_NOTCHES &&
		    command->notches <= COMMAND_MAX_NOTCHES);
	FUZZ_EXPECT(command->kind != COMMAND_SHOT || command->path[0] != '\0');
	FUZZ_EXPECT(
		command->kind != COMMAND_TYPE || command->typing->n_strokes <= TYPING_MAX_STROKES);
	FUZZ_EXPECT(command->kind != COMMAND_HOLD || command->code != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A keyboard takes milliseconds to make: the usual one is kept, others come first or not.
	 */
	static struct command_parser parser;
	bool other_layout = false;
	size_t at = 0;

	while (at < size) {
		const uint8_t *end = memchr(data + at, '\n', size - at);
		size_t length = end != NULL ? (size_t)(end - data) - at : size - at;
		char line[2 * LINE_MAX_SIZE], error[SCRIPT_ERROR_SIZE] = "";
		struct command command = { 0 };
		uint32_t column = 0;
		int r;

		snprintf(line, sizeof(line), "%.*s", (int)length, (const char *)data + at);
		if (at > 0 && strstr(line, "layout") != NULL) {
			line[0] = '#';
		}
		at += length + 1;
		r = command_parse(&parser, line, &command, &column, error);
		FUZZ_EXPECT(r == 0 || r == -EINVAL);
		if (r < 0) {
			FUZZ_EXPECT(column >= 1 && column <= LINE_MAX_SIZE);
			FUZZ_EXPECT(error[0] != '\0' && memchr(error, '\0', sizeof(error)) != NULL);
			FUZZ_EXPECT(command.kind == COMMAND_NONE && command.typing == NULL);
		} else {
			check_command(&command);
			other_layout |= command.kind == COMMAND_LAYOUT;
		}
		command_finish(&command);
	}
	if (other_layout) {
		command_parser_finish(&parser);
	}
	return 0;
}
