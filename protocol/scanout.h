#pragma once

#include <stdbool.h>

#include "base/rect.h"
#include "buffer.h"

/* What one guest monitor shows: a part of a buffer. */
struct scanout {
	struct buffer *buffer;
	struct rect source; /* pixels of the buffer, top row first in memory order; inside it */
	bool bottom_up;     /* the first row in memory is the bottom line of the picture */
	/*
	 * Points on the buffer's timelines (buffer.h), for this one time that it is shown: when it
	 * is drawn, and when nobody reads it any more. Release 0: none, fences count.
	 */
	uint64_t acquire_point, release_point;
	bool placeholder; /* drawn by the VMM, not the guest: this head is off */
	/*
	 * What keeps the VMM from giving a better one, and what would help: a static text for the
	 * user. NULL: it is as good as the VMM can do, or not known.
	 */
	const char *hint;
};
