#pragma once

#include <stdint.h>

#include "input/chord.h"

/* Our own key combinations, which the guest does not get, and what each is for. */

enum hotkey_action {
	HOTKEY_GRAB, /* frees pointer and keyboard; takes them when they are free */
	HOTKEY_FULL_SCREEN,
	HOTKEY_ZOOM_RESET,
	HOTKEY_ZOOM_IN,
	HOTKEY_ZOOM_OUT,
	HOTKEY_STATISTICS,
	HOTKEY_SCREENSHOT,
	HOTKEY_MONITOR, /* plugs and unplugs the guest's monitor of that number */
	HOTKEY_SEND,    /* types a chord into the guest */
	HOTKEY_NONE,    /* of other viewers', without a meaning here */
};

struct hotkey {
	struct chord chord;
	enum hotkey_action action;
	uint32_t number;   /* of HOTKEY_MONITOR, from 1 */
	struct chord send; /* of HOTKEY_SEND */
};

#define HOTKEYS_MAX 64

struct hotkeys {
	uint32_t n_hotkeys;
	struct hotkey hotkeys[HOTKEYS_MAX];
	char grab_text[CHORD_TEXT_SIZE]; /* the chord of HOTKEY_GRAB, for people; empty: none */
};

/* Ctrl+Alt with G, F, 0, +, -, S, D, 1 to 9, and End (types Ctrl+Alt+Del); with Shift and F1 to F12
 * (types Ctrl+Alt+F1 and so on), and with Print (types Print). */
void hotkeys_init(struct hotkeys *hotkeys);

/*
 * virt-viewer's syntax, "toggle-fullscreen=shift+f11,release-cursor=": each takes the place of all
 * that the action had; nothing behind the = leaves it without. Besides virt-viewer's actions there
 * are toggle-stats, screenshot, monitor-1 to monitor-9 and send:CHORD. Returns 0, or -EINVAL and
 * says why in error; then some may have been taken.
 */
int hotkeys_parse(struct hotkeys *hotkeys, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE]);

/* modifiers: all that are down. One too many counts only if it is Shift, as + may need it. NULL:
 * none. */
const struct hotkey *hotkeys_find(const struct hotkeys *hotkeys, uint32_t modifiers, uint32_t code);
