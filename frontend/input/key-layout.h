#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is printed on the keys of a keyboard: names for the command line, characters for text that
 * is typed. Guests get evdev codes all the same. By libxkbcommon, with the X keyboard database.
 */

struct key_layout;

/* A name of the database's, with its variant in brackets, as "us" or "de(nodeadkeys)". */
#define KEY_LAYOUT_DEFAULT "us"
#define KEY_LAYOUT_MAX_SIZE 64

struct key_stroke {
	uint32_t code; /* evdev */
	bool shift, altgr;
};

/* Returns 0, -EINVAL when the database has no such layout, or -ENOMEM. It takes milliseconds. */
int key_layout_create(const char *name, struct key_layout **ret_layout);
/* NULL is fine. */
void key_layout_destroy(struct key_layout *layout);

/*
 * The evdev code of the key that has this on it: an X keysym's name (F11, Super_L, a, KP_Add), case
 * aside, or a word that people use for it (ctrl, del, enter). 0: no key has.
 */
uint32_t key_layout_find(const struct key_layout *layout, const char *name, size_t length);

/* How a character is typed; a new line is Return. False: not with this keyboard. */
bool key_layout_stroke(
	const struct key_layout *layout, uint32_t character, struct key_stroke *ret_stroke);

/* What the broker does for it. */
void key_layout_register(void);
