#include "buffer-fence.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "base/dmabuf.h"

/* What tells of fences, each memory once. */
static uint32_t
list_fences(const struct buffer *buffer, struct pollfd ret_fences[BUFFER_MAX_PLANES])
{
	uint32_t n = 0;

	if (buffer->whole != NULL) {
		return list_fences(buffer->whole, ret_fences);
	}
	if (buffer->layout.kind != BUFFER_DMABUF) {
		return 0;
	}
	if (buffer->test_fence >= 0) {
		ret_fences[0] = (struct pollfd){ .fd = buffer->test_fence, .events = POLLIN };
		return 1;
	}
	for (uint32_t i = 0; i < buffer->layout.n_planes; i++) {
		bool known = false;

		for (uint32_t k = 0; k < i; k++) {
			known = known ||
				(buffer->infos[k].inode == buffer->infos[i].inode &&
					buffer->infos[k].device == buffer->infos[i].device);
		}
		if (!known) {
			ret_fences[n++] = (struct pollfd){
				.fd = buffer->layout.planes[i].fd,
				.events = POLLIN,
			};
		}
	}
	return n;
}

bool
buffer_is_busy(const struct buffer *buffer)
{
	struct pollfd fences[BUFFER_MAX_PLANES];
	uint32_t n = list_fences(buffer, fences);

	return n > 0 && poll(fences, n, 0) < (int)n;
}

int
buffer_wait_idle(const struct buffer *buffer, uint32_t timeout_ms)
{
	struct pollfd fences[BUFFER_MAX_PLANES];
	uint32_t n = list_fences(buffer, fences);
	uint64_t deadline_ns = clock_now_ns() + timeout_ms * NS_PER_MS;

	for (uint32_t i = 0; i < n; i++) {
		int r;

		do {
			uint64_t now_ns = clock_now_ns();
			r = poll(&fences[i], 1,
				now_ns < deadline_ns ? (int)((deadline_ns - now_ns) / NS_PER_MS) + 1
						     : 0);
		} while (r < 0 && errno == EINTR);
		if (r <= 0) {
			return r < 0 ? -errno : -ETIMEDOUT;
		}
	}
	return 0;
}

int
buffer_export_fences(const struct buffer *buffer, int ret_fds[BUFFER_MAX_PLANES])
{
	struct pollfd fences[BUFFER_MAX_PLANES];
	uint32_t n = list_fences(buffer, fences);

	for (uint32_t i = 0; i < n; i++) {
		int fd = dmabuf_export_fence(fences[i].fd);
		if (fd == -ENOTTY) {
			fd = fd_dup(fences[i].fd);
		}
		if (fd < 0) {
			while (i > 0) {
				fd_close(&ret_fds[--i]);
			}
			return fd;
		}
		ret_fds[i] = fd;
	}
	return (int)n;
}

void
buffer_set_test_fence(struct buffer *buffer, int fd)
{
	assert(fd_memory_passes_as_dmabuf());
	fd_close(&buffer->test_fence);
	buffer->test_fence = fd;
}
