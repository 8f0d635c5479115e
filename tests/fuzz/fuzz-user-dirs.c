#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "snapshot.h"

/*
 * ~/.config/user-dirs.dirs, which says where pictures go; the input is the file. The home folder
 * has one folder in it, "Pictures".
 */

#define PATH_SIZE 256

static char home[64], config[PATH_SIZE], pictures[PATH_SIZE];

static void
remove_home(void)
{
	unlink(config);
	rmdir(pictures);
	rmdir(home);
}

static void
create_home(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(home, sizeof(home), "%s/vitrine-fuzz-XXXXXX", parent != NULL ? parent : "/tmp");
	FUZZ_EXPECT(mkdtemp(home) != NULL);
	snprintf(config, sizeof(config), "%s/user-dirs.dirs", home);
	snprintf(pictures, sizeof(pictures), "%s/Pictures", home);
	FUZZ_EXPECT(mkdir(pictures, 0700) == 0);
	setenv("HOME", home, 1);
	setenv("XDG_CONFIG_HOME", home, 1);
	unsetenv("XDG_PICTURES_DIR");
	atexit(remove_home);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[SNAPSHOT_PATH_SIZE];
	struct stat status;
	FILE *file;

	if (home[0] == '\0') {
		create_home();
	}
	file = fopen(config, "we");
	FUZZ_EXPECT(file != NULL && fwrite(data, 1, size, file) == size);
	fclose(file);
	memset(path, 'x', sizeof(path));
	snapshot_folder(path);
	FUZZ_EXPECT(memchr(path, '\0', sizeof(path)) != NULL);
	/* There is a home, so it is never none: a folder, and an absolute path of one. */
	FUZZ_EXPECT(path[0] == '/' && stat(path, &status) == 0 && S_ISDIR(status.st_mode));
	/* What a file without that key says is home. */
	FUZZ_EXPECT(
		memmem(data, size, "XDG_PICTURES_DIR=\"", 18) != NULL || strcmp(path, home) == 0);
	return 0;
}
