#include "fake-timeline.h"

#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "broker/broker.h"

/* The numbers that the kernel gives to render nodes. */
#define FIRST_NODE 128
#define LAST_NODE 191

static bool
has_timelines(int device_fd)
{
	struct drm_get_cap cap = { .capability = DRM_CAP_SYNCOBJ_TIMELINE };

	return ioctl(device_fd, DRM_IOCTL_GET_CAP, &cap) == 0 && cap.value != 0;
}

/* An fd, or -ENOTSUP. */
static int
open_device(void)
{
	for (int i = FIRST_NODE; i <= LAST_NODE; i++) {
		AUTO_FD int device_fd = -1;
		char path[32];

		snprintf(path, sizeof(path), "/dev/dri/renderD%d", i);
		device_fd = broker_open(path);
		if (device_fd >= 0 && has_timelines(device_fd)) {
			return fd_take(&device_fd);
		}
	}
	return -ENOTSUP;
}

int
fake_timeline_open(struct fake_timeline *ret_timeline)
{
	AUTO_FD int device_fd = -1;
	struct drm_syncobj_create create = { 0 };
	struct drm_syncobj_handle export = { .fd = -1 };

	if (fd_memory_passes_as_dmabuf()) {
		int fd = memfd_create("vitrine-fake-timeline", MFD_CLOEXEC);
		*ret_timeline = (struct fake_timeline){ .fd = fd, .device_fd = -1 };
		return fd < 0 ? -errno : 0;
	}
	device_fd = open_device();
	if (device_fd < 0) {
		return device_fd;
	}
	if (ioctl(device_fd, DRM_IOCTL_SYNCOBJ_CREATE, &create) < 0) {
		return -errno;
	}
	/* With the device goes the handle. */
	export.handle = create.handle;
	if (ioctl(device_fd, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &export) < 0) {
		return -errno;
	}
	*ret_timeline = (struct fake_timeline){
		.fd = export.fd,
		.device_fd = fd_take(&device_fd),
		.handle = create.handle,
	};
	return 0;
}

void
fake_timeline_close(struct fake_timeline *timeline)
{
	fd_close(&timeline->fd);
	fd_close(&timeline->device_fd);
}

int
fake_timeline_has_reached(const struct fake_timeline *timeline, uint64_t point)
{
	uint64_t last = 0;
	struct drm_syncobj_timeline_array query = {
		.handles = (uintptr_t)&timeline->handle,
		.points = (uintptr_t)&last,
		.count_handles = 1,
	};

	if (timeline->device_fd < 0) {
		return -ENOTSUP;
	}
	if (ioctl(timeline->device_fd, DRM_IOCTL_SYNCOBJ_QUERY, &query) < 0) {
		return -errno;
	}
	return last >= point;
}
