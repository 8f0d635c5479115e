#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli-private.h"
#include "input/key-layout.h"

/* Names in the order of the enum; the first is the default. */
static int
parse_name(const char *value, const char *const *names, uint32_t n_names, uint32_t *ret_index)
{
	for (uint32_t i = 0; i < n_names; i++) {
		if (strcmp(value, names[i]) == 0) {
			*ret_index = i;
			return 0;
		}
	}
	return -EINVAL;
}

int
cli_parse_grab(struct options *options, const char *value)
{
	static const char *const names[] = { "click", "hover", "focus", "off" };
	uint32_t index;

	if (parse_name(value, names, 4, &index) < 0) {
		return -EINVAL;
	}
	options->input_given = true;
	options->input.grab = (enum grab_mode)index;
	return 0;
}

int
cli_parse_capture_keys(struct options *options, const char *value)
{
	static const char *const names[] = { "fullscreen", "always", "never" };
	uint32_t index;

	if (parse_name(value, names, 3, &index) < 0) {
		return -EINVAL;
	}
	options->input_given = true;
	options->input.capture = (enum capture_keys)index;
	return 0;
}

int
cli_parse_no_release_keys(struct options *options, const char *value)
{
	options->input_given = true;
	options->input.keep_keys = true;
	return 0;
}

int
cli_parse_sync_locks(struct options *options, const char *value)
{
	options->input_given = true;
	options->input.lock_keys = true;
	options->display.lock_keys = true;
	return 0;
}

/* Keys are named as on an American keyboard, whatever the user's own is: it is their place that
 * counts. */
static int
open_layout(struct options *options, struct key_layout **ret_layout)
{
	int r = key_layout_create(KEY_LAYOUT_DEFAULT, ret_layout);

	if (r < 0) {
		snprintf(options->error, sizeof(options->error),
			"the X keyboard database (xkb-data) cannot be read");
	}
	return r < 0 ? -EINVAL : 0;
}

static int
finish(struct options *options, struct key_layout *layout, int r, const char *error)
{
	key_layout_destroy(layout);
	if (r < 0) {
		snprintf(options->error, sizeof(options->error), "%s", error);
	}
	return r;
}

int
cli_parse_hotkeys(struct options *options, const char *value)
{
	char error[CHORD_ERROR_SIZE];
	struct key_layout *layout;

	options->input_given = true;
	if (open_layout(options, &layout) < 0) {
		return -EINVAL;
	}
	return finish(options, layout, hotkeys_parse(&options->input.hotkeys, layout, value, error),
		error);
}

int
cli_parse_keymap(struct options *options, const char *value)
{
	char error[CHORD_ERROR_SIZE];
	struct key_layout *layout;

	options->input_given = true;
	if (open_layout(options, &layout) < 0) {
		return -EINVAL;
	}
	return finish(options, layout,
		key_remaps_parse(&options->input.remaps, layout, value, error), error);
}

int
cli_parse_pass_keys(struct options *options, const char *value)
{
	char error[CHORD_ERROR_SIZE];
	struct key_layout *layout;

	options->input_given = true;
	if (open_layout(options, &layout) < 0) {
		return -EINVAL;
	}
	return finish(options, layout,
		chord_list_parse(layout, value, &options->input.pass_keys, error), error);
}

int
cli_parse_send_keys(struct options *options, const char *value)
{
	char error[CHORD_ERROR_SIZE];
	struct key_layout *layout;

	if (open_layout(options, &layout) < 0) {
		return -EINVAL;
	}
	return finish(
		options, layout, typing_add_keys(&options->typing, layout, value, error), error);
}

int
cli_parse_type(struct options *options, const char *value)
{
	char error[CHORD_ERROR_SIZE];
	struct key_layout *layout;

	if (options->keyboard_layout == NULL) {
		options->keyboard_layout = KEY_LAYOUT_DEFAULT;
	}
	if (value[0] == '\0' || key_layout_create(options->keyboard_layout, &layout) < 0) {
		return -EINVAL;
	}
	return finish(
		options, layout, typing_add_text(&options->typing, layout, value, error), error);
}

int
cli_parse_layout(struct options *options, const char *value)
{
	struct key_layout *layout;

	if (key_layout_create(value, &layout) < 0) {
		snprintf(options->error, sizeof(options->error),
			"the X keyboard database has no layout of that name");
		return -EINVAL;
	}
	key_layout_destroy(layout);
	options->keyboard_layout = value;
	return 0;
}
