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

/* What a wheel turns at once, also while it waits; more is a mistake somewhere. */
#define DEVICE_MAX_NOTCHES 32
/* The same for relative motion, in counts: what no hand does in between. */
#define DEVICE_MAX_RELATIVE 32767
#define DEVICE_MAX_QNUM 256

/* The keyboard, mouse and touch screen of one console, as far as QEMU was told of them. */
struct devices {
	struct console *console;
	double dx, dy;                    /* relative motion that was not sent: parts of a count */
	int32_t wheel_x_120, wheel_y_120; /* parts of a notch */
	bool pen_touches;
	uint32_t keys_down[DEVICE_MAX_QNUM / 32];
	uint32_t buttons_down; /* a bit each */
};

void devices_init(struct devices *devices, struct console *console);
/*
 * Sends an event, whatever the line says (input-line.h): a call or two. False: a wheel that turns
 * by more than one notch; the event is what is left.
 */
bool devices_input(struct devices *devices, struct input_event *event);
/* Whether QEMU has such a key or button; the log says which it has not. */
bool devices_know(const struct input_event *event);
/* Whether the guest's devices will keep something for it, until the guest takes it. */
bool devices_event_presses(const struct devices *devices, const struct input_event *event);
/* Whether it only moves something: it can be late. */
bool devices_event_moves(const struct input_event *event);
/*
 * Whether the guest sees a difference if one that moves comes before the other, or both are one:
 * the wheel is turned where the pointer is, and there and back is not none.
 */
bool devices_event_follows(const struct input_event *event, const struct input_event *before);
/* Makes two events one where no press or release is lost: the first, if they are of a kind. */
bool devices_merge(struct input_event *event, const struct input_event *next);
/*
 * Lifts what is down. When leaving, too: QEMU forgets keys when a listener goes, but not buttons
 * and touches.
 */
void devices_release_all(struct devices *devices);
