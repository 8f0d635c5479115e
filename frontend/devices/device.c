#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/fd.h"
#include "base/log.h"
#include "devices/device-node.h"
#include "devices/device-private.h"

static const char *
reason(int error)
{
	switch (error) {
	case -ENODEV:
		return "that is no input device (/dev/input/event*)";
	case -ENOENT:
		return "there is no such device";
	case -EEXIST:
		return "that is a device that is named already";
	case -EBUSY:
		return "another program has grabbed it";
	case -EACCES:
		return "no permission: your user must be in the group 'input', or a udev rule must "
		       "give it the device (TAG+=\"uaccess\")";
	case -ENOTSUP:
		return "it is none of keyboard, mouse, touch screen and tablet";
	default:
		return strerror(-error);
	}
}

static void
explain(const struct device *device, enum log_level level, int error)
{
	log_write(level, "input device %s: %s", device->path, reason(error));
}

static int
grab(struct device *device)
{
	device->host_leds = device_node_leds(device->fd);
	return device_node_grab(device->fd, &device->keys, device->host_leds);
}

/* From libinput, or at least from its reach: it has read what was for us to follow. */
static void
ungrab(struct device *device)
{
	device_node_ungrab(device->fd, device->host_leds);
	/* This fails for one that is gone, which its fd tells. */
	device_node_read_keys(device->fd, &device->keys);
	sd_event_source_set_io_events(device->watch, EPOLLIN);
}

void
device_light(struct device *device)
{
	const struct device_set *set = device->set;

	if (device->source != NULL && set->leds_known) {
		device_node_set_leds(device->fd, set->leds);
	}
}

void
device_give_back(struct device *device)
{
	struct device_set *set = device->set;

	if (device->source == NULL) {
		return;
	}
	set->module->remove(set->reader, device->source);
	device->source = NULL;
	ungrab(device);
	log_info("input device %s: it is the host's", device->path);
}

void
device_close(struct device *device)
{
	device_give_back(device);
	device->watch = sd_event_source_disable_unref(device->watch);
	fd_close(&device->fd);
}

static bool
is_named_already(const struct device *device)
{
	const struct device_set *set = device->set;

	for (uint32_t i = 0; i < set->n_devices; i++) {
		const struct device *other = &set->devices[i];

		if (other != device && other->fd >= 0 && other->number == device->number) {
			return true;
		}
	}
	return false;
}

static int handle_device(sd_event_source *watch, int fd, uint32_t revents, void *data);

static int
open_device(struct device *device)
{
	int r = device_node_open(device->path, &device->number);

	if (r < 0) {
		return r;
	}
	device->fd = r;
	device->refused = false;
	r = is_named_already(device) ? -EEXIST : device_node_read_keys(device->fd, &device->keys);
	if (r >= 0) {
		r = sd_event_add_io(device->set->event, &device->watch, device->fd, EPOLLIN,
			handle_device, device);
	}
	if (r < 0) {
		device_close(device);
	}
	return r;
}

static int
hand_to_module(struct device *device)
{
	struct device_set *set = device->set;

	return set->module->add(set->reader, device->number, device->fd, device, &device->source);
}

static void
refuse(struct device *device, int error)
{
	device->refused = true;
	if (error == -EAGAIN) {
		log_info("input device %s: udev does not know it yet", device->path);
	} else if (error != -ENODEV) { /* else it is gone, which its fd tells */
		explain(device, LOG_LEVEL_WARNING, error);
	}
}

/* Each time that something may have removed what was in the way of it. */
static void
take(struct device *device)
{
	int r;

	if (!device->set->started || !device->set->wanted || device->fd < 0 ||
		device->source != NULL || device->refused) {
		return;
	}
	r = grab(device);
	if (r == -EAGAIN) {
		log_info("input device %s: a key is down; it is taken once it is up", device->path);
		return;
	}
	if (r < 0) {
		refuse(device, r);
		return;
	}
	r = hand_to_module(device);
	if (r < 0) {
		ungrab(device);
		refuse(device, r);
		return;
	}
	/* It is libinput's to read: left are the errors, which come unasked. */
	sd_event_source_set_io_events(device->watch, 0);
	device_light(device);
	log_info("input device %s: it is the VM's", device->path);
}

static void
reopen(struct device *device)
{
	int r = open_device(device);

	if (r >= 0) {
		log_info("input device %s: it is there again", device->path);
		take(device);
	} else if (r != -ENOENT && r != -ENODEV) {
		explain(device, LOG_LEVEL_WARNING, r);
	}
}

void
device_retry(struct device *device)
{
	if (device->fd < 0) {
		reopen(device);
	} else {
		device->refused = false;
		take(device);
	}
}

static void
lose(struct device *device)
{
	bool was_taken = device->source != NULL;

	device_close(device);
	log_warning("input device %s is gone; it is taken again when it comes back", device->path);
	if (was_taken) {
		device->set->listener->lost(device->set->data);
	}
	/* It may have come back before we learnt that it went. */
	reopen(device);
}

static void
handle_press(void *data, uint32_t code)
{
	struct device *device = data;

	device->toggles |= device_is_chord(device, code);
}

static int
handle_device(sd_event_source *watch, int fd, uint32_t revents, void *data)
{
	struct device *device = data;
	int r;

	if (device->source != NULL) {
		if (revents & (EPOLLHUP | EPOLLERR)) {
			lose(device);
		}
		return 0;
	}
	device->toggles = false;
	r = device_node_follow(fd, &device->keys, handle_press, device);
	if (r < 0) {
		lose(device);
	} else if (device->toggles) {
		device_set_toggle(device->set);
	} else {
		take(device);
	}
	return 0;
}

static int
try_out(struct device *device)
{
	int r = grab(device);

	if (r < 0 && r != -EAGAIN) {
		return r;
	}
	r = hand_to_module(device);
	if (r >= 0) {
		device_give_back(device);
	} else {
		ungrab(device);
	}
	return r == -EAGAIN ? 0 : r;
}

int
device_probe(struct device *device)
{
	int r = open_device(device);

	if (r >= 0) {
		r = try_out(device);
	}
	if (r < 0) {
		explain(device, LOG_LEVEL_ERROR, r);
	}
	return r;
}
