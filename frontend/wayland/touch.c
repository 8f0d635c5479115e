#include "touch.h"

#include "display-private.h"
#include "window-private.h"

static void
tell(struct touch *touch, uint32_t slot, enum touch_phase phase)
{
	struct touch_point *point = &touch->points[slot];
	struct window *window = point->window;
	struct input_event event = { .kind = INPUT_TOUCH };

	point->moved = false;
	if (phase == TOUCH_END || phase == TOUCH_CANCEL) {
		point->window = NULL;
	}
	event.touch.phase = phase;
	event.touch.slot = slot;
	geometry_to_guest(
		&window->stage.geometry, point->sx, point->sy, &event.touch.gx, &event.touch.gy);
	window_input(window, &event);
}

static struct touch_point *
find_point(struct touch *touch, int32_t id)
{
	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window != NULL && touch->points[slot].id == id) {
			return &touch->points[slot];
		}
	}
	return NULL;
}

static void
handle_touch_down(void *data, struct wl_touch *proxy, uint32_t serial, uint32_t time_ms,
	struct wl_surface *surface, int32_t id, wl_fixed_t sx, wl_fixed_t sy)
{
	struct touch *touch = data;
	struct window *window = window_find(touch->seat->display, surface);

	if (window == NULL || find_point(touch, id) != NULL) {
		return;
	}
	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window == NULL) {
			touch->points[slot] = (struct touch_point){
				.window = window,
				.id = id,
				.sx = wl_fixed_to_double(sx),
				.sy = wl_fixed_to_double(sy),
			};
			tell(touch, slot, TOUCH_BEGIN);
			return;
		}
	}
}

static void
handle_touch_up(void *data, struct wl_touch *proxy, uint32_t serial, uint32_t time_ms, int32_t id)
{
	struct touch *touch = data;
	struct touch_point *point = find_point(touch, id);
	uint32_t slot;

	if (point == NULL) {
		return;
	}
	slot = (uint32_t)(point - touch->points);
	if (point->moved) {
		tell(touch, slot, TOUCH_UPDATE);
	}
	/* What was told may have destroyed the window. */
	if (point->window != NULL) {
		tell(touch, slot, TOUCH_END);
	}
}

static void
handle_touch_motion(void *data, struct wl_touch *proxy, uint32_t time_ms, int32_t id, wl_fixed_t sx,
	wl_fixed_t sy)
{
	struct touch_point *point = find_point(data, id);

	if (point != NULL) {
		point->sx = wl_fixed_to_double(sx);
		point->sy = wl_fixed_to_double(sy);
		point->moved = true;
	}
}

static void
handle_touch_frame(void *data, struct wl_touch *proxy)
{
	struct touch *touch = data;

	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window != NULL && touch->points[slot].moved) {
			tell(touch, slot, TOUCH_UPDATE);
		}
	}
}

static void
cancel_all(struct touch *touch)
{
	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window != NULL) {
			tell(touch, slot, TOUCH_CANCEL);
		}
	}
}

static void
handle_touch_cancel(void *data, struct wl_touch *proxy)
{
	cancel_all(data);
}

static void
handle_touch_shape(
	void *data, struct wl_touch *proxy, int32_t id, wl_fixed_t major, wl_fixed_t minor)
{
}

static void
handle_touch_orientation(void *data, struct wl_touch *proxy, int32_t id, wl_fixed_t orientation)
{
}

static const struct wl_touch_listener touch_listener = {
	.down = handle_touch_down,
	.up = handle_touch_up,
	.motion = handle_touch_motion,
	.frame = handle_touch_frame,
	.cancel = handle_touch_cancel,
	.shape = handle_touch_shape,
	.orientation = handle_touch_orientation,
};

void
touch_init(struct touch *touch, struct seat *seat)
{
	if (touch->proxy != NULL) {
		return;
	}
	touch->seat = seat;
	touch->proxy = wl_seat_get_touch(seat->proxy);
	if (touch->proxy != NULL) {
		wl_touch_add_listener(touch->proxy, &touch_listener, touch);
	}
}

void
touch_finish(struct touch *touch)
{
	if (touch->proxy == NULL) {
		return;
	}
	wl_touch_release(touch->proxy);
	touch->proxy = NULL;
	cancel_all(touch);
}

void
touch_release(struct touch *touch, struct window *window)
{
	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window == window) {
			tell(touch, slot, TOUCH_CANCEL);
		}
	}
}

void
touch_forget_window(struct touch *touch, struct window *window)
{
	for (uint32_t slot = 0; slot < TOUCH_MAX_POINTS; slot++) {
		if (touch->points[slot].window == window) {
			touch->points[slot].window = NULL;
		}
	}
}
