#pragma once

#include <stddef.h>

#include "base/rect.h"
#include "headless/image.h"

/* Of a program's, in bytes; what comes behind is not looked at. */
#define OCR_MAX_TEXT 65536

/*
 * Has tesseract(1) read the region of the picture (without area: all of it; what is outside does
 * not count). language: its name for one; NULL: its default. *ret_text, UTF-8, is to be freed.
 * Blocks for as long as it takes. Returns 0, or negative errno with why in error: -ENOENT when it
 * is not installed, -ECANCELED when its thread was to give up (fd_give_up_on): it is killed then.
 */
int ocr_read(const struct image *image, const struct rect *region, const char *language,
	char **ret_text, char *error, size_t error_size);

/*
 * What the broker does for it. confine: called in the process that is to be the program, right
 * before that; NULL: it keeps its rights.
 */
void ocr_register(int (*confine)(const char *program));
