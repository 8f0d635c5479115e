#include "input/warp.h"

static void
remember(struct warp *warp, double gx, double gy)
{
	uint32_t at = warp->n_sent++ % WARP_HISTORY;

	warp->sent[at].gx = gx;
	warp->sent[at].gy = gy;
}

void
warp_note_motion(struct warp *warp, double gx, double gy, uint64_t now_ns)
{
	remember(warp, gx, gy);
	warp->moved_ns = now_ns;
}

static bool
was_sent(const struct warp *warp, const struct rect *cursor)
{
	uint32_t n = warp->n_sent < WARP_HISTORY ? warp->n_sent : WARP_HISTORY;

	for (uint32_t i = 0; i < n; i++) {
		double dx = warp->sent[i].gx - cursor->x, dy = warp->sent[i].gy - cursor->y;

		if (dx >= -WARP_TOLERANCE && dx <= cursor->width + WARP_TOLERANCE &&
			dy >= -WARP_TOLERANCE && dy <= cursor->height + WARP_TOLERANCE) {
			return true;
		}
	}
	return false;
}

bool
warp_follows(struct warp *warp, const struct rect *cursor, uint64_t now_ns)
{
	/* A pointer that never was over the picture is not ours to move. */
	if (warp->n_sent == 0 || was_sent(warp, cursor) ||
		now_ns - warp->moved_ns < WARP_QUIET_NS ||
		(warp->warped_ns != 0 && now_ns - warp->warped_ns < WARP_INTERVAL_NS)) {
		return false;
	}
	remember(warp, cursor->x, cursor->y);
	warp->warped_ns = now_ns;
	return true;
}
