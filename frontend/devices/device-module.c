#include "devices/device-module.h"

#include <errno.h>
#include <libinput.h>
#include <libudev.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "devices/device-events.h"

#define COMPLAINT_SIZE 256

struct device_reader {
	struct device_events events;
	struct udev *udev;
	struct udev_monitor *monitor;
	struct libinput *libinput;
	int offered_fd; /* of the device that is being added; -1: none is */
};

/* libinput opens what it is told to add: that is open, and grabbed, already. */
static int
open_restricted(const char *path, int flags, void *data)
{
	const struct device_reader *reader = data;

	return reader->offered_fd >= 0 ? reader->offered_fd : -EACCES;
}

/* The fd is not libinput's. */
static void
close_restricted(int fd, void *data)
{
}

static const struct libinput_interface interface = {
	.open_restricted = open_restricted,
	.close_restricted = close_restricted,
};

__attribute__((format(printf, 3, 0))) static void
handle_log(struct libinput *libinput, enum libinput_log_priority priority, const char *format,
	va_list arguments)
{
	const struct device_reader *reader = libinput_get_user_data(libinput);
	char text[COMPLAINT_SIZE];

	vsnprintf(text, sizeof(text), format, arguments);
	text[strcspn(text, "\n")] = '\0';
	reader->events.listener->complaint(reader->events.data, text);
}

static void
destroy(struct device_reader *reader)
{
	if (reader == NULL) {
		return;
	}
	libinput_unref(reader->libinput);
	udev_monitor_unref(reader->monitor);
	udev_unref(reader->udev);
	free(reader);
}

/* What udev tells comes behind its rules: links are there, and permissions as they are to be. */
static int
start_monitor(struct device_reader *reader)
{
	int r;

	reader->monitor = udev_monitor_new_from_netlink(reader->udev, "udev");
	if (reader->monitor == NULL) {
		return -errno;
	}
	r = udev_monitor_filter_add_match_subsystem_devtype(reader->monitor, "input", NULL);
	return r < 0 ? r : udev_monitor_enable_receiving(reader->monitor);
}

static int
create(const struct device_module_listener *listener, void *data, struct device_reader **ret_reader)
{
	struct device_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (reader == NULL) {
		return -ENOMEM;
	}
	reader->events.listener = listener;
	reader->events.data = data;
	reader->offered_fd = -1;
	reader->udev = udev_new();
	reader->libinput = libinput_path_create_context(&interface, reader);
	if (reader->udev == NULL || reader->libinput == NULL) {
		destroy(reader);
		return -ENOMEM;
	}
	libinput_log_set_handler(reader->libinput, handle_log);
	r = start_monitor(reader);
	if (r < 0) {
		destroy(reader);
		return r;
	}
	*ret_reader = reader;
	return 0;
}

static int
events_fd(const struct device_reader *reader)
{
	return libinput_get_fd(reader->libinput);
}

static void
dispatch(struct device_reader *reader)
{
	struct libinput_event *event;

	/* What it could not read comes with the next one. */
	libinput_dispatch(reader->libinput);
	while ((event = libinput_get_event(reader->libinput)) != NULL) {
		device_events_handle(&reader->events, event);
		libinput_event_destroy(event);
	}
	device_events_flush(&reader->events);
}

static int
hotplug_fd(const struct device_reader *reader)
{
	return udev_monitor_get_fd(reader->monitor);
}

static bool
dispatch_hotplug(struct device_reader *reader)
{
	struct udev_device *device;
	bool appeared = false;

	while ((device = udev_monitor_receive_device(reader->monitor)) != NULL) {
		appeared |= udev_device_get_devnode(device) != NULL &&
			    strcmp(udev_device_get_action(device), "remove") != 0;
		udev_device_unref(device);
	}
	return appeared;
}

static int
add(struct device_reader *reader, dev_t number, int fd, void *device,
	struct libinput_device **ret_source)
{
	struct udev_device *known = udev_device_new_from_devnum(reader->udev, 'c', number);
	struct libinput_device *source = NULL;
	/* libinput would wait for that, for up to two seconds. */
	bool ready = known != NULL && udev_device_get_is_initialized(known) == 1 &&
		     udev_device_get_devnode(known) != NULL;

	if (ready) {
		reader->offered_fd = fd;
		source = libinput_path_add_device(reader->libinput, udev_device_get_devnode(known));
		reader->offered_fd = -1;
	}
	udev_device_unref(known);
	if (source == NULL) {
		return ready ? -ENOTSUP : -EAGAIN;
	}
	libinput_device_set_user_data(source, device);
	*ret_source = libinput_device_ref(source);
	return 0;
}

static void
remove_source(struct device_reader *reader, struct libinput_device *source)
{
	device_events_forget(&reader->events, libinput_device_get_user_data(source));
	/* libinput still lets go of its keys, which is not to be told. */
	libinput_device_set_user_data(source, NULL);
	libinput_path_remove_device(source);
	libinput_device_unref(source);
}

extern const struct device_module device_module;

__attribute__((visibility("default"))) const struct device_module device_module = {
	.version = DEVICE_MODULE_VERSION,
	.create = create,
	.destroy = destroy,
	.events_fd = events_fd,
	.dispatch = dispatch,
	.hotplug_fd = hotplug_fd,
	.dispatch_hotplug = dispatch_hotplug,
	.add = add,
	.remove = remove_source,
};
