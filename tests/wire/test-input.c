/* What the user does, as QEMU hears it. */
#include "wire.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "qemu-dbus/qemu-guest.h"

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
	key(wire, KEY_PAUSE, true);
	key(wire, KEY_PAUSE, false);
	/* Was not pressed. */
	key(wire, KEY_B, false);
	/* Unknown to QEMU. */
	key(wire, KEY_RESERVED, true);
	key(wire, 0x1ff, true);
	key(wire, UINT32_MAX, true);
	expect(wire, "0 Keyboard.Press 30\n0 Keyboard.Release 30\n0 Keyboard.Press 184\n"
		     "0 Keyboard.Press 198\n0 Keyboard.Release 198\n");
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

static struct input_queue *
queue(struct wire *wire)
{
	return &((struct qemu_guest *)wire->viewer.guest)->input_queue;
}

static int
handle_reply_settled(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	bool *settled = data;

	*settled = true;
	return 0;
}

/* Until all has gone out and QEMU has taken it. */
static void
settle(struct wire *wire)
{
	struct qemu_guest *guest = (struct qemu_guest *)wire->viewer.guest;
	bool settled = false;

	WIRE_WAIT(wire, queue(wire)->n_entries == 0 && !queue(wire)->is_stalled);
	assert_int_equal(
		control_ask(&guest->control, guest->consoles[0].path, QEMU_KEYBOARD_INTERFACE,
			"Modifiers", handle_reply_settled, &settled),
		0);
	WIRE_WAIT(wire, settled);
	assert_in_range(queue(wire)->line.n_untaken, 0, INPUT_LINE_REPLY_EVERY - 1);
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
	settle(wire);
	wheel(wire, -240, 0);
	settle(wire);
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
	static const struct {
		int32_t dx_120, dy_120;
		const char *call;
	} wild[] = {
		{ 0, INT32_MAX, "0 Mouse.Press 4" },
		{ 0, INT32_MIN, "0 Mouse.Press 3" },
		/* Just as much as may be. */
		{ -120 * DEVICE_MAX_NOTCHES, 0, "0 Mouse.Press 7" },
		{ INT32_MAX, 0, "0 Mouse.Press 8" },
	};
	struct wire *wire = *state;

	open_console(wire, 0);
	for (uint32_t i = 0; i < 4; i++) {
		wheel(wire, wild[i].dx_120, wild[i].dy_120);
		settle(wire);
	}
	key(wire, KEY_F12, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Press 88") == 1);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(wire_count(wire->qemu.log, wild[i].call), DEVICE_MAX_NOTCHES);
	}
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
	relative(wire, -__builtin_inf(), __builtin_nan(""));
	expect(wire,
		"0 RelMotion 0,-1\n0 RelMotion 1,-1\n0 RelMotion 0,-1\n0 RelMotion 1,-1\n"
		"0 RelMotion 0,-1\n0 RelMotion -3,7\n0 RelMotion 0,32767\n0 RelMotion -32767,0\n");
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
	console->is_absolute = 0;
	fake_console_changed(console, "Mouse", "IsAbsolute");
	WIRE_WAIT(wire, wire->viewer.heads[0].pointer_mode == POINTER_RELATIVE);
	motion(wire, 9, 9);
	relative(wire, 1, 2);
	expect(wire, "0 SetAbsPosition 7,8\n0 RelMotion 1,2\n");
}

static void
test_motion_is_collected_while_qemu_stands_still(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 0);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < 1000; i++) {
		relative(wire, 1, 2);
	}
	/* A button comes after all motion before it, whatever the queue. */
	button(wire, BTN_LEFT, true);
	relative(wire, 5, 5);
	relative(wire, 5, 5);
	fake_qemu_continue(&wire->qemu);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 RelMotion 10,10") == 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 RelMotion 1,2"), INPUT_LINE_WINDOW);
	assert_string_equal(strstr(wire->qemu.log, "0 RelMotion 992"),
		"0 RelMotion 992,1984\n0 Mouse.Press 0\n0 RelMotion 10,10\n");
}

