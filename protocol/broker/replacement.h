#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A file that takes the place of another one when it is complete, so that at any time the path
 * names the old content or the whole new one. It is made in the same folder under a name of its
 * own, and removed if it does not get that far. A path that is no regular file (a pipe,
 * /dev/stdout) is written to as it is. A symbolic link is followed, but in a folder that is given.
 */

enum replacement_flags {
	REPLACEMENT_FOLDERS = 1, /* folders that are missing are made, for the owner only */
	REPLACEMENT_PRIVATE = 2, /* the file is for the owner only */
	REPLACEMENT_NEW = 4,     /* what is there stays, also what comes meanwhile: -EEXIST; but
				  * pipes and the like are written to */
};

struct replacement;

/*
 * 0, or the kernel's error: -ENOSPC, -EACCES (also for an existing file that is read-only),
 * -ENOENT, -EISDIR, -ENXIO (nobody reads the pipe). The fd is the caller's. folder: what path, then
 * a name, is in, which may be closed; or AT_FDCWD. -ELOOP: there it is a link.
 */
int replacement_begin(int folder, const char *path, uint32_t flags, int *ret_fd,
	struct replacement **ret_replacement);
/* Frees it; complete: it takes the place first. 0 or negative errno. */
int replacement_finish(struct replacement *replacement, bool complete);
