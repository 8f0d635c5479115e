#pragma once

#include <stdbool.h>
#include <stdint.h>

struct window;

enum look_kind {
	LOOK_UNSET, /* nothing set since the pointer came in */
	LOOK_ARROW,
	LOOK_HIDDEN,
	LOOK_GUEST,
};

/* What is to be seen where a pointer, or a pen, is. */
struct look {
	enum look_kind kind;
	int32_t hot_x, hot_y; /* on its surface */
};

/*
 * Over a window, there: the guest's cursor, the host's arrow, nothing. Whether it is another look
 * than before: then it is to be set.
 */
bool look_choose(struct look *look, const struct window *window, double sx, double sy);
