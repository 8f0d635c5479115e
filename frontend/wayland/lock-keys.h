#pragma once

#include <stdint.h>

struct xkb_keymap;
struct xkb_state;

/* Real ones have 70 kB. */
#define LOCK_KEYS_MAX_KEYMAP_SIZE (1024 * 1024)

/*
 * Which lock keys of a keyboard are on, by its keymap's lights. Bits are INPUT_LOCK_*.
 * Zero-initialise: nothing is known.
 */
struct lock_keys {
	struct xkb_keymap *keymap; /* NULL: nothing is known */
	struct xkb_state *state;
	uint32_t known; /* those that the keymap has at all: few have Scroll Lock */
	uint32_t on;
};

/*
 * Takes what wl_keyboard.keymap says; the fd stays the caller's. A keymap that is no good is
 * logged: nothing is known then.
 */
void lock_keys_set_keymap(struct lock_keys *locks, uint32_t format, int fd, uint32_t size);
/* What wl_keyboard.modifiers says. */
void lock_keys_update(struct lock_keys *locks, uint32_t depressed, uint32_t latched,
	uint32_t locked, uint32_t group);
void lock_keys_finish(struct lock_keys *locks);
