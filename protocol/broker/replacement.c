#include "broker/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

struct replacement {
	int folder;      /* of both, or AT_FDCWD */
	char *temporary; /* NULL: written in place */
	char *path;
	bool is_new; /* it must not take anything's place */
};

static bool
follows_links(const struct replacement *replacement)
{
	return replacement->folder == AT_FDCWD;
}

/* Where path itself is no regular file. */
static int
open_special(const struct replacement *replacement)
{
	/* Opening a pipe that nobody reads would block for ever. */
	AUTO_FD int fd = openat(replacement->folder, replacement->path,
		O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
			(follows_links(replacement) ? 0 : O_NOFOLLOW));
	int flags;

	if (fd < 0) {
		return -errno;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		return -errno;
	}
	return fd_take(&fd);
}

/*
 * A new file next to path, with the permissions that any new file would get. Its name is short, so
 * that it exists wherever path can.
 */
static int
make_temporary(struct replacement *replacement, mode_t mode)
{
	char *copy = strdup(replacement->path);
	uint64_t random;
	int r;

	if (copy == NULL || getrandom(&random, sizeof(random), 0) != sizeof(random) ||
		asprintf(&replacement->temporary, "%s/.vitrine-%016" PRIx64, dirname(copy),
			random) < 0) {
		replacement->temporary = NULL;
		r = -ENOMEM;
	} else {
		r = openat(replacement->folder, replacement->temporary,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		r = r < 0 ? -errno : r;
	}
	free(copy);
	return r;
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

/* Of the file that is there already. The fd, or negative errno. */
static int
open_over(struct replacement *replacement, const struct stat *status)
{
	AUTO_FD int fd = -1;
	char *target;

	if (replacement->is_new && !S_ISFIFO(status->st_mode) && !S_ISCHR(status->st_mode)) {
		return -EEXIST;
	}
	if (S_ISDIR(status->st_mode)) {
		return -EISDIR;
	}
	/* It came between. */
	if (S_ISLNK(status->st_mode)) {
		return -ELOOP;
	}
	if (!S_ISREG(status->st_mode)) {
		return open_special(replacement);
	}
	/* rename() would ask the directory only. */
	if (faccessat(replacement->folder, replacement->path, W_OK, 0) < 0) {
		return -errno;
	}
	if (follows_links(replacement)) {
		target = realpath(replacement->path, NULL);
		if (target == NULL) {
			return -errno;
		}
		free(replacement->path);
		replacement->path = target;
	}
	fd = make_temporary(replacement, 0600);
	/* A picture that only its owner may see stays so. */
	if (fd >= 0 && fchmod(fd, status->st_mode & 0777) < 0) {
		return -errno;
	}
	return fd_take(&fd);
}

int
replacement_begin(int folder, const char *path, uint32_t flags, int *ret_fd,
	struct replacement **ret_replacement)
{
	struct replacement *replacement = calloc(1, sizeof(*replacement));
	struct stat status;
	int fd = -ENOMEM;

	if (replacement == NULL) {
		return -ENOMEM;
	}
	replacement->is_new = (flags & REPLACEMENT_NEW) != 0;
	replacement->path = strdup(path);
	replacement->folder = folder == AT_FDCWD ? AT_FDCWD : fd_dup(folder);
	if (replacement->path != NULL && (folder == AT_FDCWD || replacement->folder >= 0)) {
		fd = (flags & REPLACEMENT_FOLDERS) != 0 ? make_folders(replacement->path) : 0;
	}
	if (fd >= 0) {
		if (fstatat(replacement->folder, path, &status,
			    follows_links(replacement) ? 0 : AT_SYMLINK_NOFOLLOW) == 0) {
			fd = open_over(replacement, &status);
		} else if (errno == ENOENT) {
			fd = make_temporary(
				replacement, (flags & REPLACEMENT_PRIVATE) != 0 ? 0600 : 0666);
		} else {
			fd = -errno;
		}
	}
	if (fd < 0) {
		replacement_finish(replacement, false);
		return fd;
	}
	*ret_fd = fd;
	*ret_replacement = replacement;
	return 0;
}

static int
take_place(const struct replacement *replacement)
{
	const char *from = replacement->temporary, *to = replacement->path;
	int folder = replacement->folder;
	int r = renameat2(folder, from, folder, to, replacement->is_new ? RENAME_NOREPLACE : 0);

	if (r < 0 && errno == EINVAL && replacement->is_new) {
		/* Not every file system can, but then it has links. */
		r = linkat(folder, from, folder, to, 0);
		if (r == 0) {
			unlinkat(folder, from, 0);
		}
	}
	return r < 0 ? -errno : 0;
}

int
replacement_finish(struct replacement *replacement, bool complete)
{
	int r = 0;

	if (replacement->temporary != NULL) {
		if (complete) {
			r = take_place(replacement);
		}
		if (!complete || r < 0) {
			unlinkat(replacement->folder, replacement->temporary, 0);
		}
	}
	if (replacement->folder >= 0) {
		fd_close(&replacement->folder);
	}
	free(replacement->temporary);
	free(replacement->path);
	free(replacement);
	return r;
}
