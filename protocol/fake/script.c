#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "base/log.h"
#include "base/text.h"
#include "script-parser.h"

static int
parse_name(struct parser *parser)
{
	char *name = parser->script->identity.name;
	const char *word = words_take(&parser->words);

	if (word == NULL) {
		return words_expected(&parser->words, "the VM's name");
	}
	name[0] = '\0';
	for (; word != NULL; word = words_take(&parser->words)) {
		if (strlen(name) + 1 + strlen(word) >= GUEST_TEXT_SIZE) {
			return words_complain(&parser->words, "a name longer than 126 bytes");
		}
		strcat(name, name[0] != '\0' ? " " : "");
		strcat(name, word);
	}
	text_clean(name);
	return 0;
}

static int
parse_uuid(struct parser *parser)
{
	const char *uuid = words_take(&parser->words);
	bool valid = uuid != NULL && strlen(uuid) == GUEST_UUID_SIZE - 1;

	for (uint32_t i = 0; valid && i < GUEST_UUID_SIZE - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		valid = dash ? uuid[i] == '-' : strchr("0123456789abcdef", uuid[i]) != NULL;
	}
	if (!valid) {
		return words_expected(&parser->words, "a UUID in lower case");
	}
	strcpy(parser->script->identity.uuid, uuid);
	return words_finish(&parser->words);
}

static int
parse_line(struct parser *parser, char *line)
{
	int r = words_split(&parser->words, line);
	bool is_name, is_uuid;
	const char *word;

	if (r < 0 || parser->words.n_words == 0) {
		return r;
	}
	word = words_take(&parser->words);
	is_name = strcmp(word, "name") == 0;
	is_uuid = strcmp(word, "uuid") == 0;
	if ((is_name || is_uuid) && parser->started) {
		return words_complain(&parser->words, "`name` and `uuid` must come first");
	}
	if (is_name || is_uuid) {
		return is_name ? parse_name(parser) : parse_uuid(parser);
	}
	parser->started = true;
	return script_parse_command(parser, word);
}

/* Whatever could only be checked once all memories were known. */
static int
check_references(struct script *script)
{
	struct words place = { .file = script->file };

	for (uint32_t i = 0; i < script->n_memories; i++) {
		place.line = script->memories[i].line;
		if (!script->memories[i].defined) {
			return words_complain(&place, "no `scanout` describes this buffer");
		}
	}
	for (uint32_t i = 0; i < script->n_commands; i++) {
		struct script_command *command = &script->commands[i];
		const struct script_memory *memory = &script->memories[command->memory];
		struct rect whole = { 0, 0, (int32_t)memory->layout.width,
			(int32_t)memory->layout.height };

		place.line = command->line;
		if (command->kind == SCRIPT_TRUNCATE &&
			(!memory->unsealed || command->size > memory->size)) {
			return words_complain(&place,
				memory->unsealed ? "this buffer is shorter already"
						 : "only an `unsealed` buffer can be truncated");
		}
		if (command->kind != SCRIPT_SCANOUT) {
			continue;
		}
		if (command->scanout.whole) {
			command->scanout.source = whole;
		}
		if (!rect_contains(&whole, &command->scanout.source)) {
			return words_complain(&place, "`source` is not inside the buffer");
		}
	}
	return 0;
}

static int
parse_all(struct parser *parser, char *text)
{
	int r = 0;

	while (r >= 0 && text != NULL) {
		char *line = strsep(&text, "\n");
		parser->words.line++;
		r = parse_line(parser, line);
	}
	if (r >= 0 && parser->n_open > 0) {
		parser->words.line =
			parser->script->commands[parser->open_repeats[parser->n_open - 1]].line;
		r = words_complain(&parser->words, "this `repeat` has no `end`");
	}
	return r < 0 ? r : check_references(parser->script);
}

int
script_parse(const char *file, const char *text, size_t size, struct script **ret_script)
{
	struct script *script = calloc(1, sizeof(*script));
	struct parser parser = { .script = script };
	char *copy = strndup(text, size);
	int r = -ENOMEM;

	if (script != NULL && copy != NULL) {
		script->file = strdup(file);
	}
	if (script != NULL && script->file != NULL) {
		parser.words.file = script->file;
		if (strlen(copy) != size) {
			r = words_complain(&parser.words, "binary data");
		} else {
			r = parse_all(&parser, copy);
		}
	}
	free(copy);
	if (r < 0) {
		script_destroy(script);
		return r;
	}
	*ret_script = script;
	return 0;
}

int
script_load(const char *path, struct script **ret_script)
{
	AUTO_FD int fd = broker_open(path);
	char *text = malloc(SCRIPT_MAX_SIZE + 1);
	size_t size = 0;
	int r = fd < 0 ? fd : 0;

	if (r >= 0 && fcntl(fd, F_SETFL, 0) < 0) {
		r = -errno; /* a pipe is waited for */
	}
	if (text == NULL) {
		return -ENOMEM;
	}
	while (r >= 0 && size <= SCRIPT_MAX_SIZE) {
		ssize_t n = read(fd, text + size, SCRIPT_MAX_SIZE + 1 - size);
		if (n <= 0) {
			r = n < 0 ? -errno : 0;
			break;
		}
		size += (size_t)n;
	}
	if (r >= 0 && size > SCRIPT_MAX_SIZE) {
		r = -EFBIG;
	}
	if (r < 0) {
		log_error("%s: %s; the test guest does not start", path, strerror(-r));
	} else {
		r = script_parse(path, text, size, ret_script);
	}
	free(text);
	return r;
}

void
script_destroy(struct script *script)
{
	if (script == NULL) {
		return;
	}
	for (uint32_t i = 0; i < script->n_commands; i++) {
		if (script->commands[i].kind == SCRIPT_RECORD) {
			free(script->commands[i].path);
		}
	}
	free(script->commands);
	free(script->file);
	free(script);
}
