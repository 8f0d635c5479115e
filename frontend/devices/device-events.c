#include "devices/device-events.h"

#include <stddef.h>

/* libinput measures scrolling by fingers in degrees of a wheel that has 24 notches. */
#define DEGREES_PER_NOTCH 15.0
#define NOTCH_120 120

static void
tell(struct device_events *events, void *device, const struct input_event *event)
{
	events->listener->event(events->data, device, event);
}

void
device_events_flush(struct device_events *events)
{
	void *mover = events->mover;

	if (mover != NULL) {
		events->mover = NULL;
		tell(events, mover, &events->motion);
	}
}

void
device_events_forget(struct device_events *events, const void *device)
{
	if (events->mover == device) {
		events->mover = NULL;
	}
}

/* Motion of another device, or of another kind, is told first. */
static void
begin_motion(struct device_events *events, void *device, enum input_kind kind)
{
	if (events->mover != device || events->motion.kind != kind) {
		device_events_flush(events);
		events->mover = device;
		events->motion = (struct input_event){ .kind = kind };
	}
}

static void
handle_motion(struct device_events *events, void *device, struct libinput_event_pointer *pointer)
{
	begin_motion(events, device, INPUT_RELATIVE);
	events->motion.relative.dx += libinput_event_pointer_get_dx_unaccelerated(pointer);
	events->motion.relative.dy += libinput_event_pointer_get_dy_unaccelerated(pointer);
}

static void
handle_absolute(struct device_events *events, void *device, struct libinput_event_pointer *pointer)
{
	begin_motion(events, device, INPUT_MOTION);
	events->motion.motion.gx = libinput_event_pointer_get_absolute_x_transformed(pointer, 1);
	events->motion.motion.gy = libinput_event_pointer_get_absolute_y_transformed(pointer, 1);
}

static void
handle_key(struct device_events *events, void *device, struct libinput_event_keyboard *keyboard)
{
	const struct input_event event = {
		.kind = INPUT_KEY,
		.key = {
			.code = libinput_event_keyboard_get_key(keyboard),
			.pressed = libinput_event_keyboard_get_key_state(keyboard) ==
				   LIBINPUT_KEY_STATE_PRESSED,
			.time_ms = libinput_event_keyboard_get_time(keyboard),
		},
	};

	tell(events, device, &event);
}

static void
tell_button(
	struct device_events *events, void *device, uint32_t code, enum libinput_button_state state)
{
	const struct input_event event = {
		.kind = INPUT_BUTTON,
		.button = { .code = code, .pressed = state == LIBINPUT_BUTTON_STATE_PRESSED },
	};

	tell(events, device, &event);
}

static double
axis_value(struct libinput_event_pointer *pointer, enum libinput_pointer_axis axis, bool wheel)
{
	if (!libinput_event_pointer_has_axis(pointer, axis)) {
		return 0;
	}
	if (wheel) {
		return libinput_event_pointer_get_scroll_value_v120(pointer, axis);
	}
	return libinput_event_pointer_get_scroll_value(pointer, axis) * NOTCH_120 /
	       DEGREES_PER_NOTCH;
}

/* Takes the whole part out of a sum, which keeps the rest. */
static int32_t
take_whole(double *sum)
{
	int32_t whole = (int32_t)*sum;

	*sum -= whole;
	return whole;
}

static void
handle_scroll(struct device_events *events, void *device, struct libinput_event_pointer *pointer,
	bool wheel)
{
	struct input_event event = { .kind = INPUT_WHEEL };

	events->wheel_x_120 += axis_value(pointer, LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL, wheel);
	events->wheel_y_120 += axis_value(pointer, LIBINPUT_POINTER_AXIS_SCROLL_VERTICAL, wheel);
	event.wheel.dx_120 = take_whole(&events->wheel_x_120);
	event.wheel.dy_120 = take_whole(&events->wheel_y_120);
	if (event.wheel.dx_120 != 0 || event.wheel.dy_120 != 0) {
		tell(events, device, &event);
	}
}

static void
handle_touch(struct device_events *events, void *device, struct libinput_event_touch *touch,
	enum touch_phase phase)
{
	struct input_event event = {
		.kind = INPUT_TOUCH,
		.touch = {
			.phase = phase,
			/* Of all touch screens together. */
			.slot = (uint32_t)libinput_event_touch_get_seat_slot(touch),
		},
	};

	if (phase == TOUCH_BEGIN || phase == TOUCH_UPDATE) {
		event.touch.gx = libinput_event_touch_get_x_transformed(touch, 1);
		event.touch.gy = libinput_event_touch_get_y_transformed(touch, 1);
	}
	tell(events, device, &event);
}

