#pragma once

#include <stdint.h>

#include "base/rect.h"

/* Where guest monitors are beside each other, in their own pixels. */

#define ARRANGE_MAX 32

/*
 * logical: where the host has them, in its logical pixels; each may have another scale.
 * width_px, height_px: what the guest has there. Sets x_px, y_px so that neighbours stay
 * neighbours: nothing overlaps that did not, the first of all begins at 0, and nothing is apart
 * that touched, as far as that can be where scales differ: it can for two, for all of one scale,
 * and for a row or column that is more or less in line.
 */
struct arranged {
	struct rect logical;
	int32_t width_px, height_px;
	int32_t x_px, y_px;
};

/* n at most ARRANGE_MAX. */
void arrange_like_host(struct arranged *arranged, uint32_t n);

/* Side by side, in their order, from x_px on. Returns where the next would begin. */
int32_t arrange_in_a_row(struct arranged *arranged, uint32_t n, int32_t x_px);
