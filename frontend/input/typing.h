#pragma once

#include <stdint.h>

#include "input/chord.h"

/* What is to be typed into the guest for the user: chords and text, as strokes of keys. */

#define TYPING_MAX_STROKES 2048

struct typing_stroke {
	uint16_t n_codes;
	uint16_t codes[CHORD_MAX_CODES]; /* evdev, in the order in which they go down */
};

struct typing {
	uint32_t n_strokes;
	struct typing_stroke strokes[TYPING_MAX_STROKES];
};

/* Chords separated by commas, "ctrl+alt+f2,enter". Returns 0, or -EINVAL and says why in error. */
int typing_add_keys(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE]);
/* UTF-8, by the keyboard that the guest believes to have. As typing_add_keys. */
int typing_add_characters(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE]);
/* The same, where \n, \t and \\ are what they are in C. */
int typing_add_text(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE]);
