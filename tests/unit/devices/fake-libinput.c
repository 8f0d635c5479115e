#include "devices/fake-libinput.h"

#define AS_EVENT(event) ((const struct libinput_event *)(event))

enum libinput_event_type
libinput_event_get_type(struct libinput_event *event)
{
	return event->type;
}

struct libinput_device *
libinput_event_get_device(struct libinput_event *event)
{
	return event->device;
}

void *
libinput_device_get_user_data(struct libinput_device *device)
{
	return device->user_data;
}

struct libinput_event_keyboard *
libinput_event_get_keyboard_event(struct libinput_event *event)
{
	return (struct libinput_event_keyboard *)event;
}

struct libinput_event_pointer *
libinput_event_get_pointer_event(struct libinput_event *event)
{
	return (struct libinput_event_pointer *)event;
}

struct libinput_event_touch *
libinput_event_get_touch_event(struct libinput_event *event)
{
	return (struct libinput_event_touch *)event;
}

struct libinput_event_tablet_tool *
libinput_event_get_tablet_tool_event(struct libinput_event *event)
{
	return (struct libinput_event_tablet_tool *)event;
}

uint32_t
libinput_event_keyboard_get_key(struct libinput_event_keyboard *event)
{
	return AS_EVENT(event)->code;
}

uint32_t
libinput_event_keyboard_get_time(struct libinput_event_keyboard *event)
{
	return AS_EVENT(event)->time_ms;
}

enum libinput_key_state
libinput_event_keyboard_get_key_state(struct libinput_event_keyboard *event)
{
	return AS_EVENT(event)->down ? LIBINPUT_KEY_STATE_PRESSED : LIBINPUT_KEY_STATE_RELEASED;
}

uint32_t
libinput_event_pointer_get_button(struct libinput_event_pointer *event)
{
	return AS_EVENT(event)->code;
}

enum libinput_button_state
libinput_event_pointer_get_button_state(struct libinput_event_pointer *event)
{
	return AS_EVENT(event)->down ? LIBINPUT_BUTTON_STATE_PRESSED
				     : LIBINPUT_BUTTON_STATE_RELEASED;
}

double
libinput_event_pointer_get_dx_unaccelerated(struct libinput_event_pointer *event)
{
	return AS_EVENT(event)->x;
}

double
libinput_event_pointer_get_dy_unaccelerated(struct libinput_event_pointer *event)
{
	return AS_EVENT(event)->y;
}

double
libinput_event_pointer_get_absolute_x_transformed(
	struct libinput_event_pointer *event, uint32_t width)
{
	return AS_EVENT(event)->x * width;
}

double
libinput_event_pointer_get_absolute_y_transformed(
	struct libinput_event_pointer *event, uint32_t height)
{
	return AS_EVENT(event)->y * height;
}

int
libinput_event_pointer_has_axis(
	struct libinput_event_pointer *event, enum libinput_pointer_axis axis)
{
	return axis == LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL ? AS_EVENT(event)->has_x
							       : AS_EVENT(event)->has_y;
}

double
libinput_event_pointer_get_scroll_value(
	struct libinput_event_pointer *event, enum libinput_pointer_axis axis)
{
	return axis == LIBINPUT_POINTER_AXIS_SCROLL_HORIZONTAL ? AS_EVENT(event)->x
							       : AS_EVENT(event)->y;
}

double
libinput_event_pointer_get_scroll_value_v120(
	struct libinput_event_pointer *event, enum libinput_pointer_axis axis)
{
	return libinput_event_pointer_get_scroll_value(event, axis);
}

int32_t
libinput_event_touch_get_seat_slot(struct libinput_event_touch *event)
{
	return AS_EVENT(event)->slot;
}

double
libinput_event_touch_get_x_transformed(struct libinput_event_touch *event, uint32_t width)
{
	return AS_EVENT(event)->x * width;
}

double
libinput_event_touch_get_y_transformed(struct libinput_event_touch *event, uint32_t height)
{
	return AS_EVENT(event)->y * height;
}

struct libinput_tablet_tool *
libinput_event_tablet_tool_get_tool(struct libinput_event_tablet_tool *event)
{
	return &((struct libinput_event *)event)->tool;
}

enum libinput_tablet_tool_tip_state
libinput_event_tablet_tool_get_tip_state(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->down ? LIBINPUT_TABLET_TOOL_TIP_DOWN : LIBINPUT_TABLET_TOOL_TIP_UP;
}

enum libinput_tablet_tool_proximity_state
libinput_event_tablet_tool_get_proximity_state(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->near ? LIBINPUT_TABLET_TOOL_PROXIMITY_STATE_IN
				     : LIBINPUT_TABLET_TOOL_PROXIMITY_STATE_OUT;
}

double
libinput_event_tablet_tool_get_x_transformed(
	struct libinput_event_tablet_tool *event, uint32_t width)
{
	return AS_EVENT(event)->x * width;
}

double
libinput_event_tablet_tool_get_y_transformed(
	struct libinput_event_tablet_tool *event, uint32_t height)
{
	return AS_EVENT(event)->y * height;
}

double
libinput_event_tablet_tool_get_pressure(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->pressure;
}

double
libinput_event_tablet_tool_get_tilt_x(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->x * 10;
}

double
libinput_event_tablet_tool_get_tilt_y(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->y * 10;
}

uint32_t
libinput_event_tablet_tool_get_button(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->code;
}

enum libinput_button_state
libinput_event_tablet_tool_get_button_state(struct libinput_event_tablet_tool *event)
{
	return AS_EVENT(event)->down ? LIBINPUT_BUTTON_STATE_PRESSED
				     : LIBINPUT_BUTTON_STATE_RELEASED;
}

int
libinput_tablet_tool_has_pressure(struct libinput_tablet_tool *tool)
{
	return tool->pressure;
}

int
libinput_tablet_tool_has_tilt(struct libinput_tablet_tool *tool)
{
	return tool->tilt;
}

enum libinput_tablet_tool_type
libinput_tablet_tool_get_type(struct libinput_tablet_tool *tool)
{
	return tool->eraser ? LIBINPUT_TABLET_TOOL_TYPE_ERASER : LIBINPUT_TABLET_TOOL_TYPE_PEN;
}
