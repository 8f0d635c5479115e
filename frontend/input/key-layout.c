#include "input/key-layout.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <xkbcommon/xkbcommon.h>

#include "base/fd.h"
#include "broker/broker-act.h"

/* X counts keys from here. */
#define XKB_OFFSET 8
#define NAME_MAX_SIZE 32
/* Beyond it are keys of their own for single characters, which few keyboards have. */
#define MAX_TYPED KEY_COMPOSE

struct key_layout {
	struct xkb_context *context;
	struct xkb_keymap *keymap;
	xkb_mod_mask_t shift, altgr;
};

/* What has no keysym by that name, or another one on an American keyboard. */
static const struct {
	const char *name;
	uint32_t code;
} words[] = {
	{ "ctrl", KEY_LEFTCTRL },
	{ "control", KEY_LEFTCTRL },
	{ "shift", KEY_LEFTSHIFT },
	{ "alt", KEY_LEFTALT },
	{ "altgr", KEY_RIGHTALT },
	{ "super", KEY_LEFTMETA },
	{ "win", KEY_LEFTMETA },
	{ "meta", KEY_LEFTMETA },
	{ "cmd", KEY_LEFTMETA },
	{ "esc", KEY_ESC },
	{ "enter", KEY_ENTER },
	{ "ret", KEY_ENTER },
	{ "spc", KEY_SPACE },
	{ "del", KEY_DELETE },
	{ "ins", KEY_INSERT },
	{ "pgup", KEY_PAGEUP },
	{ "pageup", KEY_PAGEUP },
	{ "pgdn", KEY_PAGEDOWN },
	{ "pagedown", KEY_PAGEDOWN },
	{ "prtsc", KEY_SYSRQ },
	{ "printscreen", KEY_SYSRQ },
};

static xkb_mod_mask_t
mask_of(struct xkb_keymap *keymap, const char *name)
{
	xkb_mod_index_t index = xkb_keymap_mod_get_index(keymap, name);

	return index < XKB_MOD_INVALID && index < 32 ? UINT32_C(1) << index : 0;
}

/* By files in folders. A name as "de(nodeadkeys)". NULL: there is none. */
static struct xkb_keymap *
compile(struct xkb_context *context, const char *name)
{
	char copy[KEY_LAYOUT_MAX_SIZE], *variant;
	struct xkb_rule_names names = { .rules = "evdev", .model = "pc105", .layout = copy };

	strcpy(copy, name);
	variant = strchr(copy, '(');
	if (variant != NULL) {
		*variant = '\0';
		names.variant = variant + 1;
		variant[1 + strcspn(variant + 1, ")")] = '\0';
	}
	/* That a layout is not there is said by whoever asked for it. */
	xkb_context_set_log_level(context, XKB_LOG_LEVEL_CRITICAL);
	return xkb_keymap_new_from_names(context, &names, XKB_KEYMAP_COMPILE_NO_FLAGS);
}

/* A word of files' names: it leads out of no folder. */
static bool
is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_-+,()";

	return name[0] != '\0' && strlen(name) < KEY_LAYOUT_MAX_SIZE &&
	       name[strspn(name, allowed)] == '\0';
}

/* In the broker: the whole of it, as text. */
static void
act_keymap(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	AUTO_FD int fd = memfd_create("vitrine-keymap", MFD_CLOEXEC);
	struct xkb_context *context = xkb_context_new(XKB_CONTEXT_NO_ENVIRONMENT_NAMES);
	struct xkb_keymap *keymap = NULL;
	char *text = NULL;

	if (fd >= 0 && context != NULL && is_name(request->text[0])) {
		keymap = compile(context, request->text[0]);
	}
	if (keymap != NULL) {
		text = xkb_keymap_get_as_string(keymap, XKB_KEYMAP_FORMAT_TEXT_V1);
	}
	answer->error = text != NULL ? fd_write_all(fd, text, strlen(text) + 1) : -EINVAL;
	if (answer->error >= 0) {
		answer->numbers[0] = (int64_t)strlen(text) + 1;
		answer->fd = fd_take(&fd);
	}
	free(text);
	xkb_keymap_unref(keymap);
	xkb_context_unref(context);
}

void
key_layout_register(void)
{
	broker_act_register(BROKER_ACT_KEYMAP, act_keymap);
}

/* The same, for a process that may read no file. */
static struct xkb_keymap *
fetch(struct xkb_context *context, const char *name)
{
	struct broker_request request = { .act = BROKER_ACT_KEYMAP, .text = { name } };
	struct xkb_keymap *keymap = NULL;
	struct broker_answer answer;
	char *text;

	if (broker_ask(&request, &answer, NULL) < 0) {
		return NULL;
	}
	text = malloc((size_t)answer.numbers[0]);
	if (text != NULL && fd_read_start(answer.fd, text, (size_t)answer.numbers[0]) >= 0) {
		keymap = xkb_keymap_new_from_string(
			context, text, XKB_KEYMAP_FORMAT_TEXT_V1, XKB_KEYMAP_COMPILE_NO_FLAGS);
	}
	free(text);
	fd_close(&answer.fd);
	return keymap;
}

