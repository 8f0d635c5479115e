#include "stamps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int
stamps_open(const char *path, int *ret_fd)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0) {
		return -errno;
	}
	*ret_fd = fd;
	return 0;
}

void
stamps_write(int fd, uint32_t surface, uint32_t buffer)
{
	struct timespec now;
	struct stamp stamp = { .surface = surface, .buffer = buffer };

	clock_gettime(CLOCK_MONOTONIC, &now);
	stamp.time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	if (write(fd, &stamp, sizeof(stamp)) != sizeof(stamp)) {
		abort();
	}
}
