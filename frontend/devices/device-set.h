#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "devices/device-keys.h"
#include "input.h"

/*
 * Input devices of the host's that are a VM's own: taken from the host while the VM has them, which
 * is by an exclusive grab of their evdev nodes, and read by libinput. The kernel gives them back
 * when this process ends, however it does. One that is unplugged is taken again when there is
 * something under its path again. A chord pressed on one of them gives all back, and takes them
 * again.
 */

/* More are not taken. */
#define DEVICE_SET_MAX 16

struct device_set;

/* May not close the set. */
struct device_set_listener {
	/* Positions are parts of the screen, from 0 to 1, instead of guest pixels. */
	void (*event)(void *data, const struct input_event *event);
	/* Whether a press of code, with those keys down, is the chord. */
	bool (*is_chord)(void *data, const struct device_keys *keys, uint32_t code);
	/* Devices went, or were given back: of what is down on them no release will come. */
	void (*lost)(void *data);
};

/*
 * Opens the devices, which stay the host's, and finds out whether they can be taken. The paths are
 * borrowed. Returns 0, or negative errno, logged: -EINVAL, one of them is no such device, or named
 * twice; anything else, it can not be had.
 */
int device_set_open(sd_event *event, const char *const *paths, uint32_t n_paths,
	const struct device_set_listener *listener, void *data, struct device_set **ret_set);
/* Gives all back; nothing is told. NULL is fine. */
void device_set_close(struct device_set *set);

/*
 * Takes the devices, each as soon as no key is down on it; from then on the chord counts. After
 * device_set_give_back, if the user had not given them back before.
 */
void device_set_take(struct device_set *set);
/* All are the host's until they are taken again, and the chord is nobody's. */
void device_set_give_back(struct device_set *set);

/* INPUT_LOCK_*, which the lamps of keyboards are to show while the VM has them. */
void device_set_light(struct device_set *set, uint32_t locks);
