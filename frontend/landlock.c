#include "landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Headers may be older than the kernel (linux/landlock.h; each version adds to the one before). */
#define ACCESS_FS_V1 ((UINT64_C(1) << 13) - 1)
#define ACCESS_FS_REFER (UINT64_C(1) << 13)    /* version 2 */
#define ACCESS_FS_TRUNCATE (UINT64_C(1) << 14) /* 3; LANDLOCK_IOCTL_DEV: 5 */
#define ACCESS_NET_TCP UINT64_C(3)             /* 4 */
#define SCOPE_ALL UINT64_C(3)                  /* 6: abstract sockets, signals */

struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};

static size_t
describe(int version, struct ruleset *ruleset)
{
	*ruleset = (struct ruleset){
		.handled_fs = ACCESS_FS_V1 | (version >= 2 ? ACCESS_FS_REFER : 0) |
			      (version >= 3 ? ACCESS_FS_TRUNCATE : 0) |
			      (version >= 5 ? LANDLOCK_IOCTL_DEV : 0),
		.handled_net = version >= 4 ? ACCESS_NET_TCP : 0,
		.scoped = version >= 6 ? SCOPE_ALL : 0,
	};
	return version >= 6   ? sizeof(*ruleset)
	       : version >= 4 ? offsetof(struct ruleset, scoped)
			      : offsetof(struct ruleset, handled_net);
}

int
landlock_open(struct landlock *ret_landlock)
{
	struct ruleset ruleset;
	int version =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int fd;

	if (version <= 0) {
		return -ENOSYS;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, describe(version, &ruleset), 0);
	if (fd < 0) {
		return -errno;
	}
	*ret_landlock = (struct landlock){ fd, version, ruleset.handled_fs };
	return 0;
}

void
landlock_allow(const struct landlock *landlock, const char *path, uint64_t rights)
{
	AUTO_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = {
		.allowed_access = rights & landlock->handled,
		.parent_fd = fd,
	};
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		return;
	}
	if (!S_ISDIR(status.st_mode)) {
		rule.allowed_access &= ~LANDLOCK_LISTING;
	}
	syscall(SYS_landlock_add_rule, landlock->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

void
landlock_allow_all(const struct landlock *landlock, const char *pattern, uint64_t rights)
{
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++) {
			landlock_allow(landlock, found.gl_pathv[i], rights);
		}
		globfree(&found);
	}
}

int
landlock_enter(struct landlock *landlock)
{
	int r = syscall(SYS_landlock_restrict_self, landlock->fd, 0) < 0 ? -errno : 0;

	fd_close(&landlock->fd);
	return r;
}
