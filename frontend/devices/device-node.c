#include "devices/device-node.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

#define EVENTS_PER_READ 64
#define LOCK_LEDS (1u << LED_NUML | 1u << LED_CAPSL | 1u << LED_SCROLLL)

int
device_node_open(const char *path, dev_t *ret_number)
{
	/* For writing, too, as libinput sets lamps; reading alone will do. */
	AUTO_FD int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	struct stat node;
	int version;

	if (fd < 0 && (errno == EACCES || errno == EROFS)) {
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	}
	if (fd < 0) {
		return errno == EISDIR || errno == ENXIO ? -ENODEV : -errno;
	}
	if (fstat(fd, &node) < 0) {
		return -errno;
	}
	if (!S_ISCHR(node.st_mode) || ioctl(fd, EVIOCGVERSION, &version) < 0) {
		return -ENODEV;
	}
	*ret_number = node.st_rdev;
	return fd_take(&fd);
}

int
device_node_read_keys(int fd, struct device_keys *ret_keys)
{
	struct device_keys keys = { 0 };

	if (ioctl(fd, EVIOCGKEY(sizeof(keys.words)), keys.words) < 0) {
		return -errno;
	}
	*ret_keys = keys;
	return 0;
}

uint32_t
device_node_leds(int fd)
{
	unsigned long leds[LED_CNT / DEVICE_KEYS_WORD_BITS + 1] = { 0 };

	return ioctl(fd, EVIOCGLED(sizeof(leds)), leds) < 0 ? 0 : (uint32_t)leds[0];
}

void
device_node_set_leds(int fd, uint32_t leds)
{
	struct input_event events[] = {
		{ .type = EV_LED, .code = LED_NUML, .value = leds >> LED_NUML & 1 },
		{ .type = EV_LED, .code = LED_CAPSL, .value = leds >> LED_CAPSL & 1 },
		{ .type = EV_LED, .code = LED_SCROLLL, .value = leds >> LED_SCROLLL & 1 },
		{ .type = EV_SYN, .code = SYN_REPORT },
	};

	if (((device_node_leds(fd) ^ leds) & LOCK_LEDS) != 0 &&
		write(fd, events, sizeof(events)) < 0) {
		return; /* no lamp is worth a word: the fd may be for reading alone */
	}
}

int
device_node_follow(int fd, struct device_keys *keys, device_node_press_fn press, void *data)
{
	struct input_event events[EVENTS_PER_READ];
	bool dropped = false;
	ssize_t size;

	while ((size = read(fd, events, sizeof(events))) > 0) {
		for (size_t i = 0; i < (size_t)size / sizeof(events[0]); i++) {
			const struct input_event *event = &events[i];

			dropped |= event->type == EV_SYN && event->code == SYN_DROPPED;
			/* 2 is a repetition. */
			if (event->type != EV_KEY || event->value > 1) {
				continue;
			}
			if (event->value == 1 && press != NULL) {
				press(data, event->code);
			}
			device_keys_note(keys, event->code, event->value == 1);
		}
	}
	if (size < 0 && errno != EAGAIN && errno != EINTR) {
		return -errno;
	}
	return dropped ? device_node_read_keys(fd, keys) : 0;
}

int
device_node_grab(int fd, struct device_keys *keys, uint32_t leds)
{
	int r;

	if (!device_keys_is_empty(keys)) {
		return -EAGAIN;
	}
	if (ioctl(fd, EVIOCGRAB, (void *)1) < 0) {
		return -errno;
	}
	/* What the host has seen already; then whether a key went down before the grab. */
	r = device_node_follow(fd, keys, NULL, NULL);
	if (r >= 0) {
		r = device_node_read_keys(fd, keys);
	}
	if (r >= 0 && !device_keys_is_empty(keys)) {
		r = -EAGAIN;
	}
	if (r < 0) {
		device_node_ungrab(fd, leds);
	}
	return r;
}

void
device_node_ungrab(int fd, uint32_t leds)
{
	/* Of a device that is gone there is nothing to give up. */
	ioctl(fd, EVIOCGRAB, NULL);
	device_node_set_leds(fd, leds);
}
