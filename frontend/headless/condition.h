#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"

/* What a script waits for, or expects, of the picture of one monitor. */

enum condition_kind {
	CONDITION_STABLE, /* as it was stable_ms ago */
	CONDITION_CHANGE, /* not as it was at first */
	CONDITION_PIXEL,
	CONDITION_SIZE,
	CONDITION_MATCH, /* like a picture file */
	CONDITION_TEXT,  /* an OCR program reads this in it */
};

struct condition {
	enum condition_kind kind;
	struct rect region;  /* of the picture; without area: all of it */
	uint32_t tolerance;  /* how far a pixel's channel may be off, 0..255 */
	uint64_t max_pixels; /* that may be off further */
	double max_percent;  /* the same, of all that are looked at */
	uint32_t stable_ms;
	int32_t x, y;           /* PIXEL */
	uint32_t colour;        /* PIXEL, 0xRRGGBB */
	uint32_t width, height; /* SIZE */
	char *text;             /* MATCH: the file; TEXT: the words; its owner's */
	char *language;         /* TEXT: tesseract's name of it; NULL: its default */
};

/* "the picture to look like boot.png": for a message; clean. */
void condition_describe(const struct condition *condition, char *text, size_t size);