/* What the log of calls leaves down, in all; no release may come before its press. */
static uint32_t
count_held(const char *log)
{
	bool held[3][512] = { 0 };
	uint32_t n_held = 0;

	for (const char *line = log; *line != '\0'; line = strchr(line, '\n') + 1) {
		char device[16], verb[16];
		unsigned int console, number, phase;

		if (sscanf(line, "%u SendEvent %u slot %u", &console, &phase, &number) == 3) {
			assert_true(phase == TOUCH_BEGIN || held[2][number]);
			held[2][number] = phase == TOUCH_BEGIN || phase == TOUCH_UPDATE;
		} else if (sscanf(line, "%u %15[A-Za-z].%15[A-Za-z] %u", &console, device, verb,
				   &number) == 4) {
			bool *is_held = &held[strcmp(device, "Mouse") == 0][console * 256 + number];

			assert_true(strcmp(verb, "Press") == 0 || *is_held);
			*is_held = strcmp(verb, "Press") == 0;
		}
	}
	for (uint32_t i = 0; i < sizeof(held); i++) {
		n_held += (&held[0][0])[i];
	}
	return n_held;
}

static uint32_t
count_calls(const char *log)
{
	uint32_t n = 0;

	for (; *log != '\0'; log = strchr(log, '\n') + 1) {
		n++;
	}
	return n;
}

static void
tap(struct wire *wire, uint32_t code)
{
	key(wire, code, true);
	key(wire, code, false);
}

/* Lets a VM that was stopped take what it was sent, and all that waits. */
static void
go_on(struct wire *wire)
{
	fake_qemu_continue(&wire->qemu);
	settle(wire);
}

#define STALL "the VM does not take input"
#define STALL_END "the VM takes input again"

static uint32_t
count_said(const char *text, const char *words)
{
	uint32_t n = 0;

	for (const char *at = text; (at = strstr(at, words)) != NULL; at++) {
		n++;
	}
	return n;
}

/*
 * SIGSTOP for a VM, and a user who goes on: keys of which nothing is held afterwards, each once and
 * in order, none beyond the limit.
 */
static void
test_a_vm_that_reads_nothing(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_console(wire, 1);
	const char *log;
	uint32_t n_before;

	key(wire, KEY_LEFTCTRL, true);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Press 29") == 1);
	n_before = count_calls(wire->qemu.log);
	fake_qemu_stop(&wire->qemu);
	button(wire, BTN_LEFT, true);
	touch(wire, TOUCH_BEGIN, 3, 4, 5);
	key(wire, KEY_LEFTSHIFT, true);
	for (uint32_t i = 0; i < 10000; i++) {
		tap(wire, KEY_A);
		button(wire, BTN_RIGHT, true);
		button(wire, BTN_RIGHT, false);
		touch(wire, TOUCH_UPDATE, 3, i % 700, 5);
		touch(wire, TOUCH_BEGIN, 4, i % 700, 5);
		touch(wire, TOUCH_END, 4, 0, 0);
		motion(wire, i % 800, 5);
	}
	/* Let go of while nothing is taken. */
	key(wire, KEY_LEFTCTRL, false);
	button(wire, BTN_LEFT, false);
	key(wire, KEY_B, true);
	go_on(wire);
	key(wire, KEY_B, false);
	key(wire, KEY_LEFTSHIFT, false);
	tap(wire, KEY_F11);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Release 87") == 1);
	assert_int_equal(count_held(wire->qemu.log), 0);
	/* Ctrl, Shift, a button and a touch point were held, and there are the last motion and F11.
	 */
	assert_in_range(count_calls(wire->qemu.log) - n_before, INPUT_QUEUE_MAX,
		INPUT_QUEUE_MAX + INPUT_LINE_WINDOW + 4 + 1 + 2);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 29"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Press 48"), 0);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 48"), 0);
	/* The next click is where the pointer is. */
	assert_int_equal(wire_count(wire->qemu.log, "0 SetAbsPosition 399,5"), 1);
	assert_int_equal(console->n_errors, 0);
	log = wire_log(wire);
	assert_int_equal(count_said(log, STALL), 1);
	assert_int_equal(count_said(log, STALL_END), 1);
}

