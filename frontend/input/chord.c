#include "input/chord.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "input/key-layout.h"

static const struct {
	enum modifier modifier;
	uint32_t left, right;
} modifiers[] = {
	{ MODIFIER_CTRL, KEY_LEFTCTRL, KEY_RIGHTCTRL },
	{ MODIFIER_SHIFT, KEY_LEFTSHIFT, KEY_RIGHTSHIFT },
	{ MODIFIER_ALT, KEY_LEFTALT, KEY_RIGHTALT },
	{ MODIFIER_SUPER, KEY_LEFTMETA, KEY_RIGHTMETA },
};
#define N_MODIFIERS (sizeof(modifiers) / sizeof(modifiers[0]))

uint32_t
modifier_from_code(uint32_t code)
{
	for (size_t i = 0; i < N_MODIFIERS; i++) {
		if (modifiers[i].left == code || modifiers[i].right == code) {
			return modifiers[i].modifier;
		}
	}
	return 0;
}

int
chord_refuse(char error[static CHORD_ERROR_SIZE], const char *before, const char *text,
	size_t length, const char *after)
{
	char name[CHORD_TEXT_SIZE];

	snprintf(name, sizeof(name), "%.*s", (int)length, text);
	text_clean(name);
	snprintf(error, CHORD_ERROR_SIZE, "%s\"%s\"%s", before, name, after);
	return -EINVAL;
}

int
chord_parse(const struct key_layout *layout, const char *text, size_t length,
	struct chord *ret_chord, char error[static CHORD_ERROR_SIZE])
{
	const char *end = text + length;
	struct chord chord = { 0 };

	while (text <= end) {
		size_t size = 0;
		uint32_t code, modifier;

		while (text + size < end && text[size] != '+') {
			size++;
		}
		code = key_layout_find(layout, text, size);
		modifier = modifier_from_code(code);
		if (code == 0) {
			return chord_refuse(error, "there is no key ", text, size, "");
		}
		if (modifier == 0 && chord.code != 0) {
			return chord_refuse(error, "", text, size, " is one key too many");
		}
		chord.modifiers |= modifier;
		chord.code = modifier != 0 ? chord.code : code;
		text += size + 1;
	}
	*ret_chord = chord;
	return 0;
}

uint32_t
chord_codes(const struct chord *chord, uint32_t ret_codes[static CHORD_MAX_CODES])
{
	uint32_t n = 0;

	for (size_t i = 0; i < N_MODIFIERS; i++) {
		if (chord->modifiers & modifiers[i].modifier) {
			ret_codes[n++] = modifiers[i].left;
		}
	}
	if (chord->code != 0) {
		ret_codes[n++] = chord->code;
	}
	return n;
}

int
chord_list_parse(const struct key_layout *layout, const char *text, struct chord_list *ret_list,
	char error[static CHORD_ERROR_SIZE])
{
	struct chord_list list = { 0 };

	for (;;) {
		size_t length = strcspn(text, ",");
		int r;

		if (list.n_chords == CHORD_LIST_MAX) {
			return chord_refuse(error, "too many, from ", text, length, " on");
		}
		r = chord_parse(layout, text, length, &list.chords[list.n_chords], error);
		if (r < 0) {
			return r;
		}
		list.n_chords++;
		if (text[length] == '\0') {
			*ret_list = list;
			return 0;
		}
		text += length + 1;
	}
}

bool
chord_list_has(const struct chord_list *list, uint32_t held, uint32_t code)
{
	for (uint32_t i = 0; i < list->n_chords; i++) {
		if (list->chords[i].modifiers == held && list->chords[i].code == code) {
			return true;
		}
	}
	return false;
}

uint32_t
chord_list_modifiers(const struct chord_list *list)
{
	uint32_t all = 0;

	for (uint32_t i = 0; i < list->n_chords; i++) {
		all |= list->chords[i].modifiers;
	}
	return all;
}
