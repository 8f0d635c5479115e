#include "unit.h"

#include <linux/input-event-codes.h>
#include <stdio.h>
#include <string.h>

#include "devices/device-events.h"
#include "devices/fake-libinput.h"

struct fixture {
	struct device_events events;
	struct libinput_device mouse, other, gone;
	char log[UNIT_TEXT_SIZE];
};

/* One line for each, with the first letter of the device's name. */
static void
handle_event(void *data, void *device, const struct input_event *event)
{
	static const char *const phases[] = { "begin", "update", "end", "cancel" };
	struct fixture *f = data;
	size_t length = strlen(f->log);
	char *end = f->log + length;
	size_t size = sizeof(f->log) - length;

	assert_true(size > 1);
	switch (event->kind) {
	case INPUT_KEY:
		snprintf(end, size, "%s key %u %d at %u\n", (const char *)device, event->key.code,
			event->key.pressed, event->key.time_ms);
		return;
	case INPUT_BUTTON:
		snprintf(end, size, "%s button %u %d\n", (const char *)device, event->button.code,
			event->button.pressed);
		return;
	case INPUT_MOTION:
		snprintf(end, size, "%s at %g,%g\n", (const char *)device, event->motion.gx,
			event->motion.gy);
		return;
	case INPUT_RELATIVE:
		snprintf(end, size, "%s by %g,%g\n", (const char *)device, event->relative.dx,
			event->relative.dy);
		return;
	case INPUT_WHEEL:
		snprintf(end, size, "%s wheel %d,%d\n", (const char *)device, event->wheel.dx_120,
			event->wheel.dy_120);
		return;
	case INPUT_TOUCH:
		snprintf(end, size, "%s touch %u %s %g,%g\n", (const char *)device,
			event->touch.slot, phases[event->touch.phase], event->touch.gx,
			event->touch.gy);
		return;
	case INPUT_PEN:
		snprintf(end, size, "%s pen%s%s%s %g,%g pressure %u tilt %g,%g\n",
			(const char *)device, event->pen.near ? " near" : "",
			event->pen.touching ? " touching" : "", event->pen.eraser ? " eraser" : "",
			event->pen.gx, event->pen.gy, event->pen.pressure, event->pen.tilt_x,
			event->pen.tilt_y);
		return;
	}
}

static const struct device_module_listener listener = {
	.event = handle_event,
};

static int
set_up(void **state)
{
	static struct fixture f;
	static char m[] = "m", o[] = "o";

	f = (struct fixture){
		.events = { .listener = &listener, .data = &f },
		.mouse = { m },
		.other = { o },
	};
	*state = &f;
	return 0;
}

static void
tell(struct fixture *f, struct libinput_device *device, struct libinput_event event)
{
	event.device = device;
	device_events_handle(&f->events, &event);
}

/* And nothing else since the last time. */
static void
expect(struct fixture *f, const char *log)
{
	assert_string_equal(f->log, log);
	f->log[0] = '\0';
}

static struct libinput_event
motion(double dx, double dy)
{
	return (struct libinput_event){ .type = LIBINPUT_EVENT_POINTER_MOTION, .x = dx, .y = dy };
}

static void
test_keys_and_buttons(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse,
		(struct libinput_event){ .type = LIBINPUT_EVENT_KEYBOARD_KEY,
			.code = KEY_A,
			.down = true,
			.time_ms = 77 });
	tell(f, &f->mouse,
		(struct libinput_event){ .type = LIBINPUT_EVENT_KEYBOARD_KEY, .code = KEY_A });
	tell(f, &f->mouse,
		(struct libinput_event){
			.type = LIBINPUT_EVENT_POINTER_BUTTON, .code = BTN_SIDE, .down = true });
	tell(f, &f->mouse,
		(struct libinput_event){ .type = LIBINPUT_EVENT_TABLET_TOOL_BUTTON,
			.code = BTN_STYLUS,
			.down = true });
	expect(f, "m key 30 1 at 77\nm key 30 0 at 0\nm button 275 1\nm button 331 1\n");
}

static void
test_motion_in_a_row_is_one(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse, motion(1, -2));
	tell(f, &f->mouse, motion(0.25, 10));
	expect(f, "");
	device_events_flush(&f->events);
	device_events_flush(&f->events);
	expect(f, "m by 1.25,8\n");
}

/* What comes later is never told earlier. */
static void
test_motion_comes_before_what_follows(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse, motion(1, 1));
	tell(f, &f->mouse,
		(struct libinput_event){
			.type = LIBINPUT_EVENT_POINTER_BUTTON, .code = BTN_LEFT, .down = true });
	tell(f, &f->mouse, motion(2, 2));
	tell(f, &f->other, motion(3, 3));
	tell(f, &f->other,
		(struct libinput_event){
			.type = LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE, .x = 0.25, .y = 0.5 });
	tell(f, &f->other,
		(struct libinput_event){
			.type = LIBINPUT_EVENT_POINTER_MOTION_ABSOLUTE, .x = 0.5, .y = 0.75 });
	device_events_flush(&f->events);
	expect(f, "m by 1,1\nm button 272 1\nm by 2,2\no by 3,3\no at 0.5,0.75\n");
}

