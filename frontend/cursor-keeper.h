#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"
#include "cursor.h"
#include "deadline.h"

struct window;

/*
 * Shapes a second that go to a compositor, and as many at once: animated cursors have ten to sixty.
 * Of what a guest sets faster the last is shown.
 */
#define CURSOR_KEEPER_SHAPES_PER_S 60

/*
 * The guest's cursor, kept for windows that come later: guests tell once, and a window may be
 * opened, or come back with its compositor, long after.
 */
struct cursor_keeper {
	bool known;
	bool hidden;               /* by the guest, which keeps the picture */
	bool due;                  /* the compositor did not read when it was to be set */
	struct cursor_image image; /* width 0: there is none; pixels point to the copy */
	uint32_t *pixels;
	struct rate shapes;
	struct deadline deadline; /* of one that came too fast */
	uint32_t n_problems;      /* logged */
};

/* reached: cursor_keeper_follow() is due again. */
void cursor_keeper_init(struct cursor_keeper *keeper, struct deadlines *deadlines,
	void (*reached)(void *data), void *data);
void cursor_keeper_finish(struct cursor_keeper *keeper);
/* Another guest comes: nothing is known of it. */
void cursor_keeper_forget(struct cursor_keeper *keeper);

/* What the guest shows from now on, copied; NULL: nothing. Returns 0 or -ENOMEM: as it was. */
int cursor_keeper_set(struct cursor_keeper *keeper, const struct cursor_image *image);
/* Brings the window's cursor in line. Nothing before the guest has told of one. */
void cursor_keeper_apply(struct cursor_keeper *keeper, struct window *window);
/* After what the guest has told: the same, at once or when its rate allows it. */
void cursor_keeper_follow(struct cursor_keeper *keeper, struct window *window);
