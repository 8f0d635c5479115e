#pragma once

#include <json-c/json.h>
#include <stdint.h>
#include <stdio.h>

struct output;
struct surface;

/*
 * Composes the surface and those on it as the protocols say, over the
 * background colour (0xRRGGBB: what shows through holes and alpha), and writes
 * it as a binary PPM. The picture has the surface's own size, in physical
 * pixels of that scale: at 120 in logical ones. Returns NULL, or what was
 * wrong.
 */
const char *picture_write(
	struct surface *surface, int32_t scale_120, uint32_t background, const char *path);

/*
 * The same of a whole output, as its user sees it: in physical pixels, turned, black where no
 * window is; full-screen windows on top, else in the order of their creation; without cursors.
 * Appends what became of each surface to the array: its number "surface", "x", "y", "width" and
 * "height" in physical pixels, "buffer_width" and "buffer_height" of what is shown of its buffer,
 * and whether it was "scaled" (else each pixel is exactly one of the buffer, which may be a single
 * one).
 */
const char *picture_write_output(
	const struct output *output, const char *path, json_object *surfaces);

/* Pictures of more colours are for people: the others are left out. */
#define PICTURE_MAX_COLOURS 16

/*
 * Writes a "look" event: the size, and each colour with the smallest rectangle
 * around it. Magenta is what shows through.
 */
void picture_record(struct surface *surface, FILE *log);
