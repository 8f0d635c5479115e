#include "cli-private.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "input/key-layout.h"

/* A script reads keys as --layout has said before, until it says otherwise. */
static int
take_layout(struct options *options)
{
	if (options->script_given) {
		return 0;
	}
	options->script_given = true;
	options->script_layout = options->keyboard_layout;
	return options->script_layout != NULL
		       ? key_layout_create(options->script_layout, &options->script.parser.layout)
		       : 0;
}

static int
say_mistakes(struct options *options, int error)
{
	if (error < 0) {
		snprintf(options->error, sizeof(options->error),
			"nothing was done, as it has mistakes");
	}
	return error;
}

int
cli_parse_script(struct options *options, const char *value)
{
	int r = take_layout(options);

	return r < 0 ? r : say_mistakes(options, script_add_file(&options->script, value));
}

int
cli_parse_command(struct options *options, const char *value)
{
	int r = take_layout(options);

	return r < 0 ? r
		     : say_mistakes(options,
			       script_add_text(&options->script, value, ++options->n_script_lines));
}

int
cli_script_add_layout(struct options *options, const char *name)
{
	char line[LINE_MAX_SIZE];

	snprintf(line, sizeof(line), "layout \"%s\"", name);
	return say_mistakes(
		options, script_add_text(&options->script, line, options->n_script_lines));
}

int
cli_parse_junit(struct options *options, const char *value)
{
	options->junit_file = value;
	return *value != '\0' ? 0 : -EINVAL;
}

int
cli_parse_artifacts(struct options *options, const char *value)
{
	options->artifacts = value;
	return *value != '\0' ? 0 : -EINVAL;
}

int
cli_parse_control(struct options *options, const char *value)
{
	options->control = value;
	return *value != '\0' ? 0 : -EINVAL;
}

int
cli_parse_ready_fd(struct options *options, const char *value)
{
	uint32_t fd;

	if (cli_parse_number(value, INT_MAX, &fd) < 0 || fd == 0) {
		return -EINVAL;
	}
	options->ready_fd = (int)fd;
	return 0;
}

int
cli_parse_cursor(struct options *options, const char *value)
{
	options->cursor = true;
	return 0;
}

int
cli_parse_stitch(struct options *options, const char *value)
{
	options->stitch = true;
	return 0;
}
