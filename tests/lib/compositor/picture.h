#pragma once

#include <stdint.h>
#include <stdio.h>

struct surface;

/*
 * Composes the surface and those on it as the protocols say, over the
 * background colour (0xRRGGBB: what shows through holes and alpha), and writes
 * it as a binary PPM. The picture has the surface's own size. Returns NULL, or
 * what was wrong.
 */
const char *picture_write(struct surface *surface, uint32_t background, const char *path);

/* Pictures of more colours are for people: the others are left out. */
#define PICTURE_MAX_COLOURS 16

/*
 * Writes a "look" event: the size, and each colour with the smallest rectangle
 * around it. Magenta is what shows through.
 */
void picture_record(struct surface *surface, FILE *log);
