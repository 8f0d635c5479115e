#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "devices/device-keys.h"
#include "devices/device-module.h"
#include "devices/device-set.h"

/* What device.c (one of them) and device-set.c (all of them, their module, the chord) share. */

/* Unplugged (no fd), the host's (no source), or the VM's. */
struct device {
	struct device_set *set;
	const char *path;
	int fd; /* -1: there is nothing under the path */
	dev_t number;
	struct device_keys keys; /* that are down */
	sd_event_source *watch;
	bool toggles;                   /* the chord was pressed on it, since it was last read */
	uint32_t host_leds;             /* as the host had them when it was taken */
	struct libinput_device *source; /* NULL: it is the host's, and only followed */
	bool refused;                   /* it could not be had: device_retry() alone helps */
};

struct device_set {
	sd_event *event;
	const struct device_set_listener *listener;
	void *data;

	const struct device_module *module;
	struct device_reader *reader;
	sd_event_source *events_watch, *hotplug_watch;

	bool leds_known;
	uint32_t leds; /* as the guest wants them, LED_* */
	bool started;  /* there is a VM: the chord counts */
	bool wanted;   /* the devices are to be the VM's */
	uint32_t n_devices;
	struct device devices[DEVICE_SET_MAX];
};

/*
 * Opens it, which leaves it the host's, and finds out all that can be without taking it for longer
 * than a moment. Returns 0, or negative errno, logged; it is to be closed in any case.
 */
int device_probe(struct device *device);
/* Gives it back. */
void device_close(struct device *device);

/* Whatever may have been in the way has changed: it is opened, and taken, if that is wanted. */
void device_retry(struct device *device);
/* Its lamps as the guest wants them, while it is the VM's. */
void device_light(struct device *device);
/* It is the host's from now on, and followed. Nothing, if it is so already. */
void device_give_back(struct device *device);

/* Whether a press of that key, with those down that are, is the chord. */
bool device_is_chord(const struct device *device, uint32_t code);
/* The chord was pressed on one of them: all go to the other side. */
void device_set_toggle(struct device_set *set);
