#include "lock-keys.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <wayland-client.h>
#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "base/log.h"
#include "input.h"

static const struct {
	const char *light;
	uint32_t lock;
} lights[] = {
	{ XKB_LED_NAME_SCROLL, INPUT_LOCK_SCROLL },
	{ XKB_LED_NAME_NUM, INPUT_LOCK_NUM },
	{ XKB_LED_NAME_CAPS, INPUT_LOCK_CAPS },
};

static uint32_t
lit(struct xkb_state *state)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < sizeof(lights) / sizeof(lights[0]); i++) {
		if (xkb_state_led_name_is_active(state, lights[i].light) > 0) {
			mask |= lights[i].lock;
		}
	}
	return mask;
}

/*
 * libxkbcommon 1.5 falls over a comma that a body begins with. A comment could hide one;
 * compositors send what libxkbcommon has written itself, which has neither.
 */
static bool
is_deadly(const char *text, size_t size)
{
	bool opened = false;

	for (size_t i = 0; i < size; i++) {
		if (opened && (text[i] == ',' || text[i] == '/' || text[i] == '#')) {
			return true;
		}
		opened = text[i] == '{' || (opened && isspace((unsigned char)text[i]));
	}
	return false;
}

/* Compositors send keymaps that are complete: nothing is to be read from disk for one. */
static struct xkb_keymap *
compile(const char *text, size_t size)
{
	struct xkb_context *context =
		xkb_context_new(XKB_CONTEXT_NO_DEFAULT_INCLUDES | XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	struct xkb_keymap *keymap = NULL;

	if (context == NULL) {
		return NULL;
	}
	size = strnlen(text, size);
	xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
	if (!is_deadly(text, size)) {
		keymap = xkb_keymap_new_from_buffer(context, text, size, XKB_KEYMAP_FORMAT_TEXT_V1,
			XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	xkb_context_unref(context);
	return keymap;
}

static int
read_keymap(int fd, uint32_t size, struct xkb_keymap **ret_keymap)
{
	struct xkb_keymap *keymap;
	char *text;
	int r;

	if (size == 0 || size > LOCK_KEYS_MAX_KEYMAP_SIZE) {
		return -EMSGSIZE;
	}
	text = malloc(size);
	r = text == NULL ? -ENOMEM : fd_read_start(fd, text, size);
	keymap = r < 0 ? NULL : compile(text, size);
	free(text);
	if (keymap == NULL) {
		return r < 0 ? r : -EBADMSG;
	}
	*ret_keymap = keymap;
	return 0;
}

void
lock_keys_set_keymap(struct lock_keys *locks, uint32_t format, int fd, uint32_t size)
{
	int r;

	lock_keys_finish(locks);
	if (format != WL_KEYBOARD_KEYMAP_FORMAT_XKB_V1) {
		return;
	}
	r = read_keymap(fd, size, &locks->keymap);
	if (r >= 0) {
		locks->state = xkb_state_new(locks->keymap);
		r = locks->state != NULL ? 0 : -ENOMEM;
	}
	if (r < 0) {
		log_limited_here(LOG_LEVEL_WARNING,
			"the keyboard's keymap is no good (%s): lock keys are not known",
			strerror(-r));
		lock_keys_finish(locks);
		return;
	}
	xkb_state_update_mask(locks->state, 0, 0, UINT32_MAX, 0, 0, 0);
	locks->known = lit(locks->state);
	xkb_state_update_mask(locks->state, 0, 0, 0, 0, 0, 0);
}

void
lock_keys_update(struct lock_keys *locks, uint32_t depressed, uint32_t latched, uint32_t locked,
	uint32_t group)
{
	if (locks->state != NULL) {
		xkb_state_update_mask(locks->state, depressed, latched, locked, 0, 0, group);
		locks->on = lit(locks->state);
	}
}

void
lock_keys_finish(struct lock_keys *locks)
{
	xkb_state_unref(locks->state);
	xkb_keymap_unref(locks->keymap);
	*locks = (struct lock_keys){ 0 };
}
