#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"

#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142
#endif

static bool memory_passes_as_dmabuf;
static _Thread_local const atomic_bool *give_up;

void
fd_close(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	errno = saved_errno;
}

int
fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

int
fd_dup(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy >= 0 ? copy : -errno;
}

int
fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		return -errno;
	}
	return 0;
}

void
fd_raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= FD_LIMIT) {
		return;
	}
	limit.rlim_cur = limit.rlim_max < FD_LIMIT ? limit.rlim_max : FD_LIMIT;
	/* It was allowed just now; and if not, what fails for want of fds says so. */
	setrlimit(RLIMIT_NOFILE, &limit);
}

int
fd_read_start(int fd, void *data, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = pread(fd, (uint8_t *)data + at, size - at, (off_t)at);

		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EBADMSG;
		}
		at += (size_t)n;
	}
	return 0;
}

void
fd_give_up_on(const atomic_bool *flag)
{
	give_up = flag;
}

bool
fd_gives_up(void)
{
	return give_up != NULL && atomic_load(give_up);
}

int
fd_write_all(int fd, const void *data, size_t size)
{
	const uint8_t *at = data;

	while (size > 0) {
		ssize_t n = write(fd, at, size);
		if (n < 0 && (errno == EINTR || errno == EAGAIN) && fd_gives_up()) {
			return -ECANCELED;
		}
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			/* Shared, as standard output is, with somebody who made it non-blocking. */
			struct pollfd room = { .fd = fd, .events = POLLOUT };
			if (poll(&room, 1, -1) >= 0 || errno == EINTR) {
				continue;
			}
		}
		if (n < 0) {
			return -errno;
		}
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int
fd_identify(int fd, struct fd_info *ret_info)
{
	struct stat status;

	if (fstat(fd, &status) < 0) {
		return -errno;
	}
	*ret_info = (struct fd_info){
		.device = status.st_dev,
		.inode = status.st_ino,
		.size = (size_t)status.st_size,
	};
	return 0;
}

int
fd_inspect(int fd, struct fd_info *ret_info)
{
	struct fd_info info = { .kind = FD_KIND_OTHER };
	struct statfs file_system;
	struct stat status;

	if (fstat(fd, &status) < 0 || fstatfs(fd, &file_system) < 0) {
		return -errno;
	}
	info.device = status.st_dev;
	info.inode = status.st_ino;

	if (file_system.f_type == DMA_BUF_MAGIC) {
		off_t size = lseek(fd, 0, SEEK_END);
		if (size < 0) {
			return -errno;
		}
		info.kind = FD_KIND_DMABUF;
		info.size = (size_t)size;
		info.sealed = true;
	} else if (S_ISREG(status.st_mode)) {
		int seals = fcntl(fd, F_GET_SEALS);
		if (seals >= 0) {
			info.kind = FD_KIND_MEMORY;
			info.size = (size_t)status.st_size;
			info.sealed = seals & F_SEAL_SHRINK;
			info.writable = (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR &&
					!(seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
		}
	}
	*ret_info = info;
	return 0;
}

void
fd_let_memory_pass_as_dmabuf(void)
{
	log_warning(
		"TEST SWITCH: plain memory is accepted as a dma-buf; never use this with a real VM");
	memory_passes_as_dmabuf = true;
}

bool
fd_memory_passes_as_dmabuf(void)
{
	return memory_passes_as_dmabuf;
}
