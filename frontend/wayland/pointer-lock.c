#include "pointer-lock.h"

#include <errno.h>

#include "display-private.h"
#include "pointer-constraints-unstable-v1-client.h"
#include "relative-pointer-unstable-v1-client.h"
#include "window-private.h"

static void
set_active(struct pointer_lock *lock, bool active)
{
	lock->active = active;
	window_refresh_cursor(lock->window);
	display_notify_later(lock->window->display);
}

static void
handle_locked_pointer_locked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	struct pointer_lock *lock = data;

	lock->broken = false;
	set_active(lock, true);
}

static void
handle_locked_pointer_unlocked(void *data, struct zwp_locked_pointer_v1 *locked)
{
	struct pointer_lock *lock = data;

	lock->broken = true;
	set_active(lock, false);
}

static const struct zwp_locked_pointer_v1_listener locked_pointer_listener = {
	.locked = handle_locked_pointer_locked,
	.unlocked = handle_locked_pointer_unlocked,
};

/* Unaccelerated: the guest has an acceleration of its own. */
static void
handle_relative_motion(void *data, struct zwp_relative_pointer_v1 *relative, uint32_t time_us_high,
	uint32_t time_us_low, wl_fixed_t dx_accelerated, wl_fixed_t dy_accelerated, wl_fixed_t dx,
	wl_fixed_t dy)
{
	struct pointer_lock *lock = data;

	if (lock->active) {
		pointer_move_relative(
			lock->pointer, wl_fixed_to_double(dx), wl_fixed_to_double(dy));
	}
}

static const struct zwp_relative_pointer_v1_listener relative_listener = {
	.relative_motion = handle_relative_motion,
};

int
pointer_lock_request(struct pointer_lock *lock, struct window *window)
{
	struct globals *globals = &window->display->globals;
	struct pointer *pointer = seat_find_pointer(window->display, window);

	if (lock->locked != NULL && !lock->broken) {
		return 0;
	}
	pointer_lock_finish(lock);
	pointer_warp_cancel(&window->warp);
	if (pointer == NULL || globals->pointer_constraints == NULL ||
		globals->relative_pointer_manager == NULL) {
		return -ENOTSUP;
	}
	lock->window = window;
	lock->pointer = pointer;
	lock->relative = zwp_relative_pointer_manager_v1_get_relative_pointer(
		globals->relative_pointer_manager, pointer->proxy);
	lock->locked = zwp_pointer_constraints_v1_lock_pointer(globals->pointer_constraints,
		window->stage.base.surface, pointer->proxy, NULL,
		ZWP_POINTER_CONSTRAINTS_V1_LIFETIME_PERSISTENT);
	if (lock->relative == NULL || lock->locked == NULL) {
		pointer_lock_finish(lock);
		return -ENOMEM;
	}
	zwp_relative_pointer_v1_add_listener(lock->relative, &relative_listener, lock);
	zwp_locked_pointer_v1_add_listener(lock->locked, &locked_pointer_listener, lock);
	return 0;
}

/* Counts from the surface's next commit, and for the end of this lock only. */
static void
send_hint(const struct pointer_lock *lock)
{
	const struct stage *stage = &lock->window->stage;
	double sx, sy;

	geometry_from_guest(&stage->geometry, lock->hint_gx, lock->hint_gy, &sx, &sy);
	zwp_locked_pointer_v1_set_cursor_position_hint(
		lock->locked, wl_fixed_from_double(sx), wl_fixed_from_double(sy));
	wl_surface_commit(stage->base.surface);
}

void
pointer_lock_set_hint(struct pointer_lock *lock, double gx, double gy)
{
	lock->has_hint = true;
	lock->hint_gx = gx;
	lock->hint_gy = gy;
}

void
pointer_lock_finish(struct pointer_lock *lock)
{
	if (lock->active && lock->has_hint) {
		send_hint(lock);
	}
	if (lock->locked != NULL) {
		zwp_locked_pointer_v1_destroy(lock->locked);
	}
	if (lock->relative != NULL) {
		zwp_relative_pointer_v1_destroy(lock->relative);
	}
	lock->locked = NULL;
	lock->broken = false;
	lock->relative = NULL;
	if (lock->active) {
		set_active(lock, false);
	}
	lock->pointer = NULL;
}

void
pointer_lock_lose_pointer(struct pointer_lock *lock, struct pointer *pointer)
{
	if (lock->pointer == pointer) {
		pointer_lock_finish(lock);
	}
}
