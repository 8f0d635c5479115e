#include "cli-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitors.h"

int
cli_parse_monitors(struct options *options, const char *value)
{
	options->monitors.plug_given = true;
	return monitor_mapping_parse_consoles(value, options->error, &options->monitors.plug);
}

int
cli_parse_full_screen(struct options *options, const char *value)
{
	struct monitors_options *monitors = &options->monitors;

	if (value == NULL) {
		monitors->fullscreen = FULLSCREEN_SHOWN;
	} else if (strcmp(value, "all") == 0) {
		monitors->fullscreen = FULLSCREEN_ALL;
	} else {
		monitors->fullscreen = FULLSCREEN_OUTPUT;
		monitors->fullscreen_output = value;
	}
	if (value != NULL && *value == '\0') {
		snprintf(options->error, sizeof(options->error),
			"after '=' comes the name of a connector, such as DP-1, or all");
		return -EINVAL;
	}
	return 0;
}

int
cli_parse_monitor_mapping(struct options *options, const char *value)
{
	return monitor_mapping_parse(value, options->error, &options->monitors.mapping);
}

/* Where the value is among the words; -EINVAL: nowhere. */
static int
parse_word(const char *value, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0) {
			return i;
		}
	}
	return -EINVAL;
}

int
cli_parse_auto_resize(struct options *options, const char *value)
{
	static const char *const words[] = { "never", "always", NULL };
	int word = parse_word(value, words);

	options->monitors.auto_resize = word == 1;
	return word < 0 ? word : 0;
}

int
cli_parse_even_width(struct options *options, const char *value)
{
	options->monitors.even_width = true;
	return 0;
}

int
cli_parse_zoom(struct options *options, const char *value)
{
	uint32_t percent;

	if (cli_parse_number(value, MONITORS_ZOOM_MAX, &percent) < 0 ||
		percent < MONITORS_ZOOM_MIN) {
		snprintf(options->error, sizeof(options->error),
			"'%.20s' is no percentage from %d to %d", value, MONITORS_ZOOM_MIN,
			MONITORS_ZOOM_MAX);
		return -EINVAL;
	}
	options->monitors.zoom_percent = percent;
	return 0;
}

int
cli_parse_scale(struct options *options, const char *value)
{
	static const char *const words[] = {
		[FIT_WINDOW] = "fit",
		[FIT_ONE_TO_ONE] = "1:1",
		[FIT_INTEGER] = "integer",
		NULL,
	};
	int word = parse_word(value, words);

	if (word >= 0) {
		options->monitors.mode = (enum fit_mode)word;
	}
	return word < 0 ? word : 0;
}

int
cli_parse_filter(struct options *options, const char *value)
{
	static const char *const words[] = { "linear", "nearest", NULL };
	int word = parse_word(value, words);

	options->monitors.nearest = word == 1;
	return word < 0 ? word : 0;
}

int
cli_parse_window_close(struct options *options, const char *value)
{
	static const char *const words[] = {
		[WINDOW_CLOSE_DETACH] = "detach",
		[WINDOW_CLOSE_ASK] = "ask",
		[WINDOW_CLOSE_POWERDOWN] = "powerdown",
		NULL,
	};
	int word = parse_word(value, words);

	if (word >= 0) {
		options->monitors.window_close = (enum window_close)word;
	}
	return word < 0 ? word : 0;
}

int
cli_parse_no_layout(struct options *options, const char *value)
{
	options->monitors.remember = false;
	return 0;
}
