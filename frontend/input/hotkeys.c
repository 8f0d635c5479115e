#include "input/hotkeys.h"

#include <ctype.h>
#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "input/key-layout.h"

#define CTRL_ALT (MODIFIER_CTRL | MODIFIER_ALT)
#define SEND_PREFIX "send:"
#define MONITOR_PREFIX "monitor-"

static const struct {
	uint32_t code;
	enum hotkey_action action;
} defaults[] = {
	{ KEY_G, HOTKEY_GRAB },
	{ KEY_F, HOTKEY_FULL_SCREEN },
	{ KEY_0, HOTKEY_ZOOM_RESET },
	{ KEY_KP0, HOTKEY_ZOOM_RESET },
	{ KEY_EQUAL, HOTKEY_ZOOM_IN },
	{ KEY_KPPLUS, HOTKEY_ZOOM_IN },
	{ KEY_MINUS, HOTKEY_ZOOM_OUT },
	{ KEY_KPMINUS, HOTKEY_ZOOM_OUT },
	{ KEY_S, HOTKEY_SCREENSHOT },
	{ KEY_D, HOTKEY_STATISTICS },
};

static const uint32_t function_keys[] = { KEY_F1, KEY_F2, KEY_F3, KEY_F4, KEY_F5, KEY_F6, KEY_F7,
	KEY_F8, KEY_F9, KEY_F10, KEY_F11, KEY_F12 };

static const struct {
	const char *name;
	enum hotkey_action action;
} actions[] = {
	{ "release-cursor", HOTKEY_GRAB },
	{ "toggle-fullscreen", HOTKEY_FULL_SCREEN },
	{ "zoom-reset", HOTKEY_ZOOM_RESET },
	{ "zoom-in", HOTKEY_ZOOM_IN },
	{ "zoom-out", HOTKEY_ZOOM_OUT },
	{ "toggle-stats", HOTKEY_STATISTICS },
	{ "screenshot", HOTKEY_SCREENSHOT },
	{ "secure-attention", HOTKEY_SEND },
	{ "usb-device-reset", HOTKEY_NONE },
	{ "smartcard-insert", HOTKEY_NONE },
	{ "smartcard-remove", HOTKEY_NONE },
};

static const struct chord secure_attention = { CTRL_ALT, KEY_DELETE };

static void
add(struct hotkeys *hotkeys, const struct hotkey *hotkey)
{
	hotkeys->hotkeys[hotkeys->n_hotkeys++] = *hotkey;
}

static void
add_send(struct hotkeys *hotkeys, uint32_t modifiers, uint32_t code, const struct chord *send)
{
	add(hotkeys, &(struct hotkey){
			     .chord = { modifiers, code }, .action = HOTKEY_SEND, .send = *send });
}

void
hotkeys_init(struct hotkeys *hotkeys)
{
	*hotkeys = (struct hotkeys){ .grab_text = "Ctrl+Alt+G" };
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		add(hotkeys, &(struct hotkey){ .chord = { CTRL_ALT, defaults[i].code },
				     .action = defaults[i].action });
	}
	for (uint32_t number = 1; number <= 9; number++) {
		add(hotkeys, &(struct hotkey){ .chord = { CTRL_ALT, KEY_1 + number - 1 },
				     .action = HOTKEY_MONITOR,
				     .number = number });
	}
	add_send(hotkeys, CTRL_ALT, KEY_END, &secure_attention);
	add_send(hotkeys, CTRL_ALT, KEY_SYSRQ, &(struct chord){ 0, KEY_SYSRQ });
	for (size_t i = 0; i < sizeof(function_keys) / sizeof(function_keys[0]); i++) {
		add_send(hotkeys, CTRL_ALT | MODIFIER_SHIFT, function_keys[i],
			&(struct chord){ CTRL_ALT, function_keys[i] });
	}
}

static int
parse_action(const struct key_layout *layout, const char *text, size_t length,
	struct hotkey *ret_hotkey, char error[static CHORD_ERROR_SIZE])
{
	struct hotkey hotkey = { .send = secure_attention };
	size_t prefix = strlen(SEND_PREFIX);

