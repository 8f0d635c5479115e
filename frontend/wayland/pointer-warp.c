#include "pointer-warp.h"

#include "base/clock.h"
#include "display-private.h"
#include "pointer-constraints-unstable-v1-client.h"
#include "window-private.h"

#ifdef HAVE_POINTER_WARP
#include "pointer-warp-v1-client.h"
#endif

#define POINTER_WARP_INTERVAL_NS (UINT64_C(1000000000) / POINTER_WARP_MAX_PER_S)

/* False: the compositor, or what we were built with, has no such request. */
static bool
send_request(const struct pointer_warp *warp, const struct pointer *pointer, double sx, double sy)
{
#ifdef HAVE_POINTER_WARP
	struct wp_pointer_warp_v1 *manager = warp->window->display->globals.pointer_warp;

	if (manager != NULL) {
		wp_pointer_warp_v1_warp_pointer(manager, warp->window->stage.base.surface,
			pointer->proxy, wl_fixed_from_double(sx), wl_fixed_from_double(sy),
			pointer->enter_serial);
		return true;
	}
#endif
	return false;
}

static void
handle_locked_pointer_locked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	struct pointer_warp *warp = data;
	struct stage *stage = &warp->window->stage;
	double sx, sy;

	/* The picture may be elsewhere by now. */
	geometry_from_guest(&stage->geometry, warp->gx, warp->gy, &sx, &sy);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		warp->locked, wl_fixed_from_double(sx), wl_fixed_from_double(sy));
	wl_surface_commit(stage->base.surface);
	pointer_warp_cancel(warp);
}

static void
handle_locked_pointer_unlocked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	pointer_warp_cancel(data);
}

static const struct zwp_locked_pointer_v1_listener locked_pointer_listener = {
	.locked = handle_locked_pointer_locked,
	.unlocked = handle_locked_pointer_unlocked,
};

static void
request_lock(struct pointer_warp *warp, struct pointer *pointer)
{
	struct zwp_pointer_constraints_v1 *constraints =
		warp->window->display->globals.pointer_constraints;

	if (constraints == NULL) {
		return;
	}
	warp->locked = zwp_pointer_constraints_v1_lock_pointer(constraints,
		warp->window->stage.base.surface, pointer->proxy, NULL,
		ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_ONESHOT);
	if (warp->locked != NULL) {
		warp->pointer = pointer;
		zwp_locked_pointer_v1_add_listener(warp->locked, &locked_pointer_listener, warp);
		deadline_set(&warp->deadline, warp->asked_ns + POINTER_WARP_PATIENCE_NS);
	}
}

static bool
is_there(const struct pointer_warp *warp, const struct pointer *pointer, double gx, double gy)
{
	double now_gx, now_gy;

	geometry_to_guest(
		&warp->window->stage.geometry, pointer->sx, pointer->sy, &now_gx, &now_gy);
	return gx > now_gx - 1 && gx < now_gx + 1 && gy > now_gy - 1 && gy < now_gy + 1;
}

void
pointer_warp_to(struct pointer_warp *warp, double gx, double gy)
{
	struct window *window = warp->window;
	struct pointer *pointer = seat_find_pointer(window->display, window);
	uint64_t now_ns = clock_now_ns();
	double sx, sy;

	if (pointer == NULL || pointer->focus != window || window->lock.locked != NULL ||
		is_there(warp, pointer, gx, gy)) {
		return;
	}
	warp->gx = gx;
	warp->gy = gy;
	if (warp->locked != NULL ||
		(warp->asked_ns != 0 && now_ns - warp->asked_ns < POINTER_WARP_INTERVAL_NS)) {
		return;
	}
	warp->asked_ns = now_ns;
	geometry_from_guest(&window->stage.geometry, gx, gy, &sx, &sy);
	if (!send_request(warp, pointer, sx, sy)) {
		request_lock(warp, pointer);
	}
}

void
pointer_warp_cancel(struct pointer_warp *warp)
{
	if (warp->locked != NULL) {
		zwp_locked_pointer_v1_destroy(warp->locked);
		deadline_set(&warp->deadline, DEADLINE_NEVER);
	}
	warp->locked = NULL;
	warp->pointer = NULL;
}

static void
handle_deadline_reached(void *data)
{
	pointer_warp_cancel(data);
}

void
pointer_warp_lose_pointer(struct pointer_warp *warp, struct pointer *pointer)
{
	if (warp->pointer == pointer) {
		pointer_warp_cancel(warp);
	}
}

void
pointer_warp_init(struct pointer_warp *warp, struct window *window)
{
	warp->window = window;
	deadline_init(&warp->deadline, window->display->deadlines, handle_deadline_reached, warp);
}

void
pointer_warp_finish(struct pointer_warp *warp)
{
	pointer_warp_cancel(warp);
	deadline_finish(&warp->deadline);
}
