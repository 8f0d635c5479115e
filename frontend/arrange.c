#include "arrange.h"

#include <assert.h>
#include <stdbool.h>

static bool
overlaps(int32_t a, int32_t a_length, int32_t b, int32_t b_length)
{
	return a < b + b_length && b < a + a_length;
}

/*
 * What is right of others begins where the last of them ends. Where the host has a gap, so has the
 * guest, by the other's scale. False: nothing is left of it.
 */
static bool
place_across(struct arranged *one, const struct arranged *arranged, const bool *placed, uint32_t n)
{
	bool found = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct arranged *other = &arranged[i];
		const struct rect *left = &other->logical;
		int32_t gap = one->logical.x - (left->x + left->width), at;

		if (!placed[i] || gap < 0 ||
			!overlaps(left->y, left->height, one->logical.y, one->logical.height)) {
			continue;
		}
		at = other->x_px + other->width_px +
		     (int32_t)((int64_t)gap * other->width_px / left->width);
		one->x_px = !found || at > one->x_px ? at : one->x_px;
		found = true;
	}
	return found;
}

static bool
place_down(struct arranged *one, const struct arranged *arranged, const bool *placed, uint32_t n)
{
	bool found = false;

	for (uint32_t i = 0; i < n; i++) {
		const struct arranged *other = &arranged[i];
		const struct rect *above = &other->logical;
		int32_t gap = one->logical.y - (above->y + above->height), at;

		if (!placed[i] || gap < 0 ||
			!overlaps(above->x, above->width, one->logical.x, one->logical.width)) {
			continue;
		}
		at = other->y_px + other->height_px +
		     (int32_t)((int64_t)gap * other->height_px / above->height);
		one->y_px = !found || at > one->y_px ? at : one->y_px;
		found = true;
	}
	return found;
}

/* Of what has no neighbour there: by its own scale. */
static int32_t
scaled(int32_t offset, int32_t length_px, int32_t length)
{
	return (int32_t)((int64_t)offset * length_px / length);
}

/* The one whose start comes first of those not placed yet. */
static uint32_t
next_one(const struct arranged *arranged, const bool *placed, uint32_t n, bool across)
{
	uint32_t next = n;

	for (uint32_t i = 0; i < n; i++) {
		const struct rect *a = &arranged[i].logical;

		if (placed[i]) {
			continue;
		}
		if (next == n || (across ? a->x < arranged[next].logical.x
					 : a->y < arranged[next].logical.y)) {
			next = i;
		}
	}
	return next;
}

void
arrange_like_host(struct arranged *arranged, uint32_t n)
{
	int32_t left = INT32_MAX, top = INT32_MAX;
	bool placed[ARRANGE_MAX] = { false };

	assert(n <= ARRANGE_MAX);
	for (uint32_t i = 0; i < n; i++) {
		left = arranged[i].logical.x < left ? arranged[i].logical.x : left;
		top = arranged[i].logical.y < top ? arranged[i].logical.y : top;
	}
	for (uint32_t done = 0; done < n; done++) {
		struct arranged *one = &arranged[next_one(arranged, placed, n, true)];

		if (!place_across(one, arranged, placed, n)) {
			one->x_px =
				scaled(one->logical.x - left, one->width_px, one->logical.width);
		}
		placed[one - arranged] = true;
	}
	for (uint32_t i = 0; i < n; i++) {
		placed[i] = false;
	}
	for (uint32_t done = 0; done < n; done++) {
		struct arranged *one = &arranged[next_one(arranged, placed, n, false)];

		if (!place_down(one, arranged, placed, n)) {
			one->y_px =
				scaled(one->logical.y - top, one->height_px, one->logical.height);
		}
		placed[one - arranged] = true;
	}
}

int32_t
arrange_in_a_row(struct arranged *arranged, uint32_t n, int32_t x_px)
{
	for (uint32_t i = 0; i < n; i++) {
		arranged[i].x_px = x_px;
		arranged[i].y_px = 0;
		x_px += arranged[i].width_px;
	}
	return x_px;
}
