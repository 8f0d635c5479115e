#include "script/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

void
script_finish(struct script *script)
{
	for (uint32_t i = 0; i < script->n_steps; i++) {
		free(script->steps[i].text);
		command_finish(&script->steps[i].command);
	}
	free(script->steps);
	command_parser_finish(&script->parser);
	*script = (struct script){ 0 };
}

static void
complain(struct script *script, const char *source, uint32_t line, uint32_t column, const char *why)
{
	char text[SCRIPT_ERROR_SIZE];

	/* It may quote what the file says. */
	text_copy(text, sizeof(text), why);
	if (++script->n_errors <= SCRIPT_MAX_ERRORS) {
		log_error("%s:%u:%u: %s", source, line, column, text);
	}
}

static int
add_step(struct script *script, const char *source, uint32_t line, const char *text,
	const struct command *command)
{
	struct script_step *steps =
		reallocarray(script->steps, script->n_steps + 1, sizeof(script->steps[0]));
	char *copy = strdup(text);

	if (steps != NULL) {
		script->steps = steps;
	}
	if (steps == NULL || copy == NULL) {
		free(copy);
		return -ENOMEM;
	}
	script->steps[script->n_steps++] = (struct script_step){ source, line, copy, *command };
	return 0;
}

static void
add_line(struct script *script, const char *source, uint32_t line, const char *text)
{
	char error[SCRIPT_ERROR_SIZE] = "no memory";
	struct command command = { 0 };
	uint32_t column = 1;
	int r;

	if (++script->n_lines > SCRIPT_MAX_LINES) {
		if (script->n_lines == SCRIPT_MAX_LINES + 1) {
			snprintf(error, sizeof(error), "more than %d lines", SCRIPT_MAX_LINES);
			complain(script, source, line, column, error);
		}
		return;
	}
	r = command_parse(&script->parser, text, &command, &column, error);
	if (r >= 0 && command.kind != COMMAND_NONE) {
		r = add_step(script, source, line, text, &command);
	}
	if (r < 0) {
		command_finish(&command);
		complain(script, source, line, column, error);
	}
}

static void
add_stream(struct script *script, const char *source, FILE *file, uint32_t line)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t length;

	errno = 0;
	while ((length = getline(&text, &size, file)) >= 0) {
		if (length > 0 && text[length - 1] == '\n') {
			text[--length] = '\0';
		}
		if (strlen(text) != (size_t)length) {
			complain(script, source, line, (uint32_t)strlen(text) + 1,
				"a byte of 0: this is no text");
			break;
		}
		add_line(script, source, line++, text);
		if (script->n_lines > SCRIPT_MAX_LINES) {
			break;
		}
		errno = 0;
	}
	if (length < 0 && errno != 0) {
		complain(script, source, line, 1, strerror(errno));
	}
	free(text);
}

int
script_add_file(struct script *script, const char *path)
{
	FILE *file = stdin;

	if (strcmp(path, "-") != 0) {
		file = fopen(path, "re");
	}
	if (file == NULL) {
		log_error("cannot read %s: %s", path, strerror(errno));
		script->n_errors++;
		return -EINVAL;
	}
	add_stream(script, path, file, 1);
	if (file != stdin) {
		fclose(file);
	}
	return script->n_errors > 0 ? -EINVAL : 0;
}

int
script_add_text(struct script *script, const char *text, uint32_t number)
{
	size_t length = strlen(text);
	FILE *file = length > 0 ? fmemopen((void *)(uintptr_t)text, length, "r") : NULL;

	if (file == NULL) {
		log_error("-e: an empty command");
		script->n_errors++;
		return -EINVAL;
	}
	add_stream(script, "-e", file, number);
	fclose(file);
	return script->n_errors > 0 ? -EINVAL : 0;
}
