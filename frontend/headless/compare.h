#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "image.h"

/* How close a picture has to come to its reference. All zero: the whole picture, exactly. */
struct compare_rules {
	struct rect region;   /* of the picture; an empty one is all of it */
	uint8_t tolerance;    /* every channel may be this far off */
	uint64_t n_tolerated; /* pixels that may be further off */
};

enum compare_verdict {
	COMPARE_MATCH,
	COMPARE_DIFFERENT,
	COMPARE_OTHER_SIZE, /* the reference is neither as large as the picture nor as the region */
	COMPARE_OUTSIDE,    /* the region is not inside the picture */
};

struct compare_result {
	enum compare_verdict verdict;
	uint64_t n_different;   /* pixels that are further off than the tolerance */
	uint32_t x, y;          /* of the topmost row's leftmost of them, in the picture */
	uint8_t max_difference; /* of any channel of any pixel, tolerated or not */
};

/*
 * Compares the picture with the reference, which is as large as the picture or, with a region, as
 * the region. Pixels whose alpha (top byte) is 0 in the reference are not looked at. The result is
 * zero where a verdict about sizes leaves nothing to count. May run in any thread.
 */
void compare_images(const struct image *image, const struct image *reference,
	const struct compare_rules *rules, struct compare_result *ret_result);

/* What differs is painted in it; nothing else in a picture of a difference has any colour. */
#define COMPARE_DIFFERENCE_COLOUR 0xffff00ff

/*
 * A new image to look at: the picture in dark grey with all pixels that are further off than the
 * tolerance in COMPARE_DIFFERENCE_COLOUR. Returns 0, -EINVAL (the verdict is about sizes), or
 * -ENOMEM.
 */
int compare_draw_difference(const struct image *image, const struct image *reference,
	const struct compare_rules *rules, struct image **ret_image);