	if (length > prefix && strncasecmp(text, SEND_PREFIX, prefix) == 0) {
		int r = chord_parse(layout, text + prefix, length - prefix, &hotkey.send, error);

		hotkey.action = HOTKEY_SEND;
		*ret_hotkey = hotkey;
		return r;
	}
	prefix = strlen(MONITOR_PREFIX);
	if (length == prefix + 1 && strncasecmp(text, MONITOR_PREFIX, prefix) == 0 &&
		text[prefix] >= '1' && text[prefix] <= '9') {
		hotkey.action = HOTKEY_MONITOR;
		hotkey.number = (uint32_t)(text[prefix] - '0');
		*ret_hotkey = hotkey;
		return 0;
	}
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strlen(actions[i].name) == length &&
			strncasecmp(actions[i].name, text, length) == 0) {
			hotkey.action = actions[i].action;
			*ret_hotkey = hotkey;
			return 0;
		}
	}
	return chord_refuse(error, "there is no action ", text, length, "");
}

static bool
is_same(const struct hotkey *a, const struct hotkey *b)
{
	return a->action == b->action && a->number == b->number &&
	       (a->action != HOTKEY_SEND ||
		       (a->send.modifiers == b->send.modifiers && a->send.code == b->send.code));
}

static void
remove_all(struct hotkeys *hotkeys, const struct hotkey *like)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < hotkeys->n_hotkeys; i++) {
		if (!is_same(&hotkeys->hotkeys[i], like)) {
			hotkeys->hotkeys[n++] = hotkeys->hotkeys[i];
		}
	}
	hotkeys->n_hotkeys = n;
}

/* As people write it: "shift+f12" is Shift+F12. */
static void
name_grab(struct hotkeys *hotkeys, const char *text, size_t length)
{
	snprintf(hotkeys->grab_text, sizeof(hotkeys->grab_text), "%.*s", (int)length, text);
	text_clean(hotkeys->grab_text);
	for (char *c = hotkeys->grab_text; *c != '\0'; c++) {
		if (c == hotkeys->grab_text || c[-1] == '+') {
			*c = (char)toupper((unsigned char)*c);
		}
	}
}

static int
parse_one(struct hotkeys *hotkeys, const struct key_layout *layout, const char *text, size_t length,
	char error[static CHORD_ERROR_SIZE])
{
	const char *equals = memchr(text, '=', length);
	const char *chord = equals != NULL ? equals + 1 : NULL;
	size_t chord_length = equals != NULL ? length - (size_t)(chord - text) : 0;
	struct hotkey hotkey = { 0 };
	int r;

	if (equals == NULL) {
		return chord_refuse(error, "no = in ", text, length, "");
	}
	r = parse_action(layout, text, (size_t)(equals - text), &hotkey, error);
	if (r >= 0 && chord_length > 0) {
		r = chord_parse(layout, chord, chord_length, &hotkey.chord, error);
	}
	if (r < 0) {
		return r;
	}
	if (chord_length > 0 && hotkey.chord.code == 0) {
		return chord_refuse(
			error, "modifiers alone are no hotkey: ", chord, chord_length, "");
	}
	remove_all(hotkeys, &hotkey);
	if (hotkey.action == HOTKEY_GRAB) {
		name_grab(hotkeys, chord, chord_length);
	}
	if (chord_length == 0 || hotkey.action == HOTKEY_NONE) {
		return 0;
	}
	if (hotkeys->n_hotkeys == HOTKEYS_MAX) {
		return chord_refuse(error, "too many, from ", text, length, "");
	}
	/* First: what the user says goes before what we thought. */
	memmove(hotkeys->hotkeys + 1, hotkeys->hotkeys,
		hotkeys->n_hotkeys * sizeof(hotkeys->hotkeys[0]));
	hotkeys->hotkeys[0] = hotkey;
	hotkeys->n_hotkeys++;
	return 0;
}

int
hotkeys_parse(struct hotkeys *hotkeys, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE])
{
	for (;;) {
		size_t length = strcspn(text, ",");
		int r = parse_one(hotkeys, layout, text, length, error);

		if (r < 0 || text[length] == '\0') {
			return r;
		}
		text += length + 1;
	}
}

const struct hotkey *
hotkeys_find(const struct hotkeys *hotkeys, uint32_t modifiers, uint32_t code)
{
	const struct hotkey *found = NULL;

	for (uint32_t i = 0; i < hotkeys->n_hotkeys; i++) {
		const struct hotkey *hotkey = &hotkeys->hotkeys[i];

		if (hotkey->chord.code != code) {
			continue;
		}
		if (hotkey->chord.modifiers == modifiers) {
			return hotkey;
		}
		if (found == NULL && (hotkey->chord.modifiers | MODIFIER_SHIFT) == modifiers) {
			found = hotkey;
		}
	}
	return found;
}