/* The keyboard, mouse and touch points of every head, and what is said, once for each stall. */
static void
test_a_stall_releases_all_heads(void **state)
{
	struct wire *wire = *state;
	struct fake_console *second = fake_qemu_add(&wire->qemu, 1);
	struct input_event event = { .kind = INPUT_KEY };
	const char *log;

	second->width = 800;
	second->height = 600;
	open_console(wire, 1);
	WIRE_WAIT(wire, second->is_ready);
	event.key.code = KEY_LEFTALT;
	event.key.pressed = true;
	for (uint32_t i = 0; i < 2; i++) {
		guest_input(wire->viewer.guest, wire->viewer.heads[1].head, &event);
		fake_qemu_stop(&wire->qemu);
		for (uint32_t j = 0; j < INPUT_QUEUE_MAX; j++) {
			tap(wire, KEY_A);
		}
		go_on(wire);
		WIRE_WAIT(wire, wire_count(wire->qemu.log, "1 Keyboard.Release 56") == i + 1);
	}
	assert_int_equal(count_held(wire->qemu.log), 0);
	log = wire_log(wire);
	assert_int_equal(count_said(log, STALL), 2);
	assert_int_equal(count_said(log, STALL_END), 2);
}

/* The viewer leaves a VM that stands still: what that knows to be down comes up when it goes on. */
static void
test_leaving_a_vm_that_reads_nothing(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	settle(wire); /* what it has to answer would be the end of it, as of QEMU */
	fake_qemu_stop(&wire->qemu);
	key(wire, KEY_LEFTCTRL, true);
	button(wire, BTN_LEFT, true);
	guest_destroy(wire->viewer.guest);
	wire->viewer.guest = NULL;
	fake_qemu_continue(&wire->qemu);
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Mouse.Release 0") == 1);
	assert_int_equal(count_held(wire->qemu.log), 0);
}

static void
test_leaving_in_a_stall(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	fake_qemu_stop(&wire->qemu);
	key(wire, KEY_LEFTCTRL, true);
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX; i++) {
		tap(wire, KEY_A);
	}
	guest_destroy(wire->viewer.guest);
	wire->viewer.guest = NULL;
	assert_int_equal(count_said(wire_log(wire), STALL), 1);
}

/* What the wheel turned and the mouse moved is there afterwards, within limits. */
static void
test_wheel_and_motion_are_collected(void **state)
{
	struct wire *wire = *state;
	uint32_t n_in_order, n_at_once;

	open_console(wire, 0);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < 10000; i++) {
		wheel(wire, -60, 60);
		relative(wire, -11, 0.5);
	}
	for (uint32_t i = 0; i < 10; i++) {
		wheel(wire, 0, -120);
	}
	assert_in_range(
		queue(wire)->n_entries, INPUT_QUEUE_MAX_IN_ORDER, INPUT_QUEUE_MAX_IN_ORDER + 1);
	go_on(wire);
	/* No stall: nothing was held. */
	assert_null(strstr(wire_log(wire), STALL));
	assert_int_equal(count_held(wire->qemu.log), 0);
	/* What was in order: half of it wheel, two of which make a notch. */
	n_in_order = INPUT_QUEUE_MAX_IN_ORDER / 4;
	n_at_once = INPUT_LINE_WINDOW / 2;
	assert_in_range(wire_count(wire->qemu.log, "0 Mouse.Press 4"),
		n_in_order - 1 + DEVICE_MAX_NOTCHES - 10,
		n_in_order + DEVICE_MAX_NOTCHES - 10 + n_at_once);
	assert_in_range(wire_count(wire->qemu.log, "0 Mouse.Press 7"),
		n_in_order - 1 + DEVICE_MAX_NOTCHES, n_in_order + DEVICE_MAX_NOTCHES + n_at_once);
	assert_int_equal(wire_count(wire->qemu.log, "0 Mouse.Press 3"), 0);
	assert_non_null(strstr(wire->qemu.log, "0 RelMotion -32767,49"));
}

/* Of motion no more adds up than a hand does: one way it is just that much, one way it is more. */
static void
test_how_much_motion_adds_up(void **state)
{
	struct wire *wire = *state;
	char wanted[64];

	open_console(wire, 0);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX; i++) {
		wheel(wire, 0, i % 2 == 0 ? 120 : -120);
	}
	relative(wire, DEVICE_MAX_RELATIVE - 7, 8 - DEVICE_MAX_RELATIVE);
	relative(wire, 7, -9);
	go_on(wire);
	snprintf(wanted, sizeof(wanted), "0 RelMotion %d,%d", DEVICE_MAX_RELATIVE,
		-DEVICE_MAX_RELATIVE);
	assert_int_equal(wire_count(wire->qemu.log, wanted), 1);
}

