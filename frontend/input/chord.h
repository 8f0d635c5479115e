#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_layout;

/* Keys that are pressed together, by their place on the keyboard: modifiers, of either side, and
 * one key. */

enum modifier {
	MODIFIER_CTRL = 1,
	MODIFIER_SHIFT = 2,
	MODIFIER_ALT = 4,
	MODIFIER_SUPER = 8,
};

struct chord {
	uint32_t modifiers; /* enum modifier, or'ed */
	uint32_t code;      /* evdev; 0: the modifiers alone */
};

#define CHORD_TEXT_SIZE 64
#define CHORD_ERROR_SIZE 128
#define CHORD_MAX_CODES 5

/* 0: the key is none. */
uint32_t modifier_from_code(uint32_t code);

/*
 * Names of keys (key-layout.h) joined by +, in any order: "ctrl+alt+g". Returns 0, or -EINVAL and
 * says why in error.
 */
int chord_parse(const struct key_layout *layout, const char *text, size_t length,
	struct chord *ret_chord, char error[static CHORD_ERROR_SIZE]);

/* For all that is read here: error becomes before "text" after. Returns -EINVAL. */
int chord_refuse(char error[static CHORD_ERROR_SIZE], const char *before, const char *text,
	size_t length, const char *after);

/* Its codes in the order in which they are pressed; returns how many. */
uint32_t chord_codes(const struct chord *chord, uint32_t ret_codes[static CHORD_MAX_CODES]);

#define CHORD_LIST_MAX 16

struct chord_list {
	uint32_t n_chords;
	struct chord chords[CHORD_LIST_MAX];
};

/* Separated by commas; at least one. As chord_parse. */
int chord_list_parse(const struct key_layout *layout, const char *text, struct chord_list *ret_list,
	char error[static CHORD_ERROR_SIZE]);
bool chord_list_has(const struct chord_list *list, uint32_t modifiers, uint32_t code);
/* The modifiers of all of them. */
uint32_t chord_list_modifiers(const struct chord_list *list);
