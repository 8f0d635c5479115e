#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"

struct pointer;
struct window;
struct zwp_locked_pointer_v1;

/* A guest that wants it oftener than this fights with the user. */
#define POINTER_WARP_MAX_PER_S 10
/* A lock that is not granted by then is for a moment that is over. */
#define POINTER_WARP_PATIENCE_NS UINT64_C(250000000)

/*
 * Moves the host's pointer over a window: by wp_pointer_warp_v1, else by a lock that ends at once,
 * as a pointer may be put anywhere then. Zero-initialise.
 */
struct pointer_warp {
	struct window *window;
	uint64_t asked_ns; /* the last time; 0: never */
	/* Until the lock is granted. */
	struct pointer *pointer;
	struct zwp_locked_pointer_v1 *locked; /* NULL: none is asked for */
	double gx, gy;
	struct deadline deadline;
};

void pointer_warp_init(struct pointer_warp *warp, struct window *window);
void pointer_warp_finish(struct pointer_warp *warp);

/*
 * Guest pixels. Nothing, where the pointer is there already, elsewhere, or locked, where there is
 * no protocol for it, and too soon after the last time.
 */
void pointer_warp_to(struct pointer_warp *warp, double gx, double gy);
/* Before the pointer is locked for other reasons. */
void pointer_warp_cancel(struct pointer_warp *warp);
/* The pointer leaves the window, or goes away. */
void pointer_warp_lose_pointer(struct pointer_warp *warp, struct pointer *pointer);
