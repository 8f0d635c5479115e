/* What the user does, as QEMU hears it. */
#include "wire.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "qemu-dbus/devices.h"
#include "qemu-dbus/touch.h"

static void
input(struct wire *wire, const struct input_event *event)
{
	guest_input(wire->viewer.guest, wire->viewer.heads[0].head, event);
}

static void
key(struct wire *wire, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_KEY };

	event.key.code = code;
	event.key.pressed = pressed;
	input(wire, &event);
}

static void
button(struct wire *wire, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_BUTTON };

	event.button.code = code;
	event.button.pressed = pressed;
	input(wire, &event);
}

static void
motion(struct wire *wire, double gx, double gy)
{
	struct input_event event = { .kind = INPUT_MOTION };

	event.motion.gx = gx;
	event.motion.gy = gy;
	input(wire, &event);
}

static void
relative(struct wire *wire, double dx, double dy)
{
	struct input_event event = { .kind = INPUT_RELATIVE };

	event.relative.dx = dx;
	event.relative.dy = dy;
	input(wire, &event);
}

static void
wheel(struct wire *wire, int32_t dx_120, int32_t dy_120)
{
	struct input_event event = { .kind = INPUT_WHEEL };

	event.wheel.dx_120 = dx_120;
	event.wheel.dy_120 = dy_120;
	input(wire, &event);
}

static void
touch(struct wire *wire, enum touch_phase phase, uint32_t slot, double gx, double gy)
{
	struct input_event event = { .kind = INPUT_TOUCH };

	event.touch.phase = phase;
	event.touch.slot = slot;
	event.touch.gx = gx;
	event.touch.gy = gy;
	input(wire, &event);
}

/* A last key press says that all before it has arrived. */
static void
expect(struct wire *wire, const char *calls)
{
	char wanted[4096];

	key(wire, KEY_F12, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Press 88") == 1);
	snprintf(wanted, sizeof(wanted), "0 RegisterListener\n%s0 Keyboard.Press 88\n", calls);
	assert_string_equal(wire->qemu.log, wanted);
}

static struct fake_console *
open_console(struct wire *wire, int is_absolute)
{
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	console->is_absolute = is_absolute;
	console->width = 800;
	console->height = 600;
	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready);
	WIRE_WAIT(wire, wire->viewer.n_ready == 1);
	return console;
}

static void
test_keys(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	key(wire, KEY_A, true);
	key(wire, KEY_A, false);
	key(wire, KEY_RIGHTALT, true);
	key(wire, KEY_PAUSE, false);
	/* Unknown to QEMU. */
	key(wire, KEY_RESERVED, true);
	key(wire, 0x1ff, true);
	key(wire, UINT32_MAX, true);
	expect(wire, "0 Keyboard.Press 30\n0 Keyboard.Release 30\n0 Keyboard.Press 184\n"
		     "0 Keyboard.Release 198\n");
}

/* QEMU 10.0 aborts at button 10, 11.1 reads beyond an array. */
static void
test_no_button_kills_qemu(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	for (uint32_t code = 0; code < KEY_CNT + 16; code++) {
		if (code < KEY_ESC || code >= BTN_MISC) {
			button(wire, code, true);
			button(wire, code, false);
		}
	}
	button(wire, UINT32_MAX, true);
	expect(wire, "0 Mouse.Press 0\n0 Mouse.Release 0\n"   /* left */
		     "0 Mouse.Press 2\n0 Mouse.Release 2\n"   /* right */
		     "0 Mouse.Press 1\n0 Mouse.Release 1\n"   /* middle */
		     "0 Mouse.Press 5\n0 Mouse.Release 5\n"   /* side */
		     "0 Mouse.Press 6\n0 Mouse.Release 6\n"   /* extra */
		     "0 Mouse.Press 6\n0 Mouse.Release 6\n"   /* forward */
		     "0 Mouse.Press 5\n0 Mouse.Release 5\n"   /* back */
		     "0 Mouse.Press 2\n0 Mouse.Release 2\n"   /* a pen's first */
		     "0 Mouse.Press 1\n0 Mouse.Release 1\n"); /* its second */
}

