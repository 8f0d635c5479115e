#include "layout-storage.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "broker/replacement.h"

ssize_t
layout_storage_read(const char *path, char *data, size_t size)
{
	AUTO_FD int fd = broker_open(path);
	struct stat status;
	size_t done = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status) < 0) {
		return fd < 0 ? fd : -errno;
	}
	if (!S_ISREG(status.st_mode)) {
		return S_ISDIR(status.st_mode) ? -EISDIR : -ENOTSUP;
	}
	do {
		n = read(fd, data + done, size - done);
		done += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && done < size) || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : (ssize_t)done;
}

static int
write_whole(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n > 0) {
			text += n;
			left -= (size_t)n;
		}
	}
	/* Else a crash of the machine may leave the new name with nothing in it. */
	return fsync(fd) < 0 ? -errno : 0;
}

int
layout_storage_write(const char *path, const char *text)
{
	struct broker_hold hold;
	AUTO_FD int fd = broker_replace(path, REPLACEMENT_FOLDERS | REPLACEMENT_PRIVATE, &hold);
	int r, placed;

	if (fd < 0) {
		return fd;
	}
	r = write_whole(fd, text);
	placed = broker_finish(&hold, r >= 0);
	return r < 0 ? r : placed;
}
