#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "pixel.h"

struct surface;

/* What surfaces are composed on, as the protocols say: in physical pixels, the nearest of a buffer.
 */
struct canvas {
	int32_t width, height;
	int32_t scale_120; /* physical pixels of 120 logical ones */
	struct pixel *pixels;
	/* Not NULL: each surface is written down here in its order from the bottom. */
	json_object *surfaces;
};

/* Allocates and fills it with 0xRRGGBB; false: no memory, or no size. */
bool canvas_init(
	struct canvas *canvas, int32_t width, int32_t height, int32_t scale_120, uint32_t colour);
void canvas_finish(struct canvas *canvas);

/*
 * Paints the surface and those on it with its corner at logical x, y. Edges of surfaces are rounded
 * to physical pixels one by one, as wlroots and KWin do it: round((x + width) × scale) and round(x
 * × scale). Returns NULL, or what was wrong.
 */
const char *canvas_paint(
	struct canvas *canvas, const struct surface *surface, int32_t x, int32_t y);
