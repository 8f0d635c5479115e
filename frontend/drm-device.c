#include "drm-device.h"

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/text.h"

#define MAX_DEVICES 16

struct device {
	dev_t nodes[DRM_NODE_MAX]; /* 0: there is none */
	char render_node[DRM_DEVICE_NODE_SIZE];
	char driver[DRM_DEVICE_DRIVER_SIZE];
};

static struct {
	bool known;
	uint32_t n_devices;
	struct device devices[MAX_DEVICES];
} table;

static void
read_driver(dev_t device, char ret_driver[static DRM_DEVICE_DRIVER_SIZE])
{
	char link[64], target[PATH_MAX];
	const char *slash;
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/dev/char/%u:%u/device/driver", major(device),
		minor(device));
	n = readlink(link, target, sizeof(target) - 1);
	if (n > 0) {
		target[n] = '\0';
		slash = strrchr(target, '/');
		text_copy(ret_driver, DRM_DEVICE_DRIVER_SIZE, slash != NULL ? slash + 1 : target);
	}
}

static void
add(const drmDevice *drm)
{
	struct device *device = &table.devices[table.n_devices++];

	for (int i = 0; i < DRM_NODE_MAX; i++) {
		struct stat status;

		if ((drm->available_nodes & 1 << i) == 0 || stat(drm->nodes[i], &status) < 0) {
			continue;
		}
		device->nodes[i] = status.st_rdev;
		if (device->driver[0] == '\0') {
			read_driver(status.st_rdev, device->driver);
		}
		if (i == DRM_NODE_RENDER) {
			text_copy(device->render_node, DRM_DEVICE_NODE_SIZE, drm->nodes[i]);
		}
	}
}

void
drm_device_prepare(void)
{
	drmDevicePtr found[MAX_DEVICES];
	int n;

	if (table.known) {
		return;
	}
	table.known = true;
	n = drmGetDevices2(0, found, MAX_DEVICES);
	for (int i = 0; i < n; i++) {
		add(found[i]);
	}
	if (n > 0) {
		drmFreeDevices(found, n);
	}
}

static const struct device *
find(dev_t node)
{
	drm_device_prepare();
	for (uint32_t i = 0; i < table.n_devices; i++) {
		for (int k = 0; k < DRM_NODE_MAX; k++) {
			if (node != 0 && table.devices[i].nodes[k] == node) {
				return &table.devices[i];
			}
		}
	}
	return NULL;
}

bool
drm_device_is_same(dev_t a, dev_t b)
{
	const struct device *device = find(a);

	return a == b || (device != NULL && device == find(b));
}

void
drm_device_describe(dev_t device, char ret_render_node[static DRM_DEVICE_NODE_SIZE],
	char ret_driver[static DRM_DEVICE_DRIVER_SIZE])
{
	const struct device *known = find(device);

	text_copy(ret_render_node, DRM_DEVICE_NODE_SIZE, known != NULL ? known->render_node : "");
	text_copy(ret_driver, DRM_DEVICE_DRIVER_SIZE, known != NULL ? known->driver : "");
}
