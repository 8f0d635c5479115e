#pragma once

#include <stdint.h>

/*
 * The seam to vitrine-text.so, the only code that uses Pango and Cairo. It is loaded with the first
 * text and never unloaded: a viewer that shows none links and maps none of them. Everything in it
 * may take long (fonts are looked for) and is for one thread at a time.
 */

/* Of the structs below: another one means a module of another build. */
#define TEXT_MODULE_VERSION 2
#define TEXT_MODULE_NAME "vitrine-text.so"
/* Longer text is cut. */
#define TEXT_MAX_SIZE 2048
/* Pixels, either side: larger pictures are not asked for. */
#define TEXT_MAX_DIMENSION 4096
#define TEXT_MAX_SCALE 64

enum text_style {
	TEXT_MESSAGE, /* a heading and centred paragraphs, on nothing */
	TEXT_PANEL,   /* lines of a fixed pitch, on a dark translucent panel */
};

struct text_request {
	enum text_style style;
	char text[TEXT_MAX_SIZE];       /* clean UTF-8 (base/text.h), lines separated by '\n' */
	uint32_t scale;                 /* pixels per logical pixel, at least 1 */
	uint32_t max_width, max_height; /* pixels; what does not fit is cut */
};

struct text_picture {
	uint32_t width, height; /* multiples of the scale */
	uint32_t *pixels;       /* premultiplied ARGB in native order, tightly packed; malloc */
};

struct text_module {
	uint32_t version;
	/*
	 * Reads the configuration of fonts, looks for them, and writes down what it has found for
	 * the next program. Starts no thread.
	 */
	void (*prepare)(void);
	/*
	 * Draws into a picture just large enough. Returns 0, -ENOSPC (no room for text),
	 * -ENOENT (no font at all), -ENOMEM.
	 */
	int (*draw)(const struct text_request *request, struct text_picture *ret_picture);
};

/* The symbol to look for. */
#define TEXT_MODULE_SYMBOL "text_module"