static void
test_wheel_adds_up_to_notches(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	wheel(wire, 0, 120);
	for (uint32_t i = 0; i < 8; i++) {
		wheel(wire, 0, -15);
	}
	wheel(wire, -240, 0);
	wheel(wire, 119, 0);
	wheel(wire, 1, 0);
	/* What is left of one direction is forgotten when the other begins. */
	wheel(wire, 0, 100);
	wheel(wire, 0, -120);
	expect(wire, "0 Mouse.Press 4\n0 Mouse.Release 4\n"
		     "0 Mouse.Press 3\n0 Mouse.Release 3\n"
		     "0 Mouse.Press 7\n0 Mouse.Release 7\n0 Mouse.Press 7\n0 Mouse.Release 7\n"
		     "0 Mouse.Press 8\n0 Mouse.Release 8\n"
		     "0 Mouse.Press 3\n0 Mouse.Release 3\n");
}

static void
test_wheel_has_a_limit(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	wheel(wire, 0, INT32_MAX);
	wheel(wire, 0, INT32_MIN);
	key(wire, KEY_F12, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Press 88") == 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Mouse.Press 4"), DEVICE_MAX_NOTCHES);
	assert_int_equal(wire_count(wire->qemu.log, "0 Mouse.Press 3"), DEVICE_MAX_NOTCHES);
}

static void
test_absolute_motion_stays_inside(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	assert_int_equal(wire->viewer.heads[0].pointer_mode, POINTER_ABSOLUTE);
	motion(wire, 10.9, 20.2);
	motion(wire, -1, -1e300);
	motion(wire, 800, 600);
	motion(wire, 1e300, __builtin_inf());
	motion(wire, __builtin_nan(""), 5);
	/* QEMU refuses these with "Mouse is not relative". */
	relative(wire, 5, 5);
	expect(wire, "0 SetAbsPosition 10,20\n0 SetAbsPosition 0,0\n0 SetAbsPosition 799,599\n"
		     "0 SetAbsPosition 799,599\n0 SetAbsPosition 0,5\n");
}

static void
test_relative_motion_keeps_the_rest(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	assert_int_equal(wire->viewer.heads[0].pointer_mode, POINTER_RELATIVE);
	for (uint32_t i = 0; i < 10; i++) {
		relative(wire, 0.25, -0.5);
	}
	relative(wire, -3.5, 7);
	/* QEMU refuses these with "Mouse is not absolute". */
	motion(wire, 5, 5);
	relative(wire, __builtin_nan(""), 1e300);
	expect(wire, "0 RelMotion 0,-1\n0 RelMotion 1,-1\n0 RelMotion 0,-1\n0 RelMotion 1,-1\n"
		     "0 RelMotion 0,-1\n0 RelMotion -3,7\n");
}

static void
test_pointer_mode_follows_the_guest(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_console(wire, 0);

	console->is_absolute = 1;
	fake_console_changed(console, "Mouse", "IsAbsolute");
	WIRE_WAIT(wire, wire->viewer.heads[0].pointer_mode == POINTER_ABSOLUTE);
	motion(wire, 7, 8);
	expect(wire, "0 SetAbsPosition 7,8\n");
}

static void
test_motion_is_collected_while_qemu_stands_still(void **state)
{
	struct wire *wire = *state;

	wire->qemu.frozen = true;
	open_console(wire, 0);
	for (uint32_t i = 0; i < 1000; i++) {
		relative(wire, 1, 2);
	}
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 RelMotion 1,2") == DEVICE_MAX_CALLS);
	/* A button comes after all motion before it, whatever the queue. */
	button(wire, BTN_LEFT, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Mouse.Press 0") == 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 RelMotion 968,1936"), 1);
}

static void
pen(struct wire *wire, bool near, bool touching, double gx, double gy)
{
	struct input_event event = { .kind = INPUT_PEN };

	event.pen.near = near;
	event.pen.touching = touching;
	event.pen.gx = gx;
	event.pen.gy = gy;
	input(wire, &event);
}

/* A pen is a mouse to QEMU. */
static void
test_pen(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	pen(wire, true, false, 10, 20);
	pen(wire, true, true, 11, 20.5);
	pen(wire, true, true, 12, 900);
	button(wire, BTN_STYLUS, true);
	button(wire, BTN_STYLUS, false);
	button(wire, BTN_STYLUS2, true);
	button(wire, BTN_STYLUS2, false);
	/* Out of reach without having been lifted. */
	pen(wire, false, true, 50, 50);
	pen(wire, false, false, 50, 50);
	expect(wire, "0 SetAbsPosition 10,20\n0 SetAbsPosition 11,20\n"
		     "0 Mouse.Press 0\n0 SetAbsPosition 12,599\n0 Mouse.Press 2\n"
		     "0 Mouse.Release 2\n0 Mouse.Press 1\n0 Mouse.Release 1\n"
		     "0 Mouse.Release 0\n");
}