static void
test_the_wheel_to_and_fro(void **state)
{
	struct wire *wire = *state;
	char wanted[512] = "";

	open_console(wire, 0);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < INPUT_LINE_WINDOW; i++) {
		relative(wire, 1, 2);
	}
	wheel(wire, 0, 120);
	wheel(wire, 0, -120);
	wheel(wire, -120, 0);
	wheel(wire, 0, 120);
	go_on(wire);
	for (uint32_t i = 0; i < 4; i++) {
		static const uint32_t buttons[] = { 4, 7, 3, 4 };

		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted),
			"0 Mouse.Press %u\n0 Mouse.Release %u\n", buttons[i], buttons[i]);
	}
	assert_non_null(strstr(wire->qemu.log, "0 Mouse"));
	assert_memory_equal(strstr(wire->qemu.log, "0 Mouse"), wanted, strlen(wanted));
}

/* It takes no more than its share of the queue: keys that come behind it are there. */
static void
test_the_wheel_does_not_fill_the_queue(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < 10000; i++) {
		wheel(wire, 0, i % 2 == 0 ? 120 : -120);
	}
	assert_in_range(
		queue(wire)->n_entries, INPUT_QUEUE_MAX_IN_ORDER, INPUT_QUEUE_MAX_IN_ORDER + 1);
	key(wire, KEY_A, true);
	key(wire, KEY_A, false);
	go_on(wire);
	assert_null(strstr(wire_log(wire), STALL));
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Press 30"), 1);
	assert_int_equal(count_held(wire->qemu.log), 0);
}

/* A key does not overtake what was collected: Ctrl and the wheel is not the wheel and Ctrl. */
static void
test_order_is_kept_while_motion_is_collected(void **state)
{
	struct wire *wire = *state;
	const char *at;

	open_console(wire, 0);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < INPUT_LINE_WINDOW; i++) {
		relative(wire, 1, 2);
	}
	wheel(wire, 0, 240);
	key(wire, KEY_LEFTCTRL, true);
	wheel(wire, 0, -120);
	relative(wire, 7, 7);
	wheel(wire, 0, -120);
	relative(wire, 7, 7);
	key(wire, KEY_LEFTCTRL, false);
	go_on(wire);
	at = strstr(wire->qemu.log, "0 Mouse");
	assert_non_null(at);
	assert_string_equal(at, "0 Mouse.Press 4\n0 Mouse.Release 4\n0 Mouse.Press 4\n"
				"0 Mouse.Release 4\n0 Keyboard.Press 29\n0 Mouse.Press 3\n"
				"0 Mouse.Release 3\n0 RelMotion 7,7\n0 Mouse.Press 3\n"
				"0 Mouse.Release 3\n0 RelMotion 7,7\n0 Keyboard.Release 29\n");
}

