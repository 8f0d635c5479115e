#pragma once

#include <libinput.h>

#include "devices/device-module.h"

/* What libinput tells, as input.h has it. */

struct device_events {
	const struct device_module_listener *listener;
	void *data;

	/* Motion that was not told yet. */
	void *mover; /* the device; NULL: none */
	struct input_event motion;
	/* What is left of scrolling by fingers, in 1/120 of a notch. */
	double wheel_x_120, wheel_y_120;
};

/* Tells what the event means; gestures, switches and the pads of tablets mean nothing. */
void device_events_handle(struct device_events *events, struct libinput_event *event);
/* Tells of motion that waits for more of it. */
void device_events_flush(struct device_events *events);
/* Nothing more comes from that device: forgets what was not told yet. */
void device_events_forget(struct device_events *events, const void *device);