static void
test_touch(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_console(wire, 1);

	touch(wire, TOUCH_BEGIN, 5, 10.5, 20.25);
	touch(wire, TOUCH_BEGIN, 77, 900, -3);
	touch(wire, TOUCH_UPDATE, 5, 11, 21);
	touch(wire, TOUCH_UPDATE, 6, 1, 1); /* never began */
	touch(wire, TOUCH_END, 5, 0, 0);
	touch(wire, TOUCH_BEGIN, 8, 1, 2);
	touch(wire, TOUCH_CANCEL, 77, 0, 0);
	expect(wire, "0 SendEvent 0 slot 0 10.5,20.25\n0 SendEvent 0 slot 1 799,0\n"
		     "0 SendEvent 1 slot 0 11,21\n0 SendEvent 2 slot 0 11,21\n"
		     "0 SendEvent 0 slot 0 1,2\n0 SendEvent 2 slot 1 799,0\n");
	assert_int_equal(console->n_errors, 0);
}

static void
test_more_fingers_than_slots(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS + 5; i++) {
		touch(wire, TOUCH_BEGIN, i, 1, 1);
	}
	touch(wire, TOUCH_END, TOUCH_MAX_SLOTS + 1, 1, 1);
	key(wire, KEY_F12, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Press 88") == 1);
	assert_null(strstr(wire->qemu.log, "slot 10"));
	assert_non_null(strstr(wire->qemu.log, "slot 9"));
	assert_null(strstr(wire->qemu.log, "SendEvent 2"));
}

static void
test_two_heads_share_the_slots(void **state)
{
	struct wire *wire = *state;
	struct fake_console *second = fake_qemu_add(&wire->qemu, 1);
	struct input_event event = { .kind = INPUT_TOUCH };

	second->width = 800;
	second->height = 600;
	open_console(wire, 1);
	WIRE_WAIT(wire, second->is_ready);
	touch(wire, TOUCH_BEGIN, 0, 1, 1);
	event.touch.phase = TOUCH_BEGIN;
	guest_input(wire->viewer.guest, wire->viewer.heads[1].head, &event);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "1 SendEvent 0 slot 1 0,0") == 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 SendEvent 0 slot 0 1,1"), 1);
}

static void
test_old_qemu_has_no_touch_screen(void **state)
{
	struct wire *wire = *state;

	wire->qemu.old = true;
	open_console(wire, 1);
	touch(wire, TOUCH_BEGIN, 0, 1, 1);
	expect(wire, "");
}

static void
test_leaving_lifts_what_is_down(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	key(wire, KEY_LEFTCTRL, true);
	key(wire, KEY_C, true);
	key(wire, KEY_C, false);
	button(wire, BTN_LEFT, true);
	button(wire, BTN_RIGHT, true);
	button(wire, BTN_RIGHT, false);
	touch(wire, TOUCH_BEGIN, 3, 4, 5);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 SendEvent 0 slot 0 4,5") == 1);
	guest_destroy(wire->viewer.guest);
	wire->viewer.guest = NULL;
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 SendEvent 2 slot 0 4,5") == 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 29"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 46"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Mouse.Release 0"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Mouse.Release 2"), 1);
}

static void
test_leds(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	console->leds = INPUT_LOCK_NUM;
	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready);
	assert_int_equal(wire->viewer.heads[0].leds, INPUT_LOCK_NUM);
	console->leds = INPUT_LOCK_CAPS;
	fake_console_changed(console, "Keyboard", "Modifiers");
	WIRE_WAIT(wire, wire->viewer.heads[0].leds == INPUT_LOCK_CAPS);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_keys),
		WIRE_TEST(test_no_button_kills_qemu),
		WIRE_TEST(test_wheel_adds_up_to_notches),
		WIRE_TEST(test_wheel_has_a_limit),
		WIRE_TEST(test_absolute_motion_stays_inside),
		WIRE_TEST(test_relative_motion_keeps_the_rest),
		WIRE_TEST(test_pointer_mode_follows_the_guest),
		WIRE_TEST(test_motion_is_collected_while_qemu_stands_still),
		WIRE_TEST(test_pen),
		WIRE_TEST(test_touch),
		WIRE_TEST(test_more_fingers_than_slots),
		WIRE_TEST(test_two_heads_share_the_slots),
		WIRE_TEST(test_old_qemu_has_no_touch_screen),
		WIRE_TEST(test_leaving_lifts_what_is_down),
		WIRE_TEST(test_leds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
