#include "pointer.h"

#include "cursor-shape-v1-client.h"
#include "display-private.h"
#include "window-private.h"

void
pointer_refresh_cursor(struct pointer *pointer)
{
	const struct window *window = pointer->focus;
	struct look *look = &pointer->look;
	struct wl_surface *surface = NULL;

	if (!look_choose(look, window, pointer->sx, pointer->sy)) {
		return;
	}
	if (look->kind == LOOK_ARROW && pointer->shape != NULL) {
		wp_cursor_shape_device_v1_set_shape(pointer->shape, pointer->enter_serial,
			WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DEFAULT);
		return;
	}
	if (look->kind == LOOK_ARROW) {
		surface = window->display->arrow.surface;
	} else if (look->kind == LOOK_GUEST) {
		surface = window->cursor.surface;
	}
	wl_pointer_set_cursor(
		pointer->proxy, pointer->enter_serial, surface, look->hot_x, look->hot_y);
}

static void
tell(struct pointer *pointer, const struct input_event *event)
{
	/* Each event may make its listener destroy the window. */
	if (pointer->focus != NULL) {
		window_input(pointer->focus, event);
	}
}

static void
send_button(struct pointer *pointer, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_BUTTON };

	event.button.code = code;
	event.button.pressed = pressed;
	tell(pointer, &event);
}

static void
send_motion(struct pointer *pointer)
{
	struct input_event event;

	if (pointer->moved && pointer->focus != NULL && !pointer->focus->lock.active) {
		event.kind = INPUT_MOTION;
		geometry_to_guest(&pointer->focus->stage.geometry, pointer->sx, pointer->sy,
			&event.motion.gx, &event.motion.gy);
		tell(pointer, &event);
	}
	if (pointer->moved_relative) {
		event.kind = INPUT_RELATIVE;
		event.relative.dx = pointer->dx;
		event.relative.dy = pointer->dy;
		tell(pointer, &event);
	}
	pointer->moved = false;
	pointer->moved_relative = false;
	pointer->dx = 0;
	pointer->dy = 0;
}

static int32_t
clamp_notches(double steps_120)
{
	const double limit = POINTER_MAX_NOTCHES * 120.0;

	if (steps_120 > limit) {
		return (int32_t)limit;
	}
	return steps_120 < -limit ? (int32_t)-limit : (int32_t)steps_120;
}

/* What the axis did in this frame, in 1/120 of a notch. */
static int32_t
take_axis(struct pointer_axis *axis)
{
	int32_t steps_120;

	if (axis->stepped) {
		steps_120 = clamp_notches((double)axis->steps_120);
		axis->remainder = 0;
	} else {
		double exact = axis->remainder + axis->pixels * 120 / POINTER_NOTCH_PIXELS;
		steps_120 = clamp_notches(exact);
		axis->remainder = exact - steps_120;
	}
	axis->pixels = 0;
	axis->steps_120 = 0;
	axis->stepped = false;
	return steps_120;
}

static void
send_wheel(struct pointer *pointer)
{
	struct input_event event = { .kind = INPUT_WHEEL };

	event.wheel.dx_120 = take_axis(&pointer->axes[WL_POINTER_AXIS_HORIZONTAL_SCROLL]);
	event.wheel.dy_120 = take_axis(&pointer->axes[WL_POINTER_AXIS_VERTICAL_SCROLL]);
	if (event.wheel.dx_120 != 0 || event.wheel.dy_120 != 0) {
		tell(pointer, &event);
	}
}

static void
drop_focus(struct pointer *pointer)
{
	struct window *before;
	uint32_t code;

	send_motion(pointer);
	/* A grab that the compositor broke leaves buttons down that it will not release here. */
	while (buttons_take(&pointer->buttons, &code)) {
		send_button(pointer, code, false);
	}
	for (uint32_t i = 0; i < POINTER_N_AXES; i++) {
		pointer->axes[i] = (struct pointer_axis){ 0 };
	}
	before = pointer->focus;
	pointer->focus = NULL;
	if (before != NULL) {
		pointer_warp_lose_pointer(&before->warp, pointer);
		window_leave_pointer(before);
	}
}

static void
handle_pointer_enter(void *data, struct wl_pointer *proxy, uint32_t serial,
	struct wl_surface *surface, wl_fixed_t sx, wl_fixed_t sy)
{
	struct pointer *pointer = data;

	/* Of two enters without a leave the first is over. */
	drop_focus(pointer);
	pointer->focus = window_find(pointer->seat->display, surface);
	if (pointer->focus == NULL) {
		return;
	}
	pointer->enter_serial = serial;
	pointer->sx = wl_fixed_to_double(sx);
	pointer->sy = wl_fixed_to_double(sy);
	pointer->moved = true;
	pointer->look.kind = LOOK_UNSET;
	pointer_refresh_cursor(pointer);
	window_enter_pointer(pointer->focus);
}

static void
handle_pointer_leave(
	void *data, struct wl_pointer *proxy, uint32_t serial, struct wl_surface *surface)
{
	drop_focus(data);
}

static void
handle_pointer_motion(
	void *data, struct wl_pointer *proxy, uint32_t time_ms, wl_fixed_t sx, wl_fixed_t sy)
{
	struct pointer *pointer = data;

	if (pointer->focus == NULL) {
		return;
	}
	pointer->sx = wl_fixed_to_double(sx);
	pointer->sy = wl_fixed_to_double(sy);
	pointer->moved = true;
	pointer_refresh_cursor(pointer);
}

