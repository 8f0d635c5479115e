#include "arrange.h"

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/* One dimension of one of them. */
struct span {
	int32_t start, length;
	bool placed; /* start_px counts */
	int32_t start_px, length_px;
};

static bool
overlaps(int32_t a, int32_t a_length, int32_t b, int32_t b_length)
{
	return a < b + b_length && b < a + a_length;
}

/*
 * Whether two that are apart in the other dimension would meet but for that: on the host, or, by
 * their scales, in the guest alone.
 */
static bool
faces(const struct span *a, const struct span *b)
{
	return overlaps(a->start, a->length, b->start, b->length) ||
	       (a->placed && b->placed &&
		       overlaps(a->start_px, a->length_px, b->start_px, b->length_px));
}

static bool
adjoins(const struct span *a, const struct span *b)
{
	return a->start + a->length == b->start || b->start + b->length == a->start;
}

/* So far from where it begins, by its scale. */
static int32_t
beyond(const struct span *span, int32_t offset)
{
	return span->start_px + (int32_t)((int64_t)offset * span->length_px / span->length);
}

static int32_t
end_of(const struct span *span)
{
	return span->start + span->length;
}

/*
 * Behind all that are in front of it and that it faces, the gap to the last of them included; -1:
 * there are none.
 */
static int32_t
behind_others(const struct span *along, const struct span *across, uint32_t n, uint32_t one)
{
	const struct span *last = NULL;
	int32_t end_px = -1, start_px;

	for (uint32_t i = 0; i < n; i++) {
		const struct span *other = &along[i];

		if (!other->placed || end_of(other) > along[one].start ||
			!faces(&across[i], &across[one])) {
			continue;
		}
		end_px = other->start_px + other->length_px > end_px
				 ? other->start_px + other->length_px
				 : end_px;
		last = last == NULL || end_of(other) > end_of(last) ? other : last;
	}
	if (last == NULL) {
		return -1;
	}
	start_px = beyond(last, along[one].start - last->start);
	return start_px > end_px ? start_px : end_px;
}

/*
 * Beside those that it begins beside, or only those of them that it touches: by the smallest of
 * their scales, so that it is beside all of them; -1: there are none.
 */
static int32_t
beside_others(const struct span *along, const struct span *across, uint32_t n, uint32_t one,
	bool touching)
{
	int32_t start_px = -1, last_px = -1;

	for (uint32_t i = 0; i < n; i++) {
		int32_t offset = along[one].start - along[i].start, at;

		if (!along[i].placed || offset >= along[i].length ||
			(touching && !adjoins(&across[i], &across[one]))) {
			continue;
		}
		at = beyond(&along[i], offset);
		start_px = start_px < 0 || at < start_px ? at : start_px;
		last_px = along[i].start_px > last_px ? along[i].start_px : last_px;
	}
	return start_px > last_px ? start_px : last_px;
}

/* Where the one that ends last does, gap included; 0: it is the first. */
static int32_t
behind_all(const struct span *along, uint32_t n, uint32_t one)
{
	const struct span *last = NULL;

	for (uint32_t i = 0; i < n; i++) {
		if (along[i].placed && (last == NULL || end_of(&along[i]) > end_of(last))) {
			last = &along[i];
		}
	}
	return last != NULL ? beyond(last, along[one].start - last->start) : 0;
}

/* The one that begins first of those not placed yet. */
static uint32_t
next_one(const struct span *along, uint32_t n)
{
	uint32_t next = n;

	for (uint32_t i = 0; i < n; i++) {
		if (!along[i].placed && (next == n || along[i].start < along[next].start)) {
			next = i;
		}
	}
	return next;
}

/*
 * Two that are apart in this dimension alone must be so here: each is behind those that it faces.
 * Two that are apart in both may do with one: so the second dimension looks at pixels as well.
 */
static void
place(struct span *along, const struct span *across, uint32_t n)
{
	for (uint32_t done = 0; done < n; done++) {
		uint32_t one = next_one(along, n);
		int32_t start_px = behind_others(along, across, n, one);

		if (start_px < 0) {
			start_px = beside_others(along, across, n, one, true);
		}
		if (start_px < 0) {
			start_px = beside_others(along, across, n, one, false);
		}
		if (start_px < 0) {
			start_px = behind_all(along, n, one);
		}
		along[one].start_px = start_px;
		along[one].placed = true;
	}
}

void
arrange_like_host(struct arranged *arranged, uint32_t n)
{
	struct span across[ARRANGE_MAX] = { 0 }, down[ARRANGE_MAX] = { 0 };

	assert(n <= ARRANGE_MAX);
	for (uint32_t i = 0; i < n; i++) {
		const struct arranged *one = &arranged[i];

		across[i] = (struct span){
			.start = one->logical.x,
			.length = one->logical.width,
			.length_px = one->width_px,
		};
		down[i] = (struct span){
			.start = one->logical.y,
			.length = one->logical.height,
			.length_px = one->height_px,
		};
	}
	place(across, down, n);
	place(down, across, n);
	for (uint32_t i = 0; i < n; i++) {
		arranged[i].x_px = across[i].start_px;
		arranged[i].y_px = down[i].start_px;
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
