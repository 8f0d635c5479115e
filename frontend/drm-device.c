#include "drm-device.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <xf86drm.h>

#include "base/text.h"

bool
drm_device_is_same(dev_t a, dev_t b)
{
	drmDevicePtr first = NULL, second = NULL;
	bool same;

	if (a == b) {
		return true;
	}
	same = drmGetDeviceFromDevId(a, 0, &first) == 0 &&
	       drmGetDeviceFromDevId(b, 0, &second) == 0 && drmDevicesEqual(first, second) != 0;
	drmFreeDevice(&first);
	drmFreeDevice(&second);
	return same;
}

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

void
drm_device_describe(dev_t device, char ret_render_node[static DRM_DEVICE_NODE_SIZE],
	char ret_driver[static DRM_DEVICE_DRIVER_SIZE])
{
	drmDevicePtr drm = NULL;

	ret_render_node[0] = ret_driver[0] = '\0';
	if (device == 0) {
		return;
	}
	if (drmGetDeviceFromDevId(device, 0, &drm) == 0) {
		if (drm->available_nodes & 1 << DRM_NODE_RENDER) {
			text_copy(
				ret_render_node, DRM_DEVICE_NODE_SIZE, drm->nodes[DRM_NODE_RENDER]);
		}
		drmFreeDevice(&drm);
	}
	read_driver(device, ret_driver);
}
