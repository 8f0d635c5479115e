/*
 * Preloaded into compositors in the rig's machine, never into the viewer: lets Mesa's software
 * renderer read dma-bufs of others on a KMS device.
 *
 * That renderer imports a dma-buf into the display's device and maps the GEM object it gets. The
 * kernel does not let it: virtio-gpu imports no foreign dma-buf, vgem does but maps no imported
 * object, and Mesa then goes on with a NULL pointer. So an import that the kernel refuses gets a
 * handle of our own, and an object that the kernel does not map is mapped through its dma-buf. What
 * a GPU would do with the import stays real: protocol, formats, compositing, page flips.
 */
#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define MAX_IMPORTS 1024
#define OWN_HANDLES 0x70000000u /* far above what the kernel counts up to */
/* Where in the device to map, as MAP_DUMB says it: ours are this, and the import's number below. */
#define OWN_OFFSETS INT64_C(0x7e000000)
#define OFFSET_SHIFT 32

struct import {
	bool used;
	bool own_handle;
	uint32_t handle;
	int fd; /* the dma-buf */
	/* Handles are an open file's own: wlroots closes those that it tried to scan out, on another
	 * file than its renderer's. */
	int device;
	ino_t inode; /* of the dma-buf */
};

static struct import imports[MAX_IMPORTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int
kernel_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

static bool
is_same_file(int a, int b)
{
	pid_t self = getpid();

	return syscall(SYS_kcmp, self, self, KCMP_FILE, a, b) == 0;
}

static bool
is_dmabuf(int fd)
{
	char link[64], target[64] = "";

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	return readlink(link, target, sizeof(target) - 1) > 0 &&
	       strncmp(target, "/dmabuf:", strlen("/dmabuf:")) == 0;
}

static struct import *
find_handle(int device, uint32_t handle)
{
	for (int i = 0; i < MAX_IMPORTS; i++) {
		if (imports[i].used && imports[i].handle == handle &&
			is_same_file(imports[i].device, device)) {
			return &imports[i];
		}
	}
	return NULL;
}

/* The one for this dma-buf, as the kernel too has one handle for it, or else a free one. */
static struct import *
find_import(int device, ino_t inode)
{
	struct import *unused = NULL;

	for (int i = 0; i < MAX_IMPORTS; i++) {
		if (!imports[i].used) {
			unused = unused != NULL ? unused : &imports[i];
		} else if (imports[i].inode == inode && is_same_file(imports[i].device, device)) {
			return &imports[i];
		}
	}
	return unused;
}

static int
import_dmabuf(int device, struct drm_prime_handle *prime)
{
	int r = kernel_ioctl(device, DRM_IOCTL_PRIME_FD_TO_HANDLE, prime);
	int error = errno;
	struct drm_mode_map_dumb map = { .handle = prime->handle };
	struct import *import;
	struct stat status;

	if ((r == 0 && kernel_ioctl(device, DRM_IOCTL_MODE_MAP_DUMB, &map) == 0) ||
		!is_dmabuf(prime->fd) || fstat(prime->fd, &status) < 0) {
		errno = error;
		return r;
	}
	import = find_import(device, status.st_ino);
	if (import == NULL) {
		errno = ENOSPC;
		return -1;
	}
	if (!import->used) {
		uint32_t own = OWN_HANDLES + (uint32_t)(import - imports);
		*import = (struct import){
			.used = true,
			.own_handle = r < 0,
			.handle = r < 0 ? own : prime->handle,
			.fd = fcntl(prime->fd, F_DUPFD_CLOEXEC, 3),
			.device = fcntl(device, F_DUPFD_CLOEXEC, 3),
			.inode = status.st_ino,
		};
	}
	prime->handle = import->handle;
	return 0;
}

static int
close_handle(int device, unsigned long request, void *argument)
{
	uint32_t handle;
	struct import *import;
	bool own;

	memcpy(&handle, argument, sizeof(handle)); /* comes first in both requests */
	import = find_handle(device, handle);
	own = import != NULL && import->own_handle;
	if (import != NULL) {
		close(import->fd);
		close(import->device);
		import->used = false;
	}
	return own ? 0 : kernel_ioctl(device, request, argument);
}

static int
drm_ioctl(int device, unsigned long request, void *argument)
{
	if (request == DRM_IOCTL_PRIME_FD_TO_HANDLE) {
		return import_dmabuf(device, argument);
	}
	if (request == DRM_IOCTL_GEM_CLOSE || request == DRM_IOCTL_MODE_DESTROY_DUMB) {
		return close_handle(device, request, argument);
	}
	if (request == DRM_IOCTL_MODE_MAP_DUMB) {
		struct drm_mode_map_dumb *map = argument;
		struct import *import = find_handle(device, map->handle);

		if (import != NULL) {
			map->offset = (uint64_t)(OWN_OFFSETS + (import - imports)) << OFFSET_SHIFT;
			return 0;
		}
	}
	return kernel_ioctl(device, request, argument);
}

int
ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;
	int r;

	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	switch (request) {
	case DRM_IOCTL_PRIME_FD_TO_HANDLE:
	case DRM_IOCTL_GEM_CLOSE:
	case DRM_IOCTL_MODE_DESTROY_DUMB:
	case DRM_IOCTL_MODE_MAP_DUMB:
		pthread_mutex_lock(&lock);
		r = drm_ioctl(fd, request, argument);
		pthread_mutex_unlock(&lock);
		return r;
	default:
		return kernel_ioctl(fd, request, argument);
	}
}

void *
mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
	int64_t number = (offset >> OFFSET_SHIFT) - OWN_OFFSETS;

	if (fd >= 0 && number >= 0 && number < MAX_IMPORTS) {
		fd = imports[number].fd;
		offset = 0;
	}
	return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

void *
mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
	return mmap64(address, size, protection, flags, fd, offset);
}
