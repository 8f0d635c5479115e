#include "input/router-private.h"

#include <linux/input-event-codes.h>

static bool
key_set_has(const struct key_set *set, uint32_t code)
{
	return set->words[code / KEY_SET_WORD_BITS] >> (code % KEY_SET_WORD_BITS) & 1;
}

static void
key_set_put(struct key_set *set, uint32_t code, bool in)
{
	uint64_t bit = UINT64_C(1) << (code % KEY_SET_WORD_BITS);

	set->words[code / KEY_SET_WORD_BITS] = in ? set->words[code / KEY_SET_WORD_BITS] | bit
						  : set->words[code / KEY_SET_WORD_BITS] & ~bit;
}

/* As the guest is to see the key: another one, several or none. */
static void
send_key(struct router *router, uint32_t code, bool pressed)
{
	const struct key_remap *remap = key_remaps_find(&router->options->remaps, code);

	if (remap == NULL) {
		router_hold(router, code, pressed);
		return;
	}
	for (uint32_t i = 0; i < remap->n_targets; i++) {
		router_hold(
			router, remap->targets[pressed ? i : remap->n_targets - 1 - i], pressed);
	}
}

static uint32_t
modifiers_down(const struct router *router)
{
	static const uint32_t codes[] = { KEY_LEFTCTRL, KEY_RIGHTCTRL, KEY_LEFTSHIFT,
		KEY_RIGHTSHIFT, KEY_LEFTALT, KEY_RIGHTALT, KEY_LEFTMETA, KEY_RIGHTMETA };
	uint32_t modifiers = 0;

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (key_set_has(&router->down, codes[i])) {
			modifiers |= modifier_from_code(codes[i]);
		}
	}
	return modifiers;
}

/* Lets the host have the next key, or not any more. */
static void
set_lifted(struct router *router, bool lifted)
{
	router->lifted = lifted;
	router_apply(router);
}

/* They were for the guest: something came that is. */
void
router_flush_holdback(struct router *router)
{
	for (uint32_t i = 0; i < router->holdback.n_keys; i++) {
		send_key(router, router->holdback.keys[i].code, true);
	}
	router->holdback.n_keys = 0;
	if (router->lifted) {
		set_lifted(router, false);
	}
}

static bool
is_held_back(const struct router *router, uint32_t modifier)
{
	if (router->holdback.n_keys > 0 ||
		(modifier & chord_list_modifiers(&router->options->pass_keys))) {
		return true;
	}
	return modifier == MODIFIER_SUPER && router->shortcuts != ROUTER_SHORTCUTS_INHIBITED;
}

static void
press_modifier(struct router *router, uint32_t code, uint32_t modifier, uint32_t time_ms)
{
	if (!is_held_back(router, modifier) ||
		!holdback_add(&router->holdback, code, time_ms, false)) {
		send_key(router, code, true);
		return;
	}
	if (modifier & chord_list_modifiers(&router->options->pass_keys)) {
		set_lifted(router, true);
	}
}

/* May be the end of the router. */
static void
run_hotkey(struct router *router, const struct hotkey *hotkey)
{
	switch (hotkey->action) {
	case HOTKEY_GRAB:
		router_toggle_grab(router);
		return;
	case HOTKEY_SEND:
		router_send_chord(router, &hotkey->send);
		return;
	default:
		router->listener->action(router->data, hotkey);
		return;
	}
}

static void
press(struct router *router, uint32_t code, uint32_t time_ms)
{
	uint32_t modifier = modifier_from_code(code);
	uint32_t modifiers = modifiers_down(router);
	const struct hotkey *hotkey = hotkeys_find(&router->options->hotkeys, modifiers, code);

	router->tap = modifier != 0 && (router->tap || modifiers == modifier);
	if (hotkey != NULL) {
		key_set_put(&router->swallowed, code, true);
		holdback_silence(&router->holdback);
		run_hotkey(router, hotkey);
	} else if (modifier != 0) {
		press_modifier(router, code, modifier, time_ms);
	} else if (router->holdback.n_keys > 0 &&
		   chord_list_has(&router->options->pass_keys, modifiers, code)) {
		key_set_put(&router->swallowed, code, true);
		holdback_silence(&router->holdback);
	} else {
		router_flush_holdback(router);
		send_key(router, code, true);
	}
}

