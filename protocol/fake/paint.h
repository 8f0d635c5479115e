#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "memory.h"
#include "script.h"

/*
 * Draws into guest memory in its own format. Shares nothing with the viewer's conversions, which
 * are tested against it.
 */

struct color {
	uint8_t red, green, blue, alpha;
};

/* The colour at x, y of the buffer. */
typedef struct color (*paint_fn)(const void *data, int32_t x, int32_t y);

/* Whether paint knows how the format's bits lie. */
bool paint_knows(uint32_t fourcc);

/*
 * Draws rect (inside the buffer), leaving out rows that the memory has lost. Allocates nothing.
 * Returns 0, -ENOTSUP (an unknown format), or the kernel's error.
 */
int paint_rect(
	struct fake_memory *memory, const struct rect *rect, paint_fn paint, const void *data);

/* The whole buffer, with a command's pattern. */
int paint_draw(struct fake_memory *memory, const struct script_command *draw);

struct color paint_color_from_rgba(uint32_t rgba);

/* What `cursor` shows: premultiplied ARGB, tightly packed. */
void paint_cursor(uint32_t *pixels, const struct script_command *cursor);
