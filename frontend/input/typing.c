#include "input/typing.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "input/key-layout.h"

static int
add(struct typing *typing, const uint32_t *codes, uint32_t n_codes,
	char error[static CHORD_ERROR_SIZE])
{
	struct typing_stroke *stroke = &typing->strokes[typing->n_strokes];

	if (typing->n_strokes == TYPING_MAX_STROKES) {
		snprintf(error, CHORD_ERROR_SIZE, "more than %d strokes", TYPING_MAX_STROKES);
		return -EINVAL;
	}
	stroke->n_codes = (uint16_t)n_codes;
	for (uint32_t i = 0; i < n_codes; i++) {
		stroke->codes[i] = (uint16_t)codes[i];
	}
	typing->n_strokes++;
	return 0;
}

int
typing_add_keys(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE])
{
	for (;;) {
		size_t length = strcspn(text, ",");
		uint32_t codes[CHORD_MAX_CODES];
		struct chord chord;
		int r = chord_parse(layout, text, length, &chord, error);

		r = r < 0 ? r : add(typing, codes, chord_codes(&chord, codes), error);
		if (r < 0 || text[length] == '\0') {
			return r;
		}
		text += length + 1;
	}
}

/* A character as it is, or as C writes it. */
static size_t
take_written(const char *text, uint32_t *ret_character)
{
	static const char names[] = "nt\\", meanings[] = "\n\t\\";
	const char *name = text[0] == '\\' && text[1] != '\0' ? strchr(names, text[1]) : NULL;

	if (name != NULL) {
		*ret_character = (unsigned char)meanings[name - names];
		return 2;
	}
	return text_decode(text, ret_character);
}

static int
add_text(struct typing *typing, const struct key_layout *layout, const char *text,
	size_t (*take)(const char *text, uint32_t *ret_character),
	char error[static CHORD_ERROR_SIZE])
{
	while (text[0] != '\0') {
		uint32_t character = 0, codes[CHORD_MAX_CODES], n = 0;
		size_t size = take(text, &character);
		struct key_stroke stroke;
		int r;

		if (size == 0) {
			return chord_refuse(error, "no UTF-8 from ", text, strlen(text), " on");
		}
		if (!key_layout_stroke(layout, character, &stroke)) {
			return chord_refuse(error, "this keyboard has no ", text, size, "");
		}
		if (stroke.shift) {
			codes[n++] = KEY_LEFTSHIFT;
		}
		if (stroke.altgr) {
			codes[n++] = KEY_RIGHTALT;
		}
		codes[n++] = stroke.code;
		r = add(typing, codes, n, error);
		if (r < 0) {
			return r;
		}
		text += size;
	}
	return 0;
}

int
typing_add_characters(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE])
{
	return add_text(typing, layout, text, text_decode, error);
}

int
typing_add_text(struct typing *typing, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE])
{
	return add_text(typing, layout, text, take_written, error);
}