int
key_layout_create(const char *name, struct key_layout **ret_layout)
{
	bool may_read = !broker_is_running();
	struct key_layout *layout;

	if (!is_name(name)) {
		return -EINVAL;
	}
	layout = calloc(1, sizeof(*layout));
	if (layout == NULL) {
		return -ENOMEM;
	}
	layout->context = xkb_context_new(
		XKB_CONTEXT_NO_ENVIRONMENT_NAMES |
		(may_read ? XKB_CONTEXT_NO_FLAGS : XKB_CONTEXT_NO_DEFAULT_INCLUDES));
	if (layout->context != NULL) {
		layout->keymap =
			may_read ? compile(layout->context, name) : fetch(layout->context, name);
	}
	if (layout->keymap == NULL) {
		int r = layout->context == NULL ? -ENOMEM : -EINVAL;

		key_layout_destroy(layout);
		return r;
	}
	layout->shift = mask_of(layout->keymap, XKB_MOD_NAME_SHIFT);
	layout->altgr = mask_of(layout->keymap, "Mod5");
	*ret_layout = layout;
	return 0;
}

void
key_layout_destroy(struct key_layout *layout)
{
	if (layout == NULL) {
		return;
	}
	xkb_keymap_unref(layout->keymap);
	xkb_context_unref(layout->context);
	free(layout);
}

static bool
has_symbol(
	struct xkb_keymap *keymap, xkb_keycode_t key, xkb_level_index_t level, xkb_keysym_t symbol)
{
	const xkb_keysym_t *symbols;
	int n = xkb_keymap_key_get_syms_by_level(keymap, key, 0, level, &symbols);

	return n == 1 && symbols[0] == symbol;
}

/* Up to that code. What takes no Shift is found before what does. 0: none. */
static xkb_keycode_t
find_symbol(const struct key_layout *layout, xkb_keysym_t symbol, uint32_t max_code,
	xkb_level_index_t from, xkb_level_index_t *ret_level)
{
	xkb_keycode_t max = xkb_keymap_max_keycode(layout->keymap);

	max = max < max_code + XKB_OFFSET ? max : max_code + XKB_OFFSET;
	for (xkb_level_index_t level = from; level < 4; level++) {
		for (xkb_keycode_t key = xkb_keymap_min_keycode(layout->keymap); key <= max;
			key++) {
			if (level < xkb_keymap_num_levels_for_key(layout->keymap, key, 0) &&
				has_symbol(layout->keymap, key, level, symbol)) {
				*ret_level = level;
				return key;
			}
		}
	}
	return 0;
}

static uint32_t
code_of(xkb_keycode_t key)
{
	return key > XKB_OFFSET && key - XKB_OFFSET <= KEY_MAX ? key - XKB_OFFSET : 0;
}

uint32_t
key_layout_find(const struct key_layout *layout, const char *name, size_t length)
{
	char copy[NAME_MAX_SIZE];
	xkb_level_index_t level;
	xkb_keysym_t symbol;

	if (length == 0 || length >= sizeof(copy)) {
		return 0;
	}
	memcpy(copy, name, length);
	copy[length] = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(words[i].name, copy) == 0) {
			return words[i].code;
		}
	}
	symbol = xkb_keysym_from_name(copy, XKB_KEYSYM_NO_FLAGS);
	if (symbol == XKB_KEY_NoSymbol) {
		symbol = xkb_keysym_from_name(copy, XKB_KEYSYM_CASE_INSENSITIVE);
	}
	return symbol != XKB_KEY_NoSymbol ? code_of(find_symbol(layout, symbol, KEY_MAX, 0, &level))
					  : 0;
}

/* Of the ways to reach the level one without Caps Lock and the like. */
static bool
find_modifiers(const struct key_layout *layout, xkb_keycode_t key, xkb_level_index_t level,
	xkb_mod_mask_t *ret_mask)
{
	xkb_mod_mask_t masks[16];
	size_t n = xkb_keymap_key_get_mods_for_level(
		layout->keymap, key, 0, level, masks, sizeof(masks) / sizeof(masks[0]));

	for (size_t i = 0; i < n; i++) {
		if ((masks[i] & ~(layout->shift | layout->altgr)) == 0) {
			*ret_mask = masks[i];
			return true;
		}
	}
	return false;
}

bool
key_layout_stroke(
	const struct key_layout *layout, uint32_t character, struct key_stroke *ret_stroke)
{
	xkb_keysym_t symbol = character == '\n'   ? XKB_KEY_Return
			      : character == '\t' ? XKB_KEY_Tab
						  : xkb_utf32_to_keysym(character);
	xkb_level_index_t level = 0;
	xkb_mod_mask_t mask;

	if (symbol == XKB_KEY_NoSymbol) {
		return false;
	}
	for (;; level++) {
		xkb_keycode_t key = find_symbol(layout, symbol, MAX_TYPED, level, &level);

		if (key == 0) {
			return false;
		}
		if (code_of(key) != 0 && find_modifiers(layout, key, level, &mask)) {
			*ret_stroke = (struct key_stroke){
				.code = code_of(key),
				.shift = mask & layout->shift,
				.altgr = mask & layout->altgr,
			};
			return true;
		}
	}
}
