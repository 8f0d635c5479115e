#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

/* Landlock by its system calls: there is no library of it to have everywhere. Headers may be older
 * than the kernel (linux/landlock.h; each version adds to the one before). */
#define ACCESS_FS_V1 ((UINT64_C(1) << 13) - 1)
#define ACCESS_FS_REFER (UINT64_C(1) << 13)     /* version 2 */
#define ACCESS_FS_TRUNCATE (UINT64_C(1) << 14)  /* 3 */
#define ACCESS_FS_IOCTL_DEV (UINT64_C(1) << 15) /* 5 */
#define ACCESS_NET_TCP UINT64_C(3)              /* 4 */
#define SCOPE_ALL UINT64_C(3)                   /* 6: abstract sockets, signals */

#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define DEVICE (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE)

struct ruleset {
	uint64_t handled_fs, handled_net, scoped;
};

static size_t
describe(int version, struct ruleset *ruleset)
{
	*ruleset = (struct ruleset){
		.handled_fs = ACCESS_FS_V1 | (version >= 2 ? ACCESS_FS_REFER : 0) |
			      (version >= 3 ? ACCESS_FS_TRUNCATE : 0) |
			      (version >= 5 ? ACCESS_FS_IOCTL_DEV : 0),
		.handled_net = version >= 4 ? ACCESS_NET_TCP : 0,
		.scoped = version >= 6 ? SCOPE_ALL : 0,
	};
	return version >= 6   ? sizeof(*ruleset)
	       : version >= 4 ? offsetof(struct ruleset, scoped)
			      : offsetof(struct ruleset, handled_net);
}

/* What is not there needs no permission. */
static void
allow(int ruleset_fd, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = access,
		.parent_fd = open(path, O_PATH | O_CLOEXEC),
	};

	if (rule.parent_fd >= 0) {
		syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
		close(rule.parent_fd);
	}
}

static void
allow_at_home(int ruleset_fd, const char *name)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	if (home != NULL && snprintf(path, sizeof(path), "%s/%s", home, name) < PATH_MAX) {
		allow(ruleset_fd, path, READING);
	}
}

/* Where plugins, fonts, and themes of cursors are. */
static void
allow_decorations(int ruleset_fd)
{
	static const char *const system[] = { "/usr/share", "/usr/local/share", "/usr/lib",
		"/usr/lib64", "/usr/local/lib", "/etc/fonts", "/var/cache/fontconfig" };
	static const char *const home[] = { ".local/share/fonts", ".fonts", ".config/fontconfig",
		".cache/fontconfig", ".local/share/icons", ".icons" };

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
		allow(ruleset_fd, system[i], READING);
	}
	for (size_t i = 0; i < sizeof(home) / sizeof(home[0]); i++) {
		allow_at_home(ruleset_fd, home[i]);
	}
}

static void
allow_devices(int ruleset_fd, int version)
{
	static const char *const told[] = { "/sys", "/run/udev", "/usr/share/libinput",
		"/etc/libinput", "/usr/share/libwacom" };

	allow(ruleset_fd, "/dev/input",
		DEVICE | READING | (version >= 5 ? ACCESS_FS_IOCTL_DEV : 0));
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		allow(ruleset_fd, told[i], READING);
	}
}

int
sandbox_restrict_files(const struct sandbox_needs *needs, int *ret_version)
{
	struct ruleset ruleset;
	AUTO_FD int fd = -1;
	int version =
		(int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	if (version <= 0) {
		return -ENOSYS;
	}
	fd = (int)syscall(SYS_landlock_create_ruleset, &ruleset, describe(version, &ruleset), 0);
	if (fd < 0) {
		return -errno;
	}
	if (needs->decorations) {
		allow_decorations(fd);
	}
	if (needs->devices) {
		allow_devices(fd, version);
	}
	if (syscall(SYS_landlock_restrict_self, fd, 0) < 0) {
		return -errno;
	}
	*ret_version = version;
	return 0;
}
