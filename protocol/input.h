#pragma once

#include <stdbool.h>
#include <stdint.h>

/* What the user does, as the guest's devices would say it. */

enum input_kind {
	INPUT_KEY,
	INPUT_BUTTON,
	INPUT_MOTION, /* absolute */
	INPUT_RELATIVE,
	INPUT_WHEEL,
	INPUT_TOUCH,
	INPUT_PEN,
};

enum touch_phase {
	TOUCH_BEGIN,
	TOUCH_UPDATE,
	TOUCH_END,
	TOUCH_CANCEL,
};

#define INPUT_PEN_MAX_PRESSURE 65535

/* Lock keys that are on, as in QEMU's Keyboard.Modifiers. */
#define INPUT_LOCK_SCROLL 1u
#define INPUT_LOCK_NUM 2u
#define INPUT_LOCK_CAPS 4u

struct input_event {
	enum input_kind kind;
	union {
		struct {
			uint32_t code; /* evdev KEY_* */
			bool pressed;
			uint32_t time_ms; /* when, by a clock of the device's that wraps around */
		} key;
		struct {
			uint32_t code; /* evdev BTN_* */
			bool pressed;
		} button;
		struct {
			double gx, gy; /* guest pixels from the head's top left corner */
		} motion;
		struct {
			double dx, dy; /* unaccelerated, in the device's counts */
		} relative;
		struct {
			/* 1/120 of a notch; positive is down and right, as in wl_pointer */
			int32_t dx_120, dy_120;
		} wheel;
		struct {
			enum touch_phase phase;
			uint32_t slot;
			double gx, gy; /* guest pixels; unused by END and CANCEL */
		} touch;
		/* All of the tool's state; its other buttons are INPUT_BUTTON, BTN_STYLUS and on.
		 */
		struct {
			bool near;         /* in reach of the tablet; else no more counts */
			bool touching;     /* the surface */
			bool eraser;       /* its other end */
			double gx, gy;     /* guest pixels */
			uint32_t pressure; /* to INPUT_PEN_MAX_PRESSURE: also without a sensor */
			double tilt_x,
				tilt_y; /* degrees right and down; 0: upright, or no sensor */
		} pen;
	};
};
