#include "qemu-dbus/devices.h"

#include <linux/input-event-codes.h>

#include "base/log.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/qnum.h"

#define NOTCH_120 120
#define CALLS_PER_NOTCH 2

void
devices_init(struct devices *devices, struct console *console)
{
	*devices = (struct devices){ .console = console };
}

static struct input_line *
line_of(const struct devices *devices)
{
	return &devices->console->guest->input_line;
}

/* Input that can't be sent is lost: its connection is gone, which is told elsewhere. */
#define SEND(devices, interface, member, types, ...) \
	input_line_send(line_of(devices), (devices)->console->path, interface, member, types, \
		##__VA_ARGS__)

/* Whether something may go down. All that came before it goes first. */
static bool
may_press(struct devices *devices)
{
	devices_flush(devices);
	if (input_line_has_room(line_of(devices), 1)) {
		return true;
	}
	input_line_overflow(line_of(devices));
	return false;
}

static void
flush_unless_busy(struct devices *devices)
{
	if (!input_line_is_busy(line_of(devices))) {
		devices_flush(devices);
	}
}

/* Marks what QEMU knows, not what it should: a release that could not be sent is tried again. */
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

	if (qnum == 0) {
		log_debug("key %u has no number in QEMU; dropped", event->key.code);
	} else if (event->key.pressed && may_press(devices)) {
		send_key(devices, qnum, true);
	} else if (!event->key.pressed && is_key_down(devices, qnum)) {
		devices_flush(devices);
		send_key(devices, qnum, false);
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
	if (pressed && may_press(devices)) {
		send_button(devices, button, true);
	} else if (!pressed && devices->buttons_down >> button & 1) {
		/* Where the button goes up matters more than that the queue stays short. */
		devices_flush(devices);
		send_button(devices, button, false);
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
	} else {
		log_debug("mouse button 0x%x does not exist in QEMU; dropped", event->button.code);
	}
}

static void
add_to_wheel(int32_t *total_120, int32_t delta_120)
{
	const int32_t limit = DEVICE_MAX_NOTCHES * NOTCH_120;

	/* What is left of a notch in the other direction would delay the first one of this. */
	if ((delta_120 > 0 && *total_120 < 0) || (delta_120 < 0 && *total_120 > 0)) {
		*total_120 -= *total_120 % NOTCH_120;
	}
	if (delta_120 > limit - *total_120) {
		*total_120 = limit;
	} else if (delta_120 < -limit - *total_120) {
		*total_120 = -limit;
	} else {
		*total_120 += delta_120;
	}
}

/* Leaves room for the key that it goes before. */
static void
flush_wheel_axis(struct devices *devices, int32_t *total_120, enum device_button negative,
	enum device_button positive)
{
	while ((*total_120 >= NOTCH_120 || *total_120 <= -NOTCH_120) &&
		input_line_has_room(line_of(devices), CALLS_PER_NOTCH + 1)) {
		enum device_button button = *total_120 > 0 ? positive : negative;

		send_button(devices, button, true);
		send_button(devices, button, false);
		*total_120 -= *total_120 > 0 ? NOTCH_120 : -NOTCH_120;
	}
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
flush_position(struct devices *devices)
{
	uint32_t width, height;

	if (!devices->motion_waits || !input_line_has_room(line_of(devices), 1)) {
		return;
	}
	devices->motion_waits = false;
	surface_size(devices->console, &width, &height);
	if (width > 0 && height > 0 && devices->console->properties.is_absolute) {
		SEND(devices, QEMU_MOUSE_INTERFACE, "SetAbsPosition", "uu",
			(uint32_t)clamp(devices->gx, width), (uint32_t)clamp(devices->gy, height));
	}
}

static void
add_to_motion(double *sum, double delta)
{
	double total = *sum + delta;

	if (total > DEVICE_MAX_RELATIVE) {
		*sum = DEVICE_MAX_RELATIVE;
	} else if (total < -DEVICE_MAX_RELATIVE) {
		*sum = -DEVICE_MAX_RELATIVE;
	} else if (total == total) { /* not NaN */
		*sum = total;
	}
}

/* Whole counts; the sums keep the rest. */
static void
flush_relative(struct devices *devices)
{
	int32_t dx = (int32_t)devices->dx, dy = (int32_t)devices->dy;

	if ((dx == 0 && dy == 0) || !input_line_has_room(line_of(devices), 1)) {
		return;
	}
	devices->dx -= dx;
	devices->dy -= dy;
	if (!devices->console->properties.is_absolute) {
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
flush_touches(struct devices *devices)
{
	struct touch_table *table = &devices->console->guest->touches;

	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS; i++) {
		struct touch_slot *slot = &table->slots[i];

		if (slot->used && slot->waits && slot->console == devices->console->head.console &&
			input_line_has_room(line_of(devices), 1)) {
			slot->waits = false;
			send_touch(devices, slot, TOUCH_UPDATE);
		}
	}
}

void
devices_flush(struct devices *devices)
{
	flush_position(devices);
	flush_relative(devices);
	flush_wheel_axis(devices, &devices->wheel_x_120, DEVICE_BUTTON_WHEEL_LEFT,
		DEVICE_BUTTON_WHEEL_RIGHT);
	flush_wheel_axis(
		devices, &devices->wheel_y_120, DEVICE_BUTTON_WHEEL_UP, DEVICE_BUTTON_WHEEL_DOWN);
	flush_touches(devices);
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
begin_touch(struct devices *devices, const struct input_event *event)
{
	struct touch_slot *slot;

	if (!may_press(devices)) {
		return;
	}
	slot = touch_begin(&devices->console->guest->touches, devices->console->head.console,
		event->touch.slot);
	if (slot != NULL) { /* else more fingers than QEMU knows */
		move_touch(devices, slot, event);
		slot->used = send_touch(devices, slot, TOUCH_BEGIN) >= 0;
	}
}

static void
input_touch(struct devices *devices, const struct input_event *event)
{
	struct touch_slot *slot;

	if (!devices->console->properties.has_touch) {
		return;
	}
	if (event->touch.phase == TOUCH_BEGIN) {
		begin_touch(devices, event);
		return;
	}
	slot = touch_find(&devices->console->guest->touches, devices->console->head.console,
		event->touch.slot);
	if (slot == NULL) {
		return; /* it never began, as far as QEMU knows */
	}
	if (event->touch.phase == TOUCH_UPDATE) {
		move_touch(devices, slot, event);
		slot->waits = true;
		flush_unless_busy(devices);
	} else {
		devices_flush(devices);
		slot->used = send_touch(devices, slot, event->touch.phase) < 0;
	}
}

/* D-Bus has no pen: it is a mouse that points where it is. Pressure, tilt and eraser are lost. */
static void
input_pen(struct devices *devices, const struct input_event *event)
{
	bool touching = event->pen.near && event->pen.touching;

	if (event->pen.near) {
		devices->gx = event->pen.gx;
		devices->gy = event->pen.gy;
		devices->motion_waits = true;
		flush_unless_busy(devices);
	}
	if (touching != devices->pen_touches) {
		devices->pen_touches = touching;
		set_button(devices, DEVICE_BUTTON_LEFT, touching);
	}
}

void
devices_input(struct devices *devices, const struct input_event *event)
{
	switch (event->kind) {
	case INPUT_KEY:
		input_key(devices, event);
		break;
	case INPUT_BUTTON:
		input_button(devices, event);
		break;
	case INPUT_MOTION:
		devices->gx = event->motion.gx;
		devices->gy = event->motion.gy;
		devices->motion_waits = true;
		flush_unless_busy(devices);
		break;
	case INPUT_RELATIVE:
		add_to_motion(&devices->dx, event->relative.dx);
		add_to_motion(&devices->dy, event->relative.dy);
		flush_unless_busy(devices);
		break;
	case INPUT_WHEEL:
		add_to_wheel(&devices->wheel_x_120, event->wheel.dx_120);
		add_to_wheel(&devices->wheel_y_120, event->wheel.dy_120);
		flush_unless_busy(devices);
		break;
	case INPUT_TOUCH:
		input_touch(devices, event);
		break;
	case INPUT_PEN:
		input_pen(devices, event);
		break;
	}
}

void
devices_release_all(struct devices *devices)
{
	struct touch_table *table = &devices->console->guest->touches;

	/* It was turned with these keys down. */
	devices->wheel_x_120 = 0;
	devices->wheel_y_120 = 0;
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
