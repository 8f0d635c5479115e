#include "qemu-dbus/devices.h"

#include <linux/input-event-codes.h>

#include "base/log.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/qnum.h"

#define NOTCH_120 120
#define RELATIVE_LIMIT 1e6

void
devices_init(struct devices *devices, struct console *console)
{
	*devices = (struct devices){ .console = console };
}

static sd_bus_message *
new_call(struct devices *devices, const char *interface, const char *member)
{
	struct console *console = devices->console;
	sd_bus_message *call;
	int r = control_new_call(&console->guest->control, console->path, interface, member, &call);

	return r < 0 ? NULL : call;
}

/* Input that can't be sent is lost: its connection is gone, which is told elsewhere. */
static void
send_call(struct devices *devices, sd_bus_message *call, sd_bus_message_handler_t reply)
{
	struct control *control = &devices->console->guest->control;

	/* QEMU writing replies to a closed connection would end it before it has read all calls. */
	if (devices->is_leaving) {
		control_send(control, call, NULL, NULL);
	} else if (control_send(control, call, reply, devices) >= 0) {
		devices->n_calls++;
	}
}

static void flush_motion(struct devices *devices);

static void
finish_call(struct devices *devices, sd_bus_message *reply, const char *device, bool *logged)
{
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	/* The console may have gone and another one have taken its place meanwhile. */
	if (devices->n_calls > 0) {
		devices->n_calls--;
	}
	if (error != NULL && !*logged && control_is_open(&devices->console->guest->control)) {
		*logged = true;
		log_info("console %u: %s: %s; such events are lost", devices->console->head.console,
			device, error->message);
	}
	flush_motion(devices);
}

static int
handle_reply_keyboard(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct devices *devices = data;

	finish_call(devices, reply, "keyboard", &devices->key_error_logged);
	return 0;
}

static int
handle_reply_mouse(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct devices *devices = data;

	finish_call(devices, reply, "mouse", &devices->mouse_error_logged);
	return 0;
}

static int
handle_reply_touch(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct devices *devices = data;

	finish_call(devices, reply, "touch screen", &devices->touch_error_logged);
	return 0;
}

static void
send_number(struct devices *devices, const char *interface, const char *member, uint32_t number,
	sd_bus_message_handler_t reply)
{
	sd_bus_message *call = new_call(devices, interface, member);

	if (call == NULL) {
		return;
	}
	if (sd_bus_message_append(call, "u", number) < 0) {
		sd_bus_message_unref(call);
		return;
	}
	send_call(devices, call, reply);
}

static void
send_key(struct devices *devices, uint32_t qnum, bool pressed)
{
	uint32_t bit = UINT32_C(1) << (qnum % 32);

	if (pressed) {
		devices->keys_down[qnum / 32] |= bit;
	} else {
		devices->keys_down[qnum / 32] &= ~bit;
	}
	send_number(devices, QEMU_KEYBOARD_INTERFACE, pressed ? "Press" : "Release", qnum,
		handle_reply_keyboard);
}

static void
input_key(struct devices *devices, const struct input_event *event)
{
	uint32_t qnum = qnum_from_evdev(event->key.code);

	if (qnum == 0) {
		log_debug("key %u has no number in QEMU; dropped", event->key.code);
		return;
	}
	send_key(devices, qnum, event->key.pressed);
}

static void
send_button(struct devices *devices, enum device_button button, bool pressed)
{
	uint32_t bit = UINT32_C(1) << button;

	devices->buttons_down =
		pressed ? devices->buttons_down | bit : devices->buttons_down & ~bit;
	send_number(devices, QEMU_MOUSE_INTERFACE, pressed ? "Press" : "Release", button,
		handle_reply_mouse);
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

	if (!button_from_evdev(event->button.code, &button)) {
		log_debug("mouse button 0x%x does not exist in QEMU; dropped", event->button.code);
		return;
	}
	/* Where the button goes down matters more than that the queue stays short. */
	flush_motion(devices);
	send_button(devices, button, event->button.pressed);
}

static void
input_wheel_axis(struct devices *devices, int32_t *total_120, int32_t delta_120,
	enum device_button negative, enum device_button positive)
{
	int32_t notches;

