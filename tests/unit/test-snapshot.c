#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot.h"

/* A home with a folder in it, and what says where pictures go. */
struct fixture {
	char home[UNIT_PATH_SIZE];
	char pictures[UNIT_PATH_SIZE + 16];
	char config[UNIT_PATH_SIZE + 32];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	unit_directory_create(f->home);
	snprintf(f->pictures, sizeof(f->pictures), "%s/My pictures", f->home);
	snprintf(f->config, sizeof(f->config), "%s/user-dirs.dirs", f->home);
	assert_int_equal(mkdir(f->pictures, 0700), 0);
	setenv("HOME", f->home, 1);
	setenv("XDG_CONFIG_HOME", f->home, 1);
	unsetenv("XDG_PICTURES_DIR");
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	rmdir(f->pictures);
	unit_directory_remove(f->home);
	free(f);
	return 0;
}

static void
write_config(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->config, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
expect(const char *folder)
{
	char path[SNAPSHOT_PATH_SIZE];

	snapshot_folder(path);
	assert_string_equal(path, folder);
}

static void
test_from_the_environment(void **state)
{
	struct fixture *f = *state;

	write_config(f, "XDG_PICTURES_DIR=\"/\"\n");
	setenv("XDG_PICTURES_DIR", f->pictures, 1);
	expect(f->pictures);
	/* One that is not there counts as none, and so does one that is not absolute. */
	setenv("XDG_PICTURES_DIR", "/nowhere", 1);
	expect("/");
	setenv("XDG_PICTURES_DIR", ".", 1);
	expect("/");
}

static void
test_from_user_dirs(void **state)
{
	struct fixture *f = *state;

	write_config(f, "# comment\nXDG_MUSIC_DIR=\"$HOME/Music\"\n"
			"XDG_PICTURES_DIR=\"$HOME/My pictures\"\n");
	expect(f->pictures);
	write_config(f, "XDG_PICTURES_DIR=\"/tmp\"\n");
	expect("/tmp");
	/* Where it was not the one of the user's choice it says $HOME/. */
	write_config(f, "XDG_PICTURES_DIR=\"$HOME/\"\n");
	snprintf(f->pictures, sizeof(f->pictures), "%s/", f->home);
	expect(f->pictures);
	snprintf(f->pictures, sizeof(f->pictures), "%s/My pictures", f->home);
}

static void
test_where_it_says_nothing(void **state)
{
	static const char *const nothing[] = { "", "XDG_PICTURES_DIR=\n", "XDG_PICTURES_DIR=\"",
		"XDG_PICTURES_DIR=\"$HOME/away\"\n", "XDG_PICTURES_DIR=\"pictures\"\n" };
	struct fixture *f = *state;

	expect(f->home); /* no file at all */
	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		write_config(f, nothing[i]);
		expect(f->home);
	}
	setenv("HOME", "/nowhere", 1);
	expect(".");
	unsetenv("HOME");
	expect(".");
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_from_the_environment),
		TEST(test_from_user_dirs),
		TEST(test_where_it_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
