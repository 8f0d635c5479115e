#include <assert.h>
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

static_assert(
	sizeof(((struct options *)0)->error) >= CHORD_ERROR_SIZE, "what is said of keys fits");

/* 0, or -EINVAL with the reason in options->error. */
typedef int (*parse_with_layout_fn)(
	struct options *options, const struct key_layout *layout, const char *value);

static int
parse_with_layout(struct options *options, const char *layout_name, const char *value,
	parse_with_layout_fn parse)
{
	struct key_layout *layout;
	int r = key_layout_create(layout_name, &layout);

	if (r < 0) {
		snprintf(options->error, sizeof(options->error),
			"the X keyboard database (xkb-data) cannot be read");
		return -EINVAL;
	}
	r = parse(options, layout, value);
	key_layout_destroy(layout);
	return r;
}

/* Named as on an American keyboard, whatever the user's own is: it is the place of a key that
 * counts. */
static int
parse_names(struct options *options, const char *value, parse_with_layout_fn parse)
{
	return parse_with_layout(options, KEY_LAYOUT_DEFAULT, value, parse);
}

static int
parse_hotkeys(struct options *options, const struct key_layout *layout, const char *value)
{
	return hotkeys_parse(&options->input.hotkeys, layout, value, options->error);
}

int
cli_parse_hotkeys(struct options *options, const char *value)
{
	options->input_given = true;
	return parse_names(options, value, parse_hotkeys);
}

static int
parse_keymap(struct options *options, const struct key_layout *layout, const char *value)
{
	return key_remaps_parse(&options->input.remaps, layout, value, options->error);
}

int
cli_parse_keymap(struct options *options, const char *value)
{
	options->input_given = true;
	return parse_names(options, value, parse_keymap);
}

static int
parse_pass_keys(struct options *options, const struct key_layout *layout, const char *value)
{
	return chord_list_parse(layout, value, &options->input.pass_keys, options->error);
}

int
cli_parse_pass_keys(struct options *options, const char *value)
{
	options->input_given = true;
	return parse_names(options, value, parse_pass_keys);
}

static int
parse_send_keys(struct options *options, const struct key_layout *layout, const char *value)
{
	return typing_add_keys(&options->typing, layout, value, options->error);
}

int
cli_parse_send_keys(struct options *options, const char *value)
{
	return parse_names(options, value, parse_send_keys);
}

static int
parse_type(struct options *options, const struct key_layout *layout, const char *value)
{
	return typing_add_text(&options->typing, layout, value, options->error);
}

int
cli_parse_type(struct options *options, const char *value)
{
	if (options->keyboard_layout == NULL) {
		options->keyboard_layout = KEY_LAYOUT_DEFAULT;
	}
	return value[0] == '\0'
		       ? -EINVAL
		       : parse_with_layout(options, options->keyboard_layout, value, parse_type);
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
	return options->script_given ? cli_script_add_layout(options, value) : 0;
}