	/* What is left of the other direction would delay the first notch of this one. */
	if ((delta_120 > 0 && *total_120 < 0) || (delta_120 < 0 && *total_120 > 0)) {
		*total_120 = 0;
	}
	if (delta_120 > DEVICE_MAX_NOTCHES * NOTCH_120) {
		delta_120 = DEVICE_MAX_NOTCHES * NOTCH_120;
	} else if (delta_120 < -DEVICE_MAX_NOTCHES * NOTCH_120) {
		delta_120 = -DEVICE_MAX_NOTCHES * NOTCH_120;
	}
	*total_120 += delta_120;
	notches = *total_120 / NOTCH_120;
	*total_120 -= notches * NOTCH_120;
	for (; notches > 0; notches--) {
		send_button(devices, positive, true);
		send_button(devices, positive, false);
	}
	for (; notches < 0; notches++) {
		send_button(devices, negative, true);
		send_button(devices, negative, false);
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
send_position(struct devices *devices)
{
	uint32_t width, height;
	sd_bus_message *call;

	devices->motion_waits = false;
	surface_size(devices->console, &width, &height);
	if (width == 0 || height == 0 || !devices->console->properties.is_absolute) {
		return;
	}
	call = new_call(devices, QEMU_MOUSE_INTERFACE, "SetAbsPosition");
	if (call == NULL) {
		return;
	}
	if (sd_bus_message_append(call, "uu", (uint32_t)clamp(devices->gx, width),
		    (uint32_t)clamp(devices->gy, height)) < 0) {
		sd_bus_message_unref(call);
		return;
	}
	send_call(devices, call, handle_reply_mouse);
}

/* Takes the whole pixels out of a sum, which keeps the rest. */
static int32_t
take_whole(double *sum)
{
	int32_t whole;

	/* NaN and what no mouse ever sent. */
	if (!(*sum > -RELATIVE_LIMIT && *sum < RELATIVE_LIMIT)) {
		*sum = 0;
		return 0;
	}
	whole = (int32_t)*sum;
	*sum -= whole;
	return whole;
}

static void
send_relative(struct devices *devices)
{
	sd_bus_message *call;
	int32_t dx = take_whole(&devices->dx), dy = take_whole(&devices->dy);

	if ((dx == 0 && dy == 0) || devices->console->properties.is_absolute) {
		return;
	}
	call = new_call(devices, QEMU_MOUSE_INTERFACE, "RelMotion");
	if (call == NULL) {
		return;
	}
	if (sd_bus_message_append(call, "ii", dx, dy) < 0) {
		sd_bus_message_unref(call);
		return;
	}
	send_call(devices, call, handle_reply_mouse);
}

static void
flush_motion(struct devices *devices)
{
	if (devices->motion_waits) {
		send_position(devices);
	}
	send_relative(devices);
}

static void
flush_motion_unless_busy(struct devices *devices)
{
	if (devices->n_calls < DEVICE_MAX_CALLS) {
		flush_motion(devices);
	}
}

static void
input_touch(struct devices *devices, const struct input_event *event)
{
	struct touch_table *table = &devices->console->guest->touches;
	uint32_t number = devices->console->head.console, width, height;
	struct touch_slot *slot = event->touch.phase == TOUCH_BEGIN
					  ? touch_begin(table, number, event->touch.slot)
					  : touch_find(table, number, event->touch.slot);
	/* QEMU lifts no finger whose touch is cancelled: it would stay for good (10.0). */
	enum touch_phase phase =
		event->touch.phase == TOUCH_CANCEL ? TOUCH_END : event->touch.phase;
	sd_bus_message *call;

	surface_size(devices->console, &width, &height);
	if (slot == NULL) {
		return; /* more fingers than QEMU knows, or one of those */
	}
	if (phase != TOUCH_END) {
		slot->gx = clamp(event->touch.gx, width > 0 ? width : 1);
		slot->gy = clamp(event->touch.gy, height > 0 ? height : 1);
	} else {
		slot->used = false;
	}
	if (!devices->console->properties.has_touch) {
		return;
	}
	call = new_call(devices, QEMU_TOUCH_INTERFACE, "SendEvent");
	if (call == NULL) {
		return;
	}
	/* The phases are numbered alike (qapi/ui.json, InputMultiTouchType). */
	if (sd_bus_message_append(call, "utdd", (uint32_t)phase,
		    (uint64_t)touch_slot_number(table, slot), slot->gx, slot->gy) < 0) {
		sd_bus_message_unref(call);
		return;
	}
	send_call(devices, call, handle_reply_touch);
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
		flush_motion_unless_busy(devices);
	}
	if (touching != devices->pen_touches) {
		devices->pen_touches = touching;
		flush_motion(devices);
		send_button(devices, DEVICE_BUTTON_LEFT, touching);
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
		flush_motion_unless_busy(devices);
		break;
	case INPUT_RELATIVE:
		devices->dx += event->relative.dx;
		devices->dy += event->relative.dy;
		flush_motion_unless_busy(devices);
		break;
	case INPUT_WHEEL:
		input_wheel_axis(devices, &devices->wheel_x_120, event->wheel.dx_120,
			DEVICE_BUTTON_WHEEL_LEFT, DEVICE_BUTTON_WHEEL_RIGHT);
		input_wheel_axis(devices, &devices->wheel_y_120, event->wheel.dy_120,
			DEVICE_BUTTON_WHEEL_UP, DEVICE_BUTTON_WHEEL_DOWN);
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

	devices->is_leaving = true;
	for (uint32_t qnum = 0; qnum < DEVICE_MAX_QNUM; qnum++) {
		if (devices->keys_down[qnum / 32] & UINT32_C(1) << (qnum % 32)) {
			send_key(devices, qnum, false);
		}
	}
	for (uint32_t button = 0; button < DEVICE_N_BUTTONS; button++) {
		if (devices->buttons_down & UINT32_C(1) << button) {
			send_button(devices, button, false);
		}
	}
	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS; i++) {
		struct touch_slot *slot = &table->slots[i];

		if (slot->used && slot->console == devices->console->head.console) {
			struct input_event event = { .kind = INPUT_TOUCH };

			event.touch.phase = TOUCH_CANCEL;
			event.touch.slot = slot->slot;
			input_touch(devices, &event);
		}
	}
}
