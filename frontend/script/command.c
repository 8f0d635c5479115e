#include "script/command-private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "input/key-layout.h"

int
reader_refuse(struct reader *reader, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reader->error, SCRIPT_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -EINVAL;
}

const char *
reader_take(struct reader *reader, const char *what)
{
	const struct line_words *words = reader->words;

	if (reader->next == words->n_words) {
		reader_refuse(
			reader, "%s is missing behind %s", what, words->words[words->n_words - 1]);
		return NULL;
	}
	reader->column = words->columns[reader->next];
	return words->words[reader->next++];
}

bool
reader_has_argument(const struct reader *reader)
{
	return reader->next < reader->words->n_words &&
	       strncmp(reader->words->words[reader->next], "--", 2) != 0;
}

void
command_finish(struct command *command)
{
	free(command->condition.text);
	free(command->condition.language);
	free(command->path);
	free(command->times_path);
	free(command->typing);
	*command = (struct command){ 0 };
}

void
command_parser_finish(struct command_parser *parser)
{
	key_layout_destroy(parser->layout);
	parser->layout = NULL;
}

static const struct command_row *
find_row(const char *name)
{
	for (size_t i = 0; i < command_n_rows; i++) {
		if (strcmp(command_rows[i].name, name) == 0) {
			return &command_rows[i];
		}
	}
	return NULL;
}

/* Names are ASCII; what else a word may hold is not for a terminal. */
static int
read_command(struct reader *reader, struct command *command)
{
	const char *name = reader_take(reader, "a command");
	const struct command_row *row = find_row(name);
	int r;

	if (row == NULL) {
		return reader_refuse(reader, "there is no command '%s'", name);
	}
	command->kind = row->kind;
	command->name = row->name;
	command->condition.kind = row->condition;
	r = row->read != NULL ? row->read(reader, command) : 0;
	return r < 0 ? r : read_options(reader, row->options, command);
}

int
command_parse(struct command_parser *parser, const char *line, struct command *ret_command,
	uint32_t *ret_column, char error[static SCRIPT_ERROR_SIZE])
{
	struct command command = { 0 };
	struct line_words words;
	struct reader reader = {
		.parser = parser,
		.words = &words,
		.column = 1,
		.error = error,
	};
	int r = line_words_split(line, &words, &reader.column, error);

	if (r >= 0 && words.n_words > 0) {
		r = read_command(&reader, &command);
	}
	if (r < 0) {
		*ret_column = reader.column;
		command_finish(&command);
		return r;
	}
	*ret_command = command;
	return 0;
}

void
command_print_manual(FILE *out)
{
	for (size_t i = 0; i < command_n_rows; i++) {
		const struct command_row *row = &command_rows[i];

		fprintf(out, "*%s*", row->name);
		if (row->arguments != NULL) {
			fprintf(out, " %s", row->arguments);
		}
		print_options(out, row->options);
		fprintf(out, "\n\t%s\n\n", row->manual);
	}
}
