#include "layout-storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

ssize_t
layout_storage_read(const char *path, char *data, size_t size)
{
	/* O_NONBLOCK: a named pipe must not hold us here. */
	AUTO_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;
	size_t done = 0;
	ssize_t n;

	if (fd < 0 || fstat(fd, &status) < 0) {
		return -errno;
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

/* All folders above the file that are not there yet. path is changed and put back. */
static int
make_folders(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
		*slash = '/';
		if (r < 0) {
			return r;
		}
	}
	return 0;
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

/* temporary: a template for mkostemp(), in the file's folder. */
static int
replace(const char *path, char *temporary, const char *text)
{
	/* With O_EXCL, and for the owner only. */
	AUTO_FD int fd = mkostemp(temporary, O_CLOEXEC);
	int r;

	if (fd < 0) {
		return -errno;
	}
	r = write_whole(fd, text);
	if (r >= 0 && rename(temporary, path) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlink(temporary);
	}
	return r;
}

int
layout_storage_write(const char *path, const char *text)
{
	const char *name = strrchr(path, '/') + 1;
	char *copy = strdup(path), *temporary = NULL;
	int r = -ENOMEM;

	if (copy != NULL &&
		asprintf(&temporary, "%.*s.%s.XXXXXX", (int)(name - path), path, name) < 0) {
		temporary = NULL;
	}
	if (temporary != NULL) {
		r = make_folders(copy);
	}
	if (r >= 0) {
		r = replace(path, temporary, text);
	}
	free(temporary);
	free(copy);
	return r;
}
