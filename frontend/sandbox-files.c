#include "sandbox.h"

#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "landlock.h"

static void
allow_at_home(const struct landlock *landlock, const char *name)
{
	const char *home = getenv("HOME");
	char path[PATH_MAX];

	if (home != NULL && snprintf(path, sizeof(path), "%s/%s", home, name) < PATH_MAX) {
		landlock_allow(landlock, path, LANDLOCK_READING);
	}
}

/* Where plugins, fonts, and themes of cursors are. */
static void
allow_decorations(const struct landlock *landlock)
{
	static const char *const system[] = { "/usr/share", "/usr/local/share", "/usr/lib",
		"/usr/lib64", "/usr/local/lib", "/etc/fonts", "/var/cache/fontconfig", "/nix/store",
		"/gnu/store" };
	static const char *const home[] = { ".local/share/fonts", ".fonts", ".config/fontconfig",
		".cache/fontconfig", ".local/share/icons", ".icons" };
	static const char *const named[] = { "FONTCONFIG_FILE", "FONTCONFIG_PATH" };

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++) {
		landlock_allow(landlock, system[i], LANDLOCK_READING);
	}
	for (size_t i = 0; i < sizeof(home) / sizeof(home[0]); i++) {
		allow_at_home(landlock, home[i]);
	}
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const char *path = getenv(named[i]);

		if (path != NULL) {
			landlock_allow(landlock, path, LANDLOCK_READING);
		}
	}
}

static void
allow_devices(const struct landlock *landlock)
{
	static const char *const told[] = { "/sys", "/run/udev", "/usr/share/libinput",
		"/etc/libinput", "/usr/share/libwacom" };

	landlock_allow(landlock, "/dev/input", LANDLOCK_DEVICE | LANDLOCK_READING);
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		landlock_allow(landlock, told[i], LANDLOCK_READING);
	}
}

int
sandbox_restrict_files(const struct sandbox_needs *needs, int *ret_version)
{
	struct landlock landlock;
	int r = landlock_open(&landlock);

	if (r < 0) {
		return r;
	}
	if (needs->decorations) {
		allow_decorations(&landlock);
	}
	if (needs->devices) {
		allow_devices(&landlock);
	}
	r = landlock_enter(&landlock);
	if (r < 0) {
		return r;
	}
	*ret_version = landlock.version;
	return 0;
}