static void
test_nothing_of_a_device_that_is_gone(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse, motion(1, 1));
	device_events_forget(&f->events, f->other.user_data);
	device_events_forget(&f->events, f->mouse.user_data);
	tell(f, &f->gone, motion(1, 1));
	tell(f, &f->gone,
		(struct libinput_event){ .type = LIBINPUT_EVENT_KEYBOARD_KEY, .code = KEY_A });
	device_events_flush(&f->events);
	expect(f, "");
}

static struct libinput_event
scroll(enum libinput_event_type type, double x, double y)
{
	return (struct libinput_event){
		.type = type, .x = x, .y = y, .has_x = x != 0, .has_y = y != 0
	};
}

static void
test_wheel(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_WHEEL, 0, -120));
	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_WHEEL, 15, 0));
	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_AXIS, 0, -15));
	expect(f, "m wheel 0,-120\nm wheel 15,0\n");
}

/* A notch is 15 degrees, and parts of its 120 parts are kept. */
static void
test_scrolling_by_fingers(void **state)
{
	struct fixture *f = *state;

	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_FINGER, 0, 15));
	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS, -0.1, 0));
	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_CONTINUOUS, -0.1, 0));
	tell(f, &f->mouse, scroll(LIBINPUT_EVENT_POINTER_SCROLL_FINGER, 0, 0));
	expect(f, "m wheel 0,120\nm wheel -1,0\n");
}

static void
test_touch(void **state)
{
	struct fixture *f = *state;
	struct libinput_event touch = { .slot = 3, .x = 0.5, .y = 0.25 };
	static const enum libinput_event_type types[] = { LIBINPUT_EVENT_TOUCH_DOWN,
		LIBINPUT_EVENT_TOUCH_FRAME, LIBINPUT_EVENT_TOUCH_MOTION, LIBINPUT_EVENT_TOUCH_UP,
		LIBINPUT_EVENT_TOUCH_CANCEL };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		touch.type = types[i];
		tell(f, &f->mouse, touch);
	}
	expect(f, "m touch 3 begin 0.5,0.25\nm touch 3 update 0.5,0.25\nm touch 3 end 0,0\n"
		  "m touch 3 cancel 0,0\n");
}

static void
test_pen(void **state)
{
	struct fixture *f = *state;
	struct libinput_event pen = {
		.type = LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY,
		.near = true,
		.x = 0.5,
		.y = -0.25,
		.pressure = 0.5,
		.tool = { .pressure = true, .tilt = true, .eraser = true },
	};

	tell(f, &f->mouse, pen);
	pen.type = LIBINPUT_EVENT_TABLET_TOOL_TIP;
	pen.down = true;
	tell(f, &f->mouse, pen);
	/* A tool that feels nothing. */
	pen.type = LIBINPUT_EVENT_TABLET_TOOL_AXIS;
	pen.tool = (struct libinput_tablet_tool){ 0 };
	tell(f, &f->mouse, pen);
	pen.type = LIBINPUT_EVENT_TABLET_TOOL_PROXIMITY;
	pen.near = pen.down = false;
	tell(f, &f->mouse, pen);
	expect(f, "m pen near eraser 0.5,-0.25 pressure 32767 tilt 5,-2.5\n"
		  "m pen near touching eraser 0.5,-0.25 pressure 32767 tilt 5,-2.5\n"
		  "m pen near touching 0.5,-0.25 pressure 65535 tilt 0,0\n"
		  "m pen 0.5,-0.25 pressure 0 tilt 0,0\n");
}

static void
test_what_means_nothing(void **state)
{
	struct fixture *f = *state;
	static const enum libinput_event_type types[] = { LIBINPUT_EVENT_DEVICE_ADDED,
		LIBINPUT_EVENT_GESTURE_PINCH_BEGIN, LIBINPUT_EVENT_GESTURE_SWIPE_UPDATE,
		LIBINPUT_EVENT_SWITCH_TOGGLE, LIBINPUT_EVENT_TABLET_PAD_BUTTON };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		tell(f, &f->mouse, (struct libinput_event){ .type = types[i] });
	}
	expect(f, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_keys_and_buttons, set_up),
		cmocka_unit_test_setup(test_motion_in_a_row_is_one, set_up),
		cmocka_unit_test_setup(test_motion_comes_before_what_follows, set_up),
		cmocka_unit_test_setup(test_nothing_of_a_device_that_is_gone, set_up),
		cmocka_unit_test_setup(test_wheel, set_up),
		cmocka_unit_test_setup(test_scrolling_by_fingers, set_up),
		cmocka_unit_test_setup(test_touch, set_up),
		cmocka_unit_test_setup(test_pen, set_up),
		cmocka_unit_test_setup(test_what_means_nothing, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
