#include "base/rect.h"

#include <stddef.h>

static int64_t
max64(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t
min64(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

bool
rect_is_empty(const struct rect *rect)
{
	return rect->width <= 0 || rect->height <= 0;
}

bool
rect_equal(const struct rect *a, const struct rect *b)
{
	return a->x == b->x && a->y == b->y && a->width == b->width && a->height == b->height;
}

bool
rect_contains(const struct rect *outer, const struct rect *inner)
{
	struct rect common = rect_intersect(outer, inner);

	return rect_equal(&common, inner);
}

struct rect
rect_intersect(const struct rect *a, const struct rect *b)
{
	int64_t left = max64(a->x, b->x);
	int64_t top = max64(a->y, b->y);
	int64_t right = min64((int64_t)a->x + a->width, (int64_t)b->x + b->width);
	int64_t bottom = min64((int64_t)a->y + a->height, (int64_t)b->y + b->height);

	if (rect_is_empty(a) || rect_is_empty(b) || right <= left || bottom <= top) {
		return (struct rect){ 0 };
	}
	return (struct rect){
		.x = (int32_t)left,
		.y = (int32_t)top,
		.width = (int32_t)(right - left),
		.height = (int32_t)(bottom - top),
	};
}

struct rect
rect_bound(const struct rect *a, const struct rect *b)
{
	int64_t left, top, right, bottom;

	if (rect_is_empty(a)) {
		return rect_is_empty(b) ? (struct rect){ 0 } : *b;
	}
	if (rect_is_empty(b)) {
		return *a;
	}
	left = min64(a->x, b->x);
	top = min64(a->y, b->y);
	right = max64((int64_t)a->x + a->width, (int64_t)b->x + b->width);
	bottom = max64((int64_t)a->y + a->height, (int64_t)b->y + b->height);
	return (struct rect){
		.x = (int32_t)left,
		.y = (int32_t)top,
		.width = (int32_t)min64(right - left, INT32_MAX),
		.height = (int32_t)min64(bottom - top, INT32_MAX),
	};
}

void
damage_clear(struct damage *damage)
{
	damage->n_rects = 0;
}

bool
damage_is_empty(const struct damage *damage)
{
	return damage->n_rects == 0;
}

void
damage_add(struct damage *damage, const struct rect *rect, const struct rect *bounds)
{
	struct rect clipped = rect_intersect(rect, bounds);
	uint32_t kept = 0;

	if (rect_is_empty(&clipped)) {
		return;
	}
	for (uint32_t i = 0; i < damage->n_rects; i++) {
		if (rect_contains(&damage->rects[i], &clipped)) {
			return;
		}
	}
	for (uint32_t i = 0; i < damage->n_rects; i++) {
		if (!rect_contains(&clipped, &damage->rects[i])) {
			damage->rects[kept++] = damage->rects[i];
		}
	}
	damage->n_rects = kept;
	if (kept == DAMAGE_MAX_RECTS) {
		struct rect all = damage_bound(damage);
		damage->rects[0] = rect_bound(&all, &clipped);
		damage->n_rects = 1;
		return;
	}
	damage->rects[damage->n_rects++] = clipped;
}

void
damage_add_damage(struct damage *damage, const struct damage *other, const struct rect *bounds)
{
	for (uint32_t i = 0; i < other->n_rects; i++) {
		damage_add(damage, &other->rects[i], bounds);
	}
}

struct rect
damage_bound(const struct damage *damage)
{
	struct rect bound = { 0 };

	for (uint32_t i = 0; i < damage->n_rects; i++) {
		bound = rect_bound(&bound, &damage->rects[i]);
	}
	return bound;
}
