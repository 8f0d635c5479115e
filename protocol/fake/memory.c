#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "buffer-fence.h"
#include "format.h"

static size_t
round_to_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

/* Makes a dma-buf out of the memory fd's pages. */
static int
open_udmabuf(int memory_fd, size_t size, int *ret_fd)
{
	AUTO_FD int device = broker_open("/dev/udmabuf");
	struct udmabuf_create request = {
		.memfd = (uint32_t)memory_fd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.size = size,
	};
	int fd;

	if (device < 0) {
		return device;
	}
	fd = ioctl(device, UDMABUF_CREATE, &request);
	if (fd < 0) {
		return -errno;
	}
	*ret_fd = fd;
	return 0;
}

/* *ret_fd is what the frontend gets to see. */
static int
open_memory(struct fake_memory *memory, const struct script_memory *description, int *ret_fd)
{
	bool is_dmabuf = description->layout.kind == BUFFER_DMABUF;
	int r;

	memory->size = is_dmabuf ? round_to_pages(description->size) : description->size;
	memory->memory_fd = memfd_create("vitrine-fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (memory->memory_fd < 0 || ftruncate(memory->memory_fd, (off_t)memory->size) < 0) {
		return -errno;
	}
	if (!description->unsealed && fcntl(memory->memory_fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
		return -errno;
	}
	/* The kernel makes dma-bufs of sealed memory only. */
	if (is_dmabuf && !description->unsealed) {
		r = open_udmabuf(memory->memory_fd, memory->size, ret_fd);
		if (r >= 0) {
			return 0;
		}
	}
	if (is_dmabuf && !fd_memory_passes_as_dmabuf()) {
		return -ENOTSUP;
	}
	r = fd_dup(memory->memory_fd);
	if (r < 0) {
		return r;
	}
	*ret_fd = r;
	return 0;
}

static int
open_timelines(struct fake_memory *memory, uint32_t n_timelines)
{
	int r;

	if (n_timelines == 0) {
		return 0;
	}
	r = fake_timeline_open(&memory->acquire);
	if (r >= 0 && n_timelines == 2) {
		r = fake_timeline_open(&memory->release);
	}
	if (r < 0) {
		return r;
	}
	memory->timelines.acquire_fd = memory->acquire.fd;
	memory->timelines.release_fd = n_timelines == 1 ? memory->acquire.fd : memory->release.fd;
	memory->layout.timelines = &memory->timelines;
	return 0;
}

int
fake_memory_create(const struct script_memory *description, struct fake_memory **ret_memory)
{
	struct fake_memory *memory = calloc(1, sizeof(*memory));
	const struct format *format = format_from_fourcc(description->layout.fourcc);
	struct fd_info infos[BUFFER_MAX_PLANES];
	int fd = -1;
	int r;

	if (memory == NULL) {
		return -ENOMEM;
	}
	memory->memory_fd = -1;
	memory->fence_fd = -1;
	memory->acquire = memory->release = FAKE_TIMELINE_NONE;
	memory->layout = description->layout;
	for (uint32_t i = 0; i < BUFFER_MAX_PLANES; i++) {
		memory->layout.planes[i].fd = -1;
	}
	r = open_memory(memory, description, &fd);
	if (r >= 0) {
		r = open_timelines(memory, description->n_timelines);
	}
	if (r >= 0) {
		for (uint32_t i = 0; i < memory->layout.n_planes; i++) {
			memory->layout.planes[i].fd = fd;
		}
		r = buffer_layout_check(&memory->layout, infos);
	}
	if (r >= 0 && format != NULL) {
		memory->row = calloc(memory->layout.width, format->bytes_per_pixel);
		r = memory->row != NULL ? 0 : -ENOMEM;
	}
	if (r < 0) {
		fake_memory_destroy(memory);
		return r;
	}
	*ret_memory = memory;
	return 0;
}

void
fake_memory_destroy(struct fake_memory *memory)
{
	if (memory == NULL) {
		return;
	}
	buffer_unref(memory->buffer);
	fd_close(&memory->layout.planes[0].fd);
	fd_close(&memory->memory_fd);
	fd_close(&memory->fence_fd);
	fake_timeline_close(&memory->acquire);
	fake_timeline_close(&memory->release);
	free(memory->row);
	free(memory);
}

/* The buffer gets to see the fence. */
static int
pass_fence(struct fake_memory *memory)
{
	int fd = fd_dup(memory->fence_fd);

	if (fd < 0) {
		return fd;
	}
	buffer_set_test_fence(memory->buffer, fd);
	return 0;
}

int
fake_memory_get_buffer(struct fake_memory *memory, struct buffer **ret_buffer)
{
	if (memory->buffer == NULL) {
		int r = buffer_create(&memory->layout, &memory->buffer);
		if (r >= 0 && memory->fence_fd >= 0) {
			r = pass_fence(memory);
		}
		if (r < 0) {
			return r;
		}
	}
	*ret_buffer = memory->buffer;
	return 0;
}

int
fake_memory_set_fence(struct fake_memory *memory, bool signalled)
{
	if (memory->layout.kind != BUFFER_DMABUF || !fd_memory_passes_as_dmabuf()) {
		return -ENOTSUP;
	}
	if (signalled) {
		return memory->fence_fd < 0 || eventfd_write(memory->fence_fd, 1) < 0 ? -EINVAL : 0;
	}
	/* A fence of its own each time: who waits for the one before goes on waiting for that. */
	fd_close(&memory->fence_fd);
	memory->fence_fd = eventfd(0, EFD_CLOEXEC);
	if (memory->fence_fd < 0) {
		return -errno;
	}
	return memory->buffer != NULL ? pass_fence(memory) : 0;
}

int
fake_memory_is_released(const struct fake_memory *memory, uint64_t point)
{
	return fake_timeline_has_reached(
		memory->release.fd < 0 ? &memory->acquire : &memory->release, point);
}

int
fake_memory_truncate(struct fake_memory *memory, size_t size)
{
	if (ftruncate(memory->memory_fd, (off_t)size) < 0) {
		return -errno;
	}
	memory->size = size;
	return 0;
}
