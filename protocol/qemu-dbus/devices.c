#include "qemu-dbus/devices.h"

#include <linux/input-event-codes.h>

#include "base/log.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/qnum.h"

#define NOTCH_120 120

void
devices_init(struct devices *devices, struct console *console)
{
	*devices = (struct devices){ .console = console };
}

/* Input that can't be sent is lost: its connection is gone, which is told elsewhere. */
#define SEND(devices, interface, member, types, ...) \
	input_line_send(&(devices)->console->guest->input_queue.line, (devices)->console->path, \
		interface, member, types, ##__VA_ARGS__)

/* Marks what QEMU was told, not what it should be: a release that failed is tried again. */
static void
send_switch(struct devices *devices, const char *interface, uint32_t number, bool pressed,
	uint32_t *down)
{
	uint32_t bit = UINT32_C(1) << (number % 32);

	if (SEND(devices, interface, pressed ? "Press" : "Release", "u", number) >= 0) {
		*down = pressed ? *down | bit : *down & ~bit;
	}
}

static void
send_key(struct devices *devices, uint32_t qnum, bool pressed)
{
	send_switch(
		devices, QEMU_KEYBOARD_INTERFACE, qnum, pressed, &devices->keys_down[qnum / 32]);
}

static bool
is_key_down(const struct devices *devices, uint32_t qnum)
{
	return devices->keys_down[qnum / 32] >> (qnum % 32) & 1;
}

static void
input_key(struct devices *devices, const struct input_event *event)
{
	uint32_t qnum = qnum_from_evdev(event->key.code);

	if (qnum != 0 && (event->key.pressed || is_key_down(devices, qnum))) {
		send_key(devices, qnum, event->key.pressed);
	}
}

static void
send_button(struct devices *devices, enum device_button button, bool pressed)
{
	send_switch(devices, QEMU_MOUSE_INTERFACE, button, pressed, &devices->buttons_down);
}

static void
set_button(struct devices *devices, enum device_button button, bool pressed)
{
	if (pressed || devices->buttons_down >> button & 1) {
		send_button(devices, button, pressed);
	}
}

static bool
button_from_evdev(uint32_t code, enum device_button *ret_button)
{
	switch (code) {
	case BTN_LEFT:
		*ret_button = DEVICE_BUTTON_LEFT;
		return true;
	case BTN_MIDDLE:
	case BTN_STYLUS2:
		*ret_button = DEVICE_BUTTON_MIDDLE;
		return true;
	case BTN_RIGHT:
	case BTN_STYLUS:
		*ret_button = DEVICE_BUTTON_RIGHT;
		return true;
	case BTN_SIDE:
	case BTN_BACK:
		*ret_button = DEVICE_BUTTON_SIDE;
		return true;
	case BTN_EXTRA:
	case BTN_FORWARD:
		*ret_button = DEVICE_BUTTON_EXTRA;
		return true;
	default:
		return false;
	}
}

static void
input_button(struct devices *devices, const struct input_event *event)
{
	enum device_button button;

	if (button_from_evdev(event->button.code, &button)) {
		set_button(devices, button, event->button.pressed);
	}
}

static int32_t
clamp_wheel(int64_t value_120)
{
	const int64_t limit_120 = DEVICE_MAX_NOTCHES * NOTCH_120;

	return (int32_t)(value_120 > limit_120    ? limit_120
			 : value_120 < -limit_120 ? -limit_120
						  : value_120);
}

/* Sends a notch, if the turn makes one with what was left before. True: nothing is left to send. */
static bool
turn_wheel(struct devices *devices, int32_t *rest_120, int32_t *turn_120,
	enum device_button negative, enum device_button positive)
{
	int32_t total_120 = clamp_wheel(*turn_120);
	enum device_button button = total_120 > 0 ? positive : negative;

	if (total_120 == 0) {
		return true;
	}
	/* What is left of the other direction would delay the first notch of this one. */
	if ((total_120 > 0) == (*rest_120 > 0)) {
		total_120 += *rest_120;
	}
	*rest_120 = 0;
	if (total_120 / NOTCH_120 != 0) {
		send_button(devices, button, true);
		send_button(devices, button, false);
		total_120 -= total_120 > 0 ? NOTCH_120 : -NOTCH_120;
	}
	*turn_120 = total_120;
	if (total_120 / NOTCH_120 != 0) {
		return false;
	}
	*rest_120 = total_120;
	*turn_120 = 0;
	return true;
}

static bool
input_wheel(struct devices *devices, struct input_event *event)
{
	return turn_wheel(devices, &devices->wheel_x_120, &event->wheel.dx_120,
		       DEVICE_BUTTON_WHEEL_LEFT, DEVICE_BUTTON_WHEEL_RIGHT) &&
	       turn_wheel(devices, &devices->wheel_y_120, &event->wheel.dy_120,
		       DEVICE_BUTTON_WHEEL_UP, DEVICE_BUTTON_WHEEL_DOWN);
}

/* The size that QEMU checks positions against; 0x0 while nothing is known. */
static void
surface_size(const struct console *console, uint32_t *ret_width, uint32_t *ret_height)
{
	const struct scanout *current = &console->picture.current;

	*ret_width = console->properties.width;
	*ret_height = console->properties.height;
	if (*ret_width == 0 || *ret_height == 0) {
		*ret_width = (uint32_t)current->source.width;
		*ret_height = (uint32_t)current->source.height;
	}
}

static double
clamp(double value, uint32_t size)
{
	/* Written so that NaN ends up at 0. */
	if (!(value > 0)) {
		return 0;
	}
	return value < size - 1 ? value : size - 1;
}

static void
set_position(struct devices *devices, double gx, double gy)
{
	uint32_t width, height;

	surface_size(devices->console, &width, &height);
	if (width > 0 && height > 0 && devices->console->properties.is_absolute) {
		SEND(devices, QEMU_MOUSE_INTERFACE, "SetAbsPosition", "uu",
			(uint32_t)clamp(gx, width), (uint32_t)clamp(gy, height));
	}
}

static double
add_motion(double sum, double delta)
{
	sum += delta;
	if (sum > DEVICE_MAX_RELATIVE) {
		return DEVICE_MAX_RELATIVE;
	}
	/* Written so that NaN ends up at 0. */
	return sum > -DEVICE_MAX_RELATIVE ? sum : sum < 0 ? -DEVICE_MAX_RELATIVE : 0;
}

/* Whole counts; the sums keep the rest. */
static void
input_relative(struct devices *devices, const struct input_event *event)
{
	int32_t dx, dy;

	devices->dx = add_motion(devices->dx, event->relative.dx);
	devices->dy = add_motion(devices->dy, event->relative.dy);
	dx = (int32_t)devices->dx;
	dy = (int32_t)devices->dy;
	devices->dx -= dx;
	devices->dy -= dy;
	if ((dx != 0 || dy != 0) && !devices->console->properties.is_absolute) {
		SEND(devices, QEMU_MOUSE_INTERFACE, "RelMotion", "ii", dx, dy);
	}
}

static int
send_touch(struct devices *devices, const struct touch_slot *slot, enum touch_phase phase)
{
	uint32_t number = touch_slot_number(&devices->console->guest->touches, slot);

	/* QEMU lifts no finger whose touch is cancelled: it would stay for good (10.0). */
	phase = phase == TOUCH_CANCEL ? TOUCH_END : phase;
	/* The phases are numbered alike (qapi/ui.json, InputMultiTouchType). */
	return SEND(devices, QEMU_TOUCH_INTERFACE, "SendEvent", "utdd", (uint32_t)phase,
		(uint64_t)number, slot->gx, slot->gy);
}

static void
move_touch(struct devices *devices, struct touch_slot *slot, const struct input_event *event)
{
	uint32_t width, height;

	surface_size(devices->console, &width, &height);
	slot->gx = clamp(event->touch.gx, width > 0 ? width : 1);
	slot->gy = clamp(event->touch.gy, height > 0 ? height : 1);
}

static void
input_touch(struct devices *devices, const struct input_event *event)
{
	struct touch_table *table = &devices->console->guest->touches;
	uint32_t console = devices->console->head.console;
	struct touch_slot *slot;

	if (!devices->console->properties.has_touch) {
		return;
	}
	slot = event->touch.phase == TOUCH_BEGIN ? touch_begin(table, console, event->touch.slot)
						 : touch_find(table, console, event->touch.slot);
	if (slot == NULL) {
		return; /* more fingers than QEMU knows, or one of those */
	}
	if (event->touch.phase == TOUCH_BEGIN || event->touch.phase == TOUCH_UPDATE) {
		move_touch(devices, slot, event);
		send_touch(devices, slot, event->touch.phase);
	} else {
		slot->used = send_touch(devices, slot, event->touch.phase) < 0;
	}
}

/* D-Bus has no pen: it is a mouse that points where it is. Pressure, tilt and eraser are lost. */
static void
input_pen(struct devices *devices, const struct input_event *event)
{
	bool touching = event->pen.near && event->pen.touching;

	if (event->pen.near) {
		set_position(devices, event->pen.gx, event->pen.gy);
	}
	if (touching != devices->pen_touches) {
		devices->pen_touches = touching;
		set_button(devices, DEVICE_BUTTON_LEFT, touching);
	}
}

bool
devices_input(struct devices *devices, struct input_event *event)
{
	switch (event->kind) {
	case INPUT_KEY:
		input_key(devices, event);
		break;
	case INPUT_BUTTON:
		input_button(devices, event);
		break;
	case INPUT_MOTION:
		set_position(devices, event->motion.gx, event->motion.gy);
		break;
	case INPUT_RELATIVE:
		input_relative(devices, event);
		break;
	case INPUT_WHEEL:
		return input_wheel(devices, event);
	case INPUT_TOUCH:
		input_touch(devices, event);
		break;
	case INPUT_PEN:
		input_pen(devices, event);
		break;
	}
	return true;
}

bool
devices_know(const struct input_event *event)
{
	enum device_button button;

	if (event->kind == INPUT_KEY && qnum_from_evdev(event->key.code) == 0) {
		log_debug("key %u has no number in QEMU; dropped", event->key.code);
		return false;
	}
	if (event->kind == INPUT_BUTTON && !button_from_evdev(event->button.code, &button)) {
		log_debug("mouse button 0x%x does not exist in QEMU; dropped", event->button.code);
		return false;
	}
	return true;
}

bool
devices_event_moves(const struct input_event *event)
{
	return event->kind == INPUT_MOTION || event->kind == INPUT_RELATIVE ||
	       event->kind == INPUT_WHEEL ||
	       (event->kind == INPUT_TOUCH && event->touch.phase == TOUCH_UPDATE);
}

static bool
makes_notch(int32_t rest_120, int32_t turn_120)
{
	return (clamp_wheel(turn_120) + rest_120) / NOTCH_120 != 0;
}

bool
devices_event_presses(const struct devices *devices, const struct input_event *event)
{
	if (event->kind == INPUT_WHEEL) {
		return makes_notch(devices->wheel_x_120, event->wheel.dx_120) ||
		       makes_notch(devices->wheel_y_120, event->wheel.dy_120);
	}
	return !devices_event_moves(event);
}

static bool
is_pointer_motion(const struct input_event *event)
{
	return event->kind == INPUT_MOTION || event->kind == INPUT_RELATIVE;
}

static bool
turns_back(int32_t turn_120, int32_t before_120)
{
	return (turn_120 < 0 && before_120 > 0) || (turn_120 > 0 && before_120 < 0);
}

bool
devices_event_follows(const struct input_event *event, const struct input_event *before)
{
	if (event->kind == INPUT_WHEEL && before->kind == INPUT_WHEEL) {
		return turns_back(event->wheel.dx_120, before->wheel.dx_120) ||
		       turns_back(event->wheel.dy_120, before->wheel.dy_120);
	}
	return (event->kind == INPUT_WHEEL && is_pointer_motion(before)) ||
	       (is_pointer_motion(event) && before->kind == INPUT_WHEEL);
}

bool
devices_merge(struct input_event *event, const struct input_event *next)
{
	if (event->kind != next->kind) {
		return false;
	}
	switch (event->kind) {
	case INPUT_KEY:
	case INPUT_BUTTON:
		return false;
	case INPUT_MOTION:
		event->motion = next->motion;
		return true;
	case INPUT_RELATIVE:
		event->relative.dx = add_motion(event->relative.dx, next->relative.dx);
		event->relative.dy = add_motion(event->relative.dy, next->relative.dy);
		return true;
	case INPUT_WHEEL:
		event->wheel.dx_120 =
			clamp_wheel((int64_t)event->wheel.dx_120 + next->wheel.dx_120);
		event->wheel.dy_120 =
			clamp_wheel((int64_t)event->wheel.dy_120 + next->wheel.dy_120);
		return true;
	case INPUT_TOUCH:
		if (event->touch.phase != TOUCH_UPDATE || next->touch.phase != TOUCH_UPDATE ||
			event->touch.slot != next->touch.slot) {
			return false;
		}
		event->touch = next->touch;
		return true;
	case INPUT_PEN:
		if (event->pen.near != next->pen.near ||
			event->pen.touching != next->pen.touching) {
			return false;
		}
		event->pen = next->pen;
		return true;
	}
	return false;
}

void
devices_release_all(struct devices *devices)
{
	struct touch_table *table = &devices->console->guest->touches;

	for (uint32_t qnum = 0; qnum < DEVICE_MAX_QNUM; qnum++) {
		if (is_key_down(devices, qnum)) {
			send_key(devices, qnum, false);
		}
	}
	for (uint32_t button = 0; button < DEVICE_N_BUTTONS; button++) {
		if (devices->buttons_down >> button & 1) {
			send_button(devices, button, false);
		}
	}
	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS; i++) {
		struct touch_slot *slot = &table->slots[i];

		if (slot->used && slot->console == devices->console->head.console) {
			slot->used = send_touch(devices, slot, TOUCH_CANCEL) < 0;
		}
	}
}
