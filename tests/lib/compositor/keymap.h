#pragma once

#include <stdbool.h>
#include <stdint.h>

struct wl_resource;

/* What a compositor says that its keyboards' keymap is. */
enum keymap {
	KEYMAP_GOOD,
	KEYMAP_WITHOUT_SCROLL, /* as most layouts: there is a light, which nothing turns on */
	KEYMAP_BROKEN,         /* not one that compiles */
	KEYMAP_SHORT,          /* less than it says */
	KEYMAP_HUGE,           /* more than any is */
	KEYMAP_NONE,           /* none at all, and that is said */
};

#define KEYMAP_SYNTAX "good|without-scroll|broken|short|huge|none"

/* Bits of modifiers. */
#define KEYMAP_CAPS 2u    /* Lock */
#define KEYMAP_NUM 16u    /* Mod2 */
#define KEYMAP_SCROLL 32u /* Mod3 */

bool keymap_parse(const char *text, enum keymap *ret_keymap);
void keymap_send(struct wl_resource *keyboard, enum keymap keymap);
