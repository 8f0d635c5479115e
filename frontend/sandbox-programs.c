#include "sandbox.h"

#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "landlock.h"

/*
 * What is installed, wherever a system has that, and what the kernel says of the machine. /proc has
 * what drivers look for there, not what other processes are.
 */
static const char *const readable[] = { "/usr", "/etc", "/lib", "/lib32", "/lib64", "/opt",
	"/nix/store", "/gnu/store", "/run/opengl-driver", "/app", "/sys", "/proc/cpuinfo",
	"/proc/meminfo", "/proc/stat", "/proc/version", "/proc/devices", "/proc/modules",
	"/proc/driver", "/proc/sys/vm", "/dev/urandom", "/dev/random" };

/* Of GPUs those nodes that can draw, but nothing that shows pictures, save nvidia-modeset. */
static const char *const gpus[] = { "/dev/dri/renderD*", "/dev/udmabuf", "/dev/nvidia*",
	"/dev/nvidia-caps/*", "/dev/nvhost-*", "/dev/nvmap", "/dev/mali*", "/dev/kgsl-3d0",
	"/dev/dxg" };

/* The user's, where drivers are that are not the system's: folders and files, colons between. */
static const char *const driver_places[] = { "LD_LIBRARY_PATH", "LIBGL_DRIVERS_PATH",
	"GBM_BACKENDS_PATH", "__EGL_VENDOR_LIBRARY_DIRS", "__EGL_VENDOR_LIBRARY_FILENAMES",
	"__EGL_EXTERNAL_PLATFORM_CONFIG_DIRS", "__EGL_EXTERNAL_PLATFORM_CONFIG_FILENAMES" };

static const char *const program_places[] = { "LD_LIBRARY_PATH", "TESSDATA_PREFIX" };

/* The kernel starts a program by way of these. */
static const char *const loaders[] = { "/lib/ld-*.so*", "/lib64/ld*.so*", "/lib/*/ld-*.so*" };

static void
allow_readable(const struct landlock *landlock)
{
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
		landlock_allow(landlock, readable[i], LANDLOCK_READING);
	}
	landlock_allow(landlock, "/dev/null", LANDLOCK_DEVICE);
	landlock_allow(landlock, "/dev/zero", LANDLOCK_DEVICE);
}

static void
allow_places(const struct landlock *landlock, const char *const *names, size_t n_names)
{
	for (size_t i = 0; i < n_names; i++) {
		const char *value = getenv(names[i]);
		char path[PATH_MAX];

		for (; value != NULL; value = *value == ':' ? value + 1 : NULL) {
			size_t length = strcspn(value, ":");

			if (length > 0 && length < sizeof(path)) {
				memcpy(path, value, length);
				path[length] = '\0';
				landlock_allow(landlock, path, LANDLOCK_READING);
			}
			value += length;
		}
	}
}

int
sandbox_restrict_to_gpus(void)
{
	/*
	 * A folder in /proc that nobody holds may be another the next time, without the permission:
	 * so it stays open.
	 */
	static int self = -1;
	const char *home = getenv("HOME");
	struct landlock landlock;
	char path[PATH_MAX];
	int r = landlock_open(&landlock);

	if (r < 0) {
		return r;
	}
	allow_readable(&landlock);
	self = self < 0 ? open("/proc/self", O_PATH | O_CLOEXEC) : self;
	landlock_allow(&landlock, "/proc/self", LANDLOCK_READING);
	landlock_allow(&landlock, "/dev/dri", LANDLOCK_LISTING);
	for (size_t i = 0; i < sizeof(gpus) / sizeof(gpus[0]); i++) {
		landlock_allow_all(&landlock, gpus[i], LANDLOCK_DEVICE);
	}
	allow_places(&landlock, driver_places, sizeof(driver_places) / sizeof(driver_places[0]));
	if (home != NULL && snprintf(path, sizeof(path), "%s/.drirc", home) < PATH_MAX) {
		landlock_allow(&landlock, path, LANDLOCK_READING);
	}
	return landlock_enter(&landlock);
}

int
sandbox_restrict_to_program(const char *executable)
{
	struct landlock landlock;
	int r = landlock_open(&landlock);

	if (r < 0) {
		return r;
	}
	allow_readable(&landlock);
	landlock_allow(&landlock, executable, LANDLOCK_READING | LANDLOCK_EXECUTING);
	for (size_t i = 0; i < sizeof(loaders) / sizeof(loaders[0]); i++) {
		landlock_allow_all(&landlock, loaders[i], LANDLOCK_READING | LANDLOCK_EXECUTING);
	}
	allow_places(&landlock, program_places, sizeof(program_places) / sizeof(program_places[0]));
	return landlock_enter(&landlock);
}