static void
release_held_back(struct router *router, const struct held_back *key, uint32_t time_ms)
{
	if (!key->silent && time_ms - key->time_ms <= HOLDBACK_TAP_MS) {
		router_flush_holdback(router);
		send_key(router, key->code, true);
		send_key(router, key->code, false);
	}
	holdback_silence(&router->holdback);
	if (router->holdback.n_keys == 0 && router->lifted) {
		set_lifted(router, false);
	}
}

/* Ctrl+Alt, pressed and let go of with nothing between, as virt-viewer has it. */
static bool
is_release_tap(const struct router *router, uint32_t code)
{
	return router->tap && (modifier_from_code(code) & (MODIFIER_CTRL | MODIFIER_ALT)) &&
	       modifiers_down(router) == (MODIFIER_CTRL | MODIFIER_ALT) &&
	       (router->locked || router->shortcuts == ROUTER_SHORTCUTS_INHIBITED);
}

static void
release(struct router *router, uint32_t code, uint32_t time_ms)
{
	bool frees = is_release_tap(router, code);
	struct held_back held_back;

	key_set_put(&router->down, code, false);
	if (key_set_has(&router->swallowed, code)) {
		key_set_put(&router->swallowed, code, false);
	} else if (holdback_take(&router->holdback, code, &held_back)) {
		release_held_back(router, &held_back, time_ms);
	} else {
		send_key(router, code, false);
	}
	if (frees) {
		router->tap = false;
		router_toggle_grab(router);
	}
}

void
router_handle_key(struct router *router, const struct input_event *event)
{
	uint32_t code = event->key.code;

	/* Once more is a repetition, which is the guest's own business. */
	if (code >= HELD_KEYS_N_CODES || key_set_has(&router->down, code) == event->key.pressed) {
		return;
	}
	if (event->key.pressed) {
		key_set_put(&router->down, code, true);
		press(router, code, event->key.time_ms);
	} else {
		release(router, code, event->key.time_ms);
	}
}

/* What the guest holds because of a key that is down no more goes up. */
static void
release_stale(struct router *router)
{
	struct held_keys wanted = { 0 };

	for (uint32_t code = 0; code < HELD_KEYS_N_CODES; code++) {
		const struct key_remap *remap = key_remaps_find(&router->options->remaps, code);

		if (!key_set_has(&router->down, code)) {
			continue;
		}
		for (uint32_t i = 0; remap != NULL && i < remap->n_targets; i++) {
			held_keys_press(&wanted, remap->targets[i]);
		}
		if (remap == NULL) {
			held_keys_press(&wanted, code);
		}
	}
	for (uint32_t code = 0; code < HELD_KEYS_N_CODES; code++) {
		if (held_keys_has(&router->held, code) && !held_keys_has(&wanted, code)) {
			router->held.counts[code] = 1;
			router_hold(router, code, false);
		}
	}
}

/*
 * Keys that were pressed elsewhere are not typed here; modifiers among them count from the next key
 * on.
 */
void
router_take_over_keys(struct router *router, const uint32_t *keys, size_t n_keys)
{
	for (size_t i = 0; i < n_keys; i++) {
		if (keys[i] < HELD_KEYS_N_CODES) {
			key_set_put(&router->down, keys[i], true);
		}
	}
	release_stale(router);
	for (size_t i = 0; i < n_keys; i++) {
		if (keys[i] >= HELD_KEYS_N_CODES || held_keys_has(&router->held, keys[i])) {
			continue;
		}
		if (modifier_from_code(keys[i]) == 0 ||
			!holdback_add(&router->holdback, keys[i], 0, true)) {
			key_set_put(&router->swallowed, keys[i], true);
		}
	}
}

void
router_forget_keys(struct router *router)
{
	router->down = (struct key_set){ 0 };
	router->swallowed = (struct key_set){ 0 };
	router->holdback.n_keys = 0;
	router->tap = false;
}