static void
test_touch_points_are_collected(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	fake_qemu_stop(&wire->qemu);
	touch(wire, TOUCH_BEGIN, 1, 1, 1);
	touch(wire, TOUCH_BEGIN, 2, 2, 2);
	for (uint32_t i = 0; i < 500; i++) {
		touch(wire, TOUCH_UPDATE, 1, i, 1);
		touch(wire, TOUCH_UPDATE, 2, i, 2);
	}
	touch(wire, TOUCH_END, 1, 0, 0);
	go_on(wire);
	assert_int_equal(wire_count(wire->qemu.log, "0 SendEvent 1 slot 0 499,1"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 SendEvent 1 slot 1 499,2"), 1);
	assert_int_equal(wire_count(wire->qemu.log, "0 SendEvent 2 slot 0 499,1"), 1);
	assert_int_equal(count_calls(wire->qemu.log), 1 + INPUT_LINE_WINDOW + 3);
}

/* A pen that touched and left the tablet while nothing was taken has touched it. */
static void
test_a_pen_waits(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	fake_qemu_stop(&wire->qemu);
	for (uint32_t i = 0; i < 100; i++) {
		motion(wire, i, 0);
	}
	for (uint32_t i = 0; i < 10; i++) {
		pen(wire, true, false, 100 + i, 10);
	}
	for (uint32_t i = 0; i < 10; i++) {
		pen(wire, true, true, 200 + i, 10);
	}
	pen(wire, true, false, 300, 10);
	go_on(wire);
	assert_string_equal(strstr(wire->qemu.log, "0 SetAbsPosition 99,0"),
		"0 SetAbsPosition 99,0\n0 SetAbsPosition 109,10\n0 SetAbsPosition 209,10\n"
		"0 Mouse.Press 0\n0 SetAbsPosition 300,10\n0 Mouse.Release 0\n");
}

/* Nothing of what is not answered is ever given up: a timeout would unbalance the count. */
static void
test_calls_have_no_deadline(void **state)
{
	struct wire *wire = *state;
	struct qemu_guest *guest;
	uint64_t deadline_us = 0;

	wire->qemu.frozen = true;
	open_console(wire, 0);
	guest = (struct qemu_guest *)wire->viewer.guest;
	for (uint32_t i = 0; i < INPUT_LINE_WINDOW; i++) {
		relative(wire, 1, 1);
	}
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 RelMotion 1,1") == INPUT_LINE_WINDOW);
	assert_true(sd_bus_get_timeout(guest->control.bus, &deadline_us) >= 0);
	assert_true(deadline_us == UINT64_MAX);
	assert_int_equal(queue(wire)->line.n_untaken, INPUT_LINE_WINDOW);
}

/* Errors count as taken, and are said once. */
static void
test_a_vm_that_refuses_everything(void **state)
{
	struct wire *wire = *state;
	const char *log;

	wire->qemu.refuses = true;
	open_console(wire, 0);
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX / 2; i++) {
		tap(wire, KEY_A);
	}
	WIRE_WAIT(wire, wire_count(wire->qemu.log, "0 Keyboard.Release 30") == INPUT_QUEUE_MAX / 2);
	settle(wire);
	log = wire_log(wire);
	assert_null(strstr(log, STALL));
	assert_int_equal(count_said(log, "QEMU refuses input: not now"), 1);
}

/* A head that goes takes along what waits for it, and no answer to its calls is another's. */
static void
test_heads_come_and_go_meanwhile(void **state)
{
	struct wire *wire = *state;
	struct fake_console *second = fake_qemu_add(&wire->qemu, 1);
	struct input_event event = { .kind = INPUT_KEY };

	second->width = 800;
	second->height = 600;
	open_console(wire, 1);
	WIRE_WAIT(wire, second->is_ready);
	event.key.code = KEY_A;
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX; i++) {
		event.key.pressed = i % 2 == 0;
		guest_input(wire->viewer.guest, wire->viewer.heads[1].head, &event);
	}
	tap(wire, KEY_B);
	fake_console_unplug(second);
	WIRE_WAIT(wire, wire->viewer.heads[1].head == NULL);
	second = fake_qemu_add(&wire->qemu, 1);
	second->is_ready = false;
	fake_console_plug(second);
	WIRE_WAIT(wire, second->is_ready);
	settle(wire);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 48"), 1);
	assert_in_range(wire_count(wire->qemu.log, "1 Keyboard.Press 30"), 0, INPUT_QUEUE_MAX / 4);
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX / 2; i++) {
		tap(wire, KEY_B);
	}
	settle(wire);
	assert_int_equal(
		wire_count(wire->qemu.log, "0 Keyboard.Release 48"), 1 + INPUT_QUEUE_MAX / 2);
	assert_null(strstr(wire_log(wire), STALL));
}

