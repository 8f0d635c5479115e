#pragma once

#include <libinput.h>
#include <stdbool.h>
#include <stdint.h>

/* Stands in for libinput, which is not linked: events are what a test makes them. */

struct libinput_device {
	void *user_data;
};

struct libinput_tablet_tool {
	bool pressure, tilt, eraser;
};

struct libinput_event {
	enum libinput_event_type type;
	struct libinput_device *device;
	uint32_t code, time_ms;
	bool down; /* key, button, tip */
	bool near; /* pen */
	int32_t slot;
	double x, y; /* motion, scrolling, place; a tilt is ten times that */
	bool has_x, has_y;
	double pressure;
	struct libinput_tablet_tool tool;
};