static void
handle_pen(struct device_events *events, void *device, struct libinput_event_tablet_tool *pen)
{
	struct libinput_tablet_tool *tool = libinput_event_tablet_tool_get_tool(pen);
	bool touching =
		libinput_event_tablet_tool_get_tip_state(pen) == LIBINPUT_TABLET_TOOL_TIP_DOWN;
	double pressure = touching;
	struct input_event event = {
		.kind = INPUT_PEN,
		.pen = {
			.near = libinput_event_tablet_tool_get_proximity_state(pen) ==
				LIBINPUT_TABLET_TOOL_PROXIMITY_STATE_IN,
			.touching = touching,
			.eraser = libinput_tablet_tool_get_type(tool) ==
				  LIBINPUT_TABLET_TOOL_TYPE_ERASER,
			.gx = libinput_event_tablet_tool_get_x_transformed(pen, 1),
			.gy = libinput_event_tablet_tool_get_y_transformed(pen, 1),
		},
	};

	if (libinput_tablet_tool_has_pressure(tool)) {
		pressure = libinput_event_tablet_tool_get_pressure(pen);
	}
	event.pen.pressure = (uint32_t)(pressure * INPUT_PEN_MAX_PRESSURE);
	if (libinput_tablet_tool_has_tilt(tool)) {
		event.pen.tilt_x = libinput_event_tablet_tool_get_tilt_x(pen);
		event.pen.tilt_y = libinput_event_tablet_tool_get_tilt_y(pen);
	}
	tell(events, device, &event);
}

static void
handle_tool_button(
	struct device_events *events, void *device, struct libinput_event_tablet_tool *pen)
{
	tell_button(events, device, libinput_event_tablet_tool_get_button(pen),
		libinput_event_tablet_tool_get_button_state(pen));
}

static void
handle_button(struct device_events *events, void *device, struct libinput_event_pointer *pointer)
{
	tell_button(events, device, libinput_event_pointer_get_button(pointer),
		libinput_event_pointer_get_button_state(pointer));
}

void
device_events_handle(struct device_events *events, struct libinput_event *event)
{
	void *device = libinput_device_get_user_data(libinput_event_get_device(event));
	enum libinput_event_type type = libinput_event_get_type(event);

	/* What comes behind its removal. */
	if (device == NULL) {
		return;
	}
	if (type != LIBINPUT_EVENT_POINTER_MOTION &&
		type != LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE) {
		device_events_flush(events);
	}
	switch (type) {
	case LIBINPUT_EVENT_KEYBOARD_KEY:
		handle_key(events, device, libinput_event_get_keyboard_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION:
		handle_motion(events, device, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE:
		handle_absolute(events, device, libinput_event_get_pointer_event(event));
		break;
	case LIBINPUT_EVENT_POINTER_BUTTON:
		handle_button(events, device, libinput_event_get_pointer_event(event));
		break;
	/* POINTER_AXIS is these once more, for older programs. */
	case LIBINPUT_EVENT_POINTER_SCROLL_WHEEL:
		handle_scroll(events, device, libinput_event_get_pointer_event(event), true);
		break;
	case LIBINPUT_EVENT_POINTER_SCROLL_FINGER:
	case LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS:
		handle_scroll(events, device, libinput_event_get_pointer_event(event), false);
		break;
	case LIBINPUT_EVENT_TOUCH_DOWN:
		handle_touch(events, device, libinput_event_get_touch_event(event), TOUCH_BEGIN);
		break;
	case LIBINPUT_EVENT_TOUCH_MOTION:
		handle_touch(events, device, libinput_event_get_touch_event(event), TOUCH_UPDATE);
		break;
	case LIBINPUT_EVENT_TOUCH_UP:
		handle_touch(events, device, libinput_event_get_touch_event(event), TOUCH_END);
		break;
	case LIBINPUT_EVENT_TOUCH_CANCEL:
		handle_touch(events, device, libinput_event_get_touch_event(event), TOUCH_CANCEL);
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY:
	case LIBINPUT_EVENT_TABLET_TOOL_AXIS:
	case LIBINPUT_EVENT_TABLET_TOOL_TIP:
		handle_pen(events, device, libinput_event_get_tablet_tool_event(event));
		break;
	case LIBINPUT_EVENT_TABLET_TOOL_BUTTON:
		handle_tool_button(events, device, libinput_event_get_tablet_tool_event(event));
		break;
	default:
		break;
	}
}
