#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Rectangles in pixels, half open: x <= column < x + width. A rectangle without area is empty.
 * All arithmetic is done in 64 bits, so rectangles from a peer may hold anything.
 */
struct rect {
	int32_t x, y;
	int32_t width, height;
};

bool rect_is_empty(const struct rect *rect);
bool rect_equal(const struct rect *a, const struct rect *b);
bool rect_contains(const struct rect *outer, const struct rect *inner);

/* The common part; {0} when there is none. */
struct rect rect_intersect(const struct rect *a, const struct rect *b);

/* The smallest rectangle around both; an empty one counts for nothing. Must fit 31 bits. */
struct rect rect_bound(const struct rect *a, const struct rect *b);

/* More rectangles than this become their bounding box: compositors get slower with the count. */
#define DAMAGE_MAX_RECTS 8

/* What changed in a picture. Fixed size, no allocation. Never holds empty rectangles. */
struct damage {
	uint32_t n_rects;
	struct rect rects[DAMAGE_MAX_RECTS];
};

void damage_clear(struct damage *damage);
bool damage_is_empty(const struct damage *damage);

/* Adds rect, clipped to bounds. Rectangles inside another are merged. */
void damage_add(struct damage *damage, const struct rect *rect, const struct rect *bounds);

/* Adds every rectangle of other, clipped to bounds. */
void damage_add_damage(
	struct damage *damage, const struct damage *other, const struct rect *bounds);

/* The bounding box of all rectangles; {0} when there are none. */
struct rect damage_bound(const struct damage *damage);
