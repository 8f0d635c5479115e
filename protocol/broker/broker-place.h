#pragma once

#include <limits.h>

#include "broker/broker-rules.h"

/* One after the other, of which the last leads to the file itself. */
#define BROKER_PLACE_MAX_LINKS 8

/*
 * Where a file is, or is to be. What may be anywhere is looked up once and stays there, whatever
 * becomes of the folders and links that its path leads through: it is used with openat() and the
 * like.
 */
struct broker_place {
	int folder;          /* AT_FDCWD: the path is the one that the user has named */
	char path[PATH_MAX]; /* relative to the folder: then a name, and no link is followed */
	char real[PATH_MAX]; /* of such a name, with its folder: as the system knows it */
};

/*
 * 0; -EPERM: the rules do not allow it, by its path or where it really is; or the kernel's error. A
 * link is what it leads to, if that is to be read, may be written over, or is a pipe or the like,
 * whatever its name; else it is something that is there.
 */
int broker_place_find(const struct broker_rules *rules, const char *path, enum broker_right right,
	struct broker_place *ret_place);
void broker_place_finish(struct broker_place *place);

/* O_NOFOLLOW, or nothing, for open(); AT_SYMLINK_NOFOLLOW for fstatat(). */
int broker_place_open_flags(const struct broker_place *place);
int broker_place_stat_flags(const struct broker_place *place);