static void
handle_pointer_button(void *data, struct wl_pointer *proxy, uint32_t serial, uint32_t time_ms,
	uint32_t code, uint32_t state)
{
	struct pointer *pointer = data;
	bool pressed = state == WL_POINTER_BUTTON_STATE_PRESSED;

	/* Where the button was pressed comes first. */
	send_motion(pointer);
	if (pointer->focus != NULL && buttons_note(&pointer->buttons, code, pressed)) {
		send_button(pointer, code, pressed);
	}
}

static struct pointer_axis *
find_axis(struct pointer *pointer, uint32_t axis)
{
	return pointer->focus != NULL && axis < POINTER_N_AXES ? &pointer->axes[axis] : NULL;
}

static void
handle_pointer_axis(
	void *data, struct wl_pointer *proxy, uint32_t time_ms, uint32_t number, wl_fixed_t value)
{
	struct pointer_axis *axis = find_axis(data, number);

	if (axis != NULL) {
		axis->pixels += wl_fixed_to_double(value);
	}
}

static void
handle_pointer_frame(void *data, struct wl_pointer *proxy)
{
	struct pointer *pointer = data;

	send_motion(pointer);
	send_wheel(pointer);
}

static void
handle_pointer_axis_source(void *data, struct wl_pointer *proxy, uint32_t source)
{
}

static void
handle_pointer_axis_stop(void *data, struct wl_pointer *proxy, uint32_t time_ms, uint32_t number)
{
	struct pointer_axis *axis = find_axis(data, number);

	if (axis != NULL) {
		axis->remainder = 0;
	}
}

static void
add_steps(struct pointer *pointer, uint32_t number, int64_t steps_120)
{
	struct pointer_axis *axis = find_axis(pointer, number);

	if (axis != NULL) {
		axis->steps_120 += steps_120;
		axis->stepped = true;
	}
}

static void
handle_pointer_axis_discrete(void *data, struct wl_pointer *proxy, uint32_t number, int32_t notches)
{
	add_steps(data, number, (int64_t)notches * 120);
}

static void
handle_pointer_axis_value120(
	void *data, struct wl_pointer *proxy, uint32_t number, int32_t steps_120)
{
	add_steps(data, number, steps_120);
}

static void
handle_pointer_axis_relative_direction(
	void *data, struct wl_pointer *proxy, uint32_t number, uint32_t direction)
{
	/* Natural scrolling is in the sign already. */
}

#ifdef WL_POINTER_WARP_SINCE_VERSION
/* The compositor moved it, not the user: to a guest there is no difference. */
static void
handle_pointer_warp(void *data, struct wl_pointer *proxy, wl_fixed_t sx, wl_fixed_t sy)
{
	handle_pointer_motion(data, proxy, 0, sx, sy);
}
#endif

static const struct wl_pointer_listener pointer_listener = {
	.enter = handle_pointer_enter,
	.leave = handle_pointer_leave,
	.motion = handle_pointer_motion,
	.button = handle_pointer_button,
	.axis = handle_pointer_axis,
	.frame = handle_pointer_frame,
	.axis_source = handle_pointer_axis_source,
	.axis_stop = handle_pointer_axis_stop,
	.axis_discrete = handle_pointer_axis_discrete,
	.axis_value120 = handle_pointer_axis_value120,
	.axis_relative_direction = handle_pointer_axis_relative_direction,
#ifdef WL_POINTER_WARP_SINCE_VERSION
	.warp = handle_pointer_warp,
#endif
};

void
pointer_init(struct pointer *pointer, struct seat *seat)
{
	struct wp_cursor_shape_manager_v1 *manager = seat->display->globals.cursor_shape_manager;

	if (pointer->proxy != NULL) {
		return;
	}
	pointer->seat = seat;
	pointer->proxy = wl_seat_get_pointer(seat->proxy);
	if (pointer->proxy == NULL) {
		return;
	}
	wl_pointer_add_listener(pointer->proxy, &pointer_listener, pointer);
	if (manager != NULL) {
		pointer->shape = wp_cursor_shape_manager_v1_get_pointer(manager, pointer->proxy);
	}
}

void
pointer_finish(struct pointer *pointer)
{
	struct window *window;

	if (pointer->proxy == NULL) {
		return;
	}
	wl_list_for_each(window, &pointer->seat->display->windows, link)
	{
		pointer_lock_lose_pointer(&window->lock, pointer);
	}
	/* First of all: what this tells may want the cursor changed. */
	drop_focus(pointer);
	if (pointer->shape != NULL) {
		wp_cursor_shape_device_v1_destroy(pointer->shape);
	}
	wl_pointer_release(pointer->proxy);
	pointer->shape = NULL;
	pointer->proxy = NULL;
}

void
pointer_forget_window(struct pointer *pointer, struct window *window)
{
	if (pointer->focus == window) {
		pointer->focus = NULL;
		pointer->buttons.n = 0;
	}
}

void
pointer_handle_layout(struct pointer *pointer)
{
	pointer->moved = true;
	pointer_refresh_cursor(pointer);
}

void
pointer_move_relative(struct pointer *pointer, double dx, double dy)
{
	pointer->dx += dx;
	pointer->dy += dy;
	pointer->moved_relative = true;
}