/* What comes at once is more than a PS/2 keyboard keeps: all arrives, but not all at once. */
static void
test_a_burst_is_spread(void **state)
{
	struct wire *wire = *state;
	uint64_t since_ns, spread_ms = (INPUT_QUEUE_MAX - INPUT_QUEUE_BURST) * INPUT_QUEUE_PACE_MS;

	open_console(wire, 0);
	settle(wire);
	since_ns = wire_now_ns();
	for (uint32_t i = 0; i < INPUT_QUEUE_MAX / 2; i++) {
		tap(wire, KEY_A);
	}
	assert_int_equal(queue(wire)->n_entries, INPUT_QUEUE_MAX - INPUT_QUEUE_BURST);
	settle(wire);
	/* Later is no fault, but earlier is: half of it leaves room for how timers round. */
	assert_true(wire_now_ns() - since_ns > spread_ms / 2 * NS_PER_MS);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Press 30"), INPUT_QUEUE_MAX / 2);
	assert_int_equal(wire_count(wire->qemu.log, "0 Keyboard.Release 30"), INPUT_QUEUE_MAX / 2);
	assert_int_equal(count_held(wire->qemu.log), 0);
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

/* Any number, any place: a slot that QEMU has, and inside. */
static void
test_touch_stays_inside(void **state)
{
	struct wire *wire = *state;

	open_console(wire, 1);
	touch(wire, TOUCH_BEGIN, UINT32_MAX, __builtin_nan(""), __builtin_inf());
	touch(wire, TOUCH_UPDATE, UINT32_MAX, 1e300, -1e300);
	touch(wire, TOUCH_UPDATE, 0, 1, 1);
	touch(wire, TOUCH_BEGIN, 10, 800, 600);
	touch(wire, TOUCH_CANCEL, UINT32_MAX, __builtin_nan(""), __builtin_nan(""));
	expect(wire, "0 SendEvent 0 slot 0 0,599\n0 SendEvent 1 slot 0 799,0\n"
		     "0 SendEvent 0 slot 1 799,599\n0 SendEvent 2 slot 0 799,0\n");
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
	assert_int_equal(wire_count(wire->viewer.log, "leds 0"), 1);
	assert_int_equal(wire->viewer.heads[0].leds, INPUT_LOCK_NUM);
	console->leds = INPUT_LOCK_CAPS;
	fake_console_changed(console, "Keyboard", "Modifiers");
	WIRE_WAIT(wire, wire->viewer.heads[0].leds == INPUT_LOCK_CAPS);
	console->leds = 0;
	fake_console_changed(console, "Keyboard", "Modifiers");
	WIRE_WAIT(wire, wire->viewer.heads[0].leds == 0);
	assert_int_equal(wire_count(wire->viewer.log, "leds 0"), 3);
}

/* QEMU says 0 of a guest that never said anything. */
static void
test_leds_that_nobody_knows(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_console(wire, 1);

	assert_int_equal(wire_count(wire->viewer.log, "leds 0"), 0);
	/* Said once more, it is news to nobody. */
	fake_console_changed(console, "Keyboard", "Modifiers");
	settle(wire);
	assert_int_equal(wire_count(wire->viewer.log, "leds 0"), 0);
	console->leds = INPUT_LOCK_SCROLL;
	fake_console_changed(console, "Keyboard", "Modifiers");
	WIRE_WAIT(wire, wire->viewer.heads[0].leds == INPUT_LOCK_SCROLL);
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
		WIRE_TEST(test_a_vm_that_reads_nothing),
		WIRE_TEST(test_a_stall_releases_all_heads),
		WIRE_TEST(test_leaving_a_vm_that_reads_nothing),
		WIRE_TEST(test_leaving_in_a_stall),
		WIRE_TEST(test_wheel_and_motion_are_collected),
		WIRE_TEST(test_how_much_motion_adds_up),
		WIRE_TEST(test_the_wheel_to_and_fro),
		WIRE_TEST(test_the_wheel_does_not_fill_the_queue),
		WIRE_TEST(test_order_is_kept_while_motion_is_collected),
		WIRE_TEST(test_touch_points_are_collected),
		WIRE_TEST(test_a_pen_waits),
		WIRE_TEST(test_calls_have_no_deadline),
		WIRE_TEST(test_a_vm_that_refuses_everything),
		WIRE_TEST(test_heads_come_and_go_meanwhile),
		WIRE_TEST(test_a_burst_is_spread),
		WIRE_TEST(test_pen),
		WIRE_TEST(test_touch),
		WIRE_TEST(test_touch_stays_inside),
		WIRE_TEST(test_more_fingers_than_slots),
		WIRE_TEST(test_two_heads_share_the_slots),
		WIRE_TEST(test_old_qemu_has_no_touch_screen),
		WIRE_TEST(test_leaving_lifts_what_is_down),
		WIRE_TEST(test_leds),
		WIRE_TEST(test_leds_that_nobody_knows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
