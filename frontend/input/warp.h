#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

/*
 * Tells a guest that moves its pointer by itself (a dialog that puts it on its button) from one
 * that follows the user's, late and rounded as that may be. All zeroes: nothing happened yet.
 */

/* How far a guest's idea of where we put the pointer may be off. */
#define WARP_TOLERANCE 2
/* While the user moves it, it is the user's. */
#define WARP_QUIET_NS UINT64_C(250000000)
/* Two that each want it elsewhere are not to fight. */
#define WARP_INTERVAL_NS UINT64_C(100000000)
/* Places that a guest may still be on its way to. */
#define WARP_HISTORY 64

struct warp {
	struct {
		double gx, gy;
	} sent[WARP_HISTORY];
	uint32_t n_sent; /* ever */
	uint64_t moved_ns, warped_ns;
};

/* The user's pointer is there, in guest pixels, and the guest is told. */
void warp_note_motion(struct warp *warp, double gx, double gy, uint64_t now_ns);
/*
 * The guest says that its cursor is there: whether the user's pointer is to follow. It is where it
 * should be if it is anywhere over the cursor's picture: some guests do not say which of its pixels
 * is the hotspot, and move the picture when they change it.
 */
bool warp_follows(struct warp *warp, const struct rect *cursor, uint64_t now_ns);
