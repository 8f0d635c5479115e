#pragma once

#include <stdbool.h>

#include "base/rect.h"
#include "buffer.h"

/* What one guest monitor shows: a part of a buffer. */
struct scanout {
	struct buffer *buffer;
	struct rect source; /* pixels of the buffer, top row first in memory order; inside it */
	bool bottom_up;     /* the first row in memory is the bottom line of the picture */
	bool placeholder;   /* drawn by the VMM, not the guest: this head is off */
};
