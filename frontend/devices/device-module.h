#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "input.h"

/*
 * The seam to vitrine-devices.so, the only code that uses libinput and libudev, which bring
 * libwacom and GLib. It is loaded for --input-device alone. The set of devices opens and grabs
 * them; the module is given their fds, reads them, and says what was done on them.
 */

/* Of the structs below: another one means a module of another build. */
#define DEVICE_MODULE_VERSION 1
#define DEVICE_MODULE_NAME "vitrine-devices.so"
/* The symbol to look for. */
#define DEVICE_MODULE_SYMBOL "device_module"

struct device_reader;
struct libinput_device;

struct device_module_listener {
	/*
	 * From dispatch. device: as in add. Positions are parts of the screen, from 0 to 1, instead
	 * of guest pixels.
	 */
	void (*event)(void *data, void *device, const struct input_event *event);
	/* What libinput complains about: one line. */
	void (*complaint)(void *data, const char *text);
};

struct device_module {
	uint32_t version;

	/* Returns 0, -ENOMEM, or what udev's socket said. */
	int (*create)(const struct device_module_listener *listener, void *data,
		struct device_reader **ret_reader);
	/* All devices must have been removed. NULL is fine. */
	void (*destroy)(struct device_reader *reader);

	/* Readable: dispatch is due. */
	int (*events_fd)(const struct device_reader *reader);
	/* Of what has happened. Motion of one device in a row is one event. */
	void (*dispatch)(struct device_reader *reader);

	/* Readable: dispatch_hotplug is due. */
	int (*hotplug_fd)(const struct device_reader *reader);
	/* Whether an evdev node has appeared, with its links and permissions. */
	bool (*dispatch_hotplug)(struct device_reader *reader);

	/*
	 * Reads from the fd of that device, which stays the caller's. device: the caller's own.
	 * Returns 0; -EAGAIN: udev has not looked at it yet, dispatch_hotplug will tell; -ENOTSUP:
	 * libinput does not take it.
	 */
	int (*add)(struct device_reader *reader, dev_t number, int fd, void *device,
		struct libinput_device **ret_source);
	/* Legal in event, too: nothing comes from that device any more. */
	void (*remove)(struct device_reader *reader, struct libinput_device *source);
};
