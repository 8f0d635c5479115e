#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

struct console;

/*
 * QEMU's numbers of mouse buttons (qapi/ui.json, InputButton). Larger ones than these make QEMU
 * abort (10.0) or read beyond an array (11.1): nothing else is ever sent.
 */
enum device_button {
	DEVICE_BUTTON_LEFT = 0,
	DEVICE_BUTTON_MIDDLE = 1,
	DEVICE_BUTTON_RIGHT = 2,
	DEVICE_BUTTON_WHEEL_UP = 3,
	DEVICE_BUTTON_WHEEL_DOWN = 4,
	DEVICE_BUTTON_SIDE = 5,
	DEVICE_BUTTON_EXTRA = 6,
	DEVICE_BUTTON_WHEEL_LEFT = 7,
	DEVICE_BUTTON_WHEEL_RIGHT = 8,
	DEVICE_N_BUTTONS,
};

/* What a wheel turns while QEMU takes nothing, and by one event; more is a mistake somewhere. */
#define DEVICE_MAX_NOTCHES 32
/* The same for relative motion, in counts: what no hand does within a stall. */
#define DEVICE_MAX_RELATIVE 32767
#define DEVICE_MAX_QNUM 256

/*
 * The keyboard, mouse and touch screen of one console. What they say goes out in order. While the
 * line is busy (input-line.h) only the last position, the sums of motion and wheel and where touch
 * points are now is kept; it goes before whatever goes down or up next.
 */
struct devices {
	struct console *console;
	bool motion_waits; /* an absolute position that was not sent yet */
	double gx, gy;     /* it */
	double dx, dy;     /* relative motion that was not sent: parts of a pixel, mostly */
	int32_t wheel_x_120, wheel_y_120;
	bool pen_touches;
	uint32_t keys_down[DEVICE_MAX_QNUM / 32];
	uint32_t buttons_down; /* a bit each */
};

void devices_init(struct devices *devices, struct console *console);
void devices_input(struct devices *devices, const struct input_event *event);
/* Sends what was collected, as far as the line has room. */
void devices_flush(struct devices *devices);
/*
 * Lifts what is down. When leaving, too: QEMU forgets keys when a listener goes, but not buttons
 * and touches.
 */
void devices_release_all(struct devices *devices);
