#pragma once

#include <linux/landlock.h>
#include <stdint.h>

/*
 * Landlock by its system calls: there is no library of it to have everywhere. Says what a thread,
 * and those that it starts, may do with files from then on: what is allowed here and no more. From
 * Linux 6.7 on TCP, and from 6.12 on abstract sockets and signals to others, are given up with it.
 */
struct landlock {
	int fd;
	int version;
	uint64_t handled; /* rights to files that this kernel knows */
};

/* Rights; what this kernel does not know is left out. */
#define LANDLOCK_EXECUTING ((uint64_t)LANDLOCK_ACCESS_FS_EXECUTE)
#define LANDLOCK_LISTING ((uint64_t)LANDLOCK_ACCESS_FS_READ_DIR)
#define LANDLOCK_READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_LISTING)
/* A device is opened to be written to, and asked by ioctl, which older headers do not know. */
#define LANDLOCK_IOCTL_DEV (UINT64_C(1) << 15)
#define LANDLOCK_DEVICE \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_IOCTL_DEV)

/* 0; -ENOSYS: this kernel has none, or another error of its. */
int landlock_open(struct landlock *ret_landlock);
/* Of a file or all below a folder. What is not there needs no permission. */
void landlock_allow(const struct landlock *landlock, const char *path, uint64_t rights);
/* The same for each that glob(3) finds. */
void landlock_allow_all(const struct landlock *landlock, const char *pattern, uint64_t rights);
/* For good. Needs PR_SET_NO_NEW_PRIVS. Closes it, whatever the result. */
int landlock_enter(struct landlock *landlock);
