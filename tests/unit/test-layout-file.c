#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "layout-decode.h"
#include "layout-encode.h"
#include "layout-file.h"
#include "layout-path.h"
#include "layout-storage.h"

#define UUID "6f1f8c2e-0000-4000-8000-0123456789ab"
#define N(array) (sizeof(array) / sizeof((array)[0]))

static const struct guest_identity identity = { .name = "vm", .uuid = UUID };

struct fixture {
	sd_event *event;
	struct layout_file *file;
	char directory[UNIT_PATH_SIZE];
	char folder[UNIT_PATH_SIZE + 32]; /* the program's */
	char path[UNIT_PATH_SIZE + 128];
	struct unit_output output;
};

static int
set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	char home[UNIT_PATH_SIZE + 8];

	assert_non_null(fixture);
	assert_true(sd_event_new(&fixture->event) >= 0);
	unit_directory_create(fixture->directory);
	snprintf(home, sizeof(home), "%s/state", fixture->directory);
	setenv("XDG_STATE_HOME", home, 1);
	snprintf(fixture->folder, sizeof(fixture->folder), "%s/vitrine", home);
	snprintf(fixture->path, sizeof(fixture->path), "%s/layout-" UUID ".json", fixture->folder);
	*state = fixture;
	return 0;
}

static int
remove_entry(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	return remove(path);
}

static int
tear_down(void **state)
{
	struct fixture *fixture = *state;

	layout_file_close(fixture->file);
	sd_event_unref(fixture->event);
	assert_int_equal(nftw(fixture->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(fixture);
	return 0;
}

static void
open_file(struct fixture *fixture)
{
	unit_output_begin(&fixture->output, STDERR_FILENO);
	assert_int_equal(layout_file_open(fixture->event, &identity, NULL, &fixture->file), 0);
	unit_output_end(&fixture->output);
}

static void
close_file(struct fixture *fixture)
{
	unit_output_begin(&fixture->output, STDERR_FILENO);
	layout_file_close(fixture->file);
	fixture->file = NULL;
	unit_output_end(&fixture->output);
}

static void
make_folder(struct fixture *fixture)
{
	assert_true(mkdir(getenv("XDG_STATE_HOME"), 0700) == 0 || errno == EEXIST);
	assert_int_equal(mkdir(fixture->folder, 0700), 0);
}

static void
put(const char *path, const char *text)
{
	AUTO_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

static void
check_content(const char *path, const char *expected)
{
	static char text[LAYOUT_MAX_SIZE + 1];
	ssize_t n = layout_storage_read(path, text, sizeof(text) - 1);

	assert_true(n >= 0);
	text[n] = '\0';
	assert_string_equal(text, expected);
}

static uint32_t
count_lines(const char *text)
{
	uint32_t n = 0;

	for (; *text != '\0'; text++) {
		n += *text == '\n';
	}
	return n;
}

/* Told apart by width; with so many heads it takes more than a page. */
static struct layout
make_layout(int32_t width)
{
	struct layout layout = { .n_heads = GUEST_MAX_HEADS };

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		layout.heads[i] = (struct layout_head){
			.gpu = "0000:00:02.0",
			.index = i,
			.plugged = true,
			.width = width,
			.height = 800,
			.has_output = true,
			.output = { "DP-1", "Dell", "U27", "Dell U27" },
		};
	}
	return layout;
}

static void
save(struct fixture *fixture, int32_t width)
{
	struct layout layout = make_layout(width);

	assert_int_equal(layout_file_save(fixture->file, &layout), 0);
}

/* What is on disk now, read as if by another run; 0: nothing. */
static int32_t
read_width(struct fixture *fixture)
{
	struct layout_file *file;
	struct layout layout;
	int r;

	assert_int_equal(layout_file_open(fixture->event, &identity, NULL, &file), 0);
	r = layout_file_load(file, &layout);
	layout_file_close(file);
	assert_true(r == 0 || r == -ENOENT);
	return r == 0 ? layout.heads[0].width : 0;
}

static void
run_until_width(struct fixture *fixture, int32_t width)
{
	while (read_width(fixture) != width) {
		assert_true(sd_event_run(fixture->event, 10000) >= 0);
	}
	/* The thread's end, where it has not been seen yet. */
	while (sd_event_run(fixture->event, 100000) > 0) {
	}
}

static void
test_a_layout_is_there_in_the_next_run(void **state)
{
	struct fixture *fixture = *state;
	struct layout layout = make_layout(1000), again;

	open_file(fixture);
	assert_string_equal(fixture->output.text, "");
	assert_int_equal(layout_file_load(fixture->file, &again), -ENOENT);
	save(fixture, 1000);
	run_until_width(fixture, 1000);
	close_file(fixture);
	assert_string_equal(fixture->output.text, "");

	open_file(fixture);
	assert_int_equal(layout_file_load(fixture->file, &again), 0);
	assert_memory_equal(&again, &layout, sizeof(layout));
	assert_int_equal(unit_directory_count(fixture->folder), 1);
}

static void
test_it_is_for_the_owner_only(void **state)
{
	struct fixture *fixture = *state;
	mode_t mask = umask(0);
	struct stat status;

	open_file(fixture);
	save(fixture, 1000);
	close_file(fixture);
	umask(mask);
	assert_int_equal(stat(getenv("XDG_STATE_HOME"), &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(fixture->folder, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void
test_closing_writes_the_last_one(void **state)
{
	struct fixture *fixture = *state;

	open_file(fixture);
	save(fixture, 1000);
	save(fixture, 1001);
	save(fixture, 1002);
	close_file(fixture);
	assert_int_equal(read_width(fixture), 1002);
	assert_int_equal(unit_directory_count(fixture->folder), 1);
}

static void
test_what_is_saved_behind_the_end_of_the_loop_is_written(void **state)
{
	struct fixture *fixture = *state;

	open_file(fixture);
	assert_true(sd_event_exit(fixture->event, 0) >= 0);
	assert_true(sd_event_loop(fixture->event) >= 0);
	save(fixture, 1000);
	close_file(fixture);
	assert_int_equal(read_width(fixture), 1000);
}

/* How often a file came to its name since the last call. */
static uint32_t
count_replacements(int inotify_fd)
{
	union {
		struct inotify_event event;
		char bytes[4096];
	} space;
	uint32_t n = 0;
	ssize_t size;

	while ((size = read(inotify_fd, space.bytes, sizeof(space))) > 0) {
		for (ssize_t at = 0; at < size;) {
			struct inotify_event event;

			memcpy(&event, space.bytes + at, sizeof(event));
			n += event.mask == IN_MOVED_TO;
			at += (ssize_t)(sizeof(event) + event.len);
		}
	}
	return n;
}

static void
test_only_what_is_new_is_written(void **state)
{
	struct fixture *fixture = *state;
	AUTO_FD int inotify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	make_folder(fixture);
	/* Two events that are alike and follow each other are told as one. */
	assert_true(inotify_add_watch(inotify_fd, fixture->folder, IN_CREATE | IN_MOVED_TO) >= 0);
	open_file(fixture);
	/* The first at once, the last when that is done, none of the others. */
	for (int32_t i = 0; i <= 50; i++) {
		save(fixture, 1000 + i);
	}
	run_until_width(fixture, 1050);
	assert_int_equal(count_replacements(inotify_fd), 2);
	/* There and back again while the first is being written. */
	save(fixture, 1000);
	save(fixture, 1050);
	save(fixture, 1000);
	run_until_width(fixture, 1000);
	assert_int_equal(count_replacements(inotify_fd), 1);
	save(fixture, 1000);
	close_file(fixture);
	assert_int_equal(count_replacements(inotify_fd), 0);

	/* The next run knows what is on disk. */
	open_file(fixture);
	save(fixture, 1000);
	close_file(fixture);
	assert_int_equal(count_replacements(inotify_fd), 0);
}

static void
test_the_file_is_whole_at_any_time(void **state)
{
	struct fixture *fixture = *state;
	int32_t seen = 0;

	open_file(fixture);
	save(fixture, 1000);
	run_until_width(fixture, 1000);
	for (int32_t i = 1; i <= 100; i++) {
		int32_t width;

		save(fixture, 1000 + i);
		assert_true(sd_event_run(fixture->event, 0) >= 0);
		width = read_width(fixture);
		assert_true(width >= 1000 && width >= seen && width <= 1000 + i);
		seen = width;
	}
	close_file(fixture);
	assert_int_equal(read_width(fixture), 1100);
}

static void
test_a_damaged_file_is_set_aside(void **state)
{
	static const char *const damaged[] = { "", "{\"version\": 1, \"hea", "[]" };
	struct fixture *fixture = *state;
	char aside[sizeof(fixture->path) + 16];
	struct layout layout;

	make_folder(fixture);
	snprintf(aside, sizeof(aside), "%s.damaged", fixture->path);
	for (size_t i = 0; i < N(damaged); i++) {
		put(fixture->path, damaged[i]);
		open_file(fixture);
		assert_non_null(strstr(fixture->output.text, fixture->path));
		assert_non_null(strstr(fixture->output.text, "is damaged (JSON: "));
		assert_int_equal(count_lines(fixture->output.text), 1);
		assert_int_equal(layout_file_load(fixture->file, &layout), -ENOENT);
		assert_int_equal(access(fixture->path, F_OK), -1);
		check_content(aside, damaged[i]);
		save(fixture, 1000);
		close_file(fixture);
		assert_string_equal(fixture->output.text, "");
		assert_int_equal(read_width(fixture), 1000);
		check_content(aside, damaged[i]);
	}
}

static void
test_a_file_over_the_limit_is_damaged(void **state)
{
	static char text[LAYOUT_MAX_SIZE + 2];
	struct fixture *fixture = *state;

	make_folder(fixture);
	snprintf(text, sizeof(text), "%-*s", LAYOUT_MAX_SIZE, "{\"version\": 1, \"heads\": []}");
	put(fixture->path, text);
	open_file(fixture);
	assert_string_equal(fixture->output.text, "");
	close_file(fixture);
	strcat(text, " ");
	put(fixture->path, text);
	open_file(fixture);
	assert_non_null(strstr(fixture->output.text, "is damaged (size: too large)"));
}

static void
test_a_damaged_file_that_stays_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct layout layout = make_layout(1000);
	char aside[sizeof(fixture->path) + 16];

	make_folder(fixture);
	put(fixture->path, "x");
	/* Not to be replaced by a file. */
	snprintf(aside, sizeof(aside), "%s.damaged", fixture->path);
	assert_int_equal(mkdir(aside, 0700), 0);
	open_file(fixture);
	assert_non_null(strstr(fixture->output.text, "cannot be renamed"));
	assert_int_equal(count_lines(fixture->output.text), 1);
	assert_int_equal(layout_file_save(fixture->file, &layout), -EPERM);
	close_file(fixture);
	check_content(fixture->path, "x");
}

static void
test_a_file_of_a_later_version_is_left_alone(void **state)
{
	static const char later[] = "{\"version\": 2, \"monitors\": {}}";
	struct fixture *fixture = *state;
	struct layout layout = make_layout(1000);

	make_folder(fixture);
	put(fixture->path, later);
	open_file(fixture);
	assert_non_null(strstr(fixture->output.text, "later version"));
	assert_non_null(strstr(fixture->output.text, fixture->path));
	assert_int_equal(count_lines(fixture->output.text), 1);
	assert_int_equal(layout_file_load(fixture->file, &layout), -ENOENT);
	unit_output_begin(&fixture->output, STDERR_FILENO);
	assert_int_equal(layout_file_save(fixture->file, &layout), -EPERM);
	assert_int_equal(layout_file_save(fixture->file, &layout), -EPERM);
	unit_output_end(&fixture->output);
	assert_string_equal(fixture->output.text, "");
	close_file(fixture);
	assert_string_equal(fixture->output.text, "");
	check_content(fixture->path, later);
	assert_int_equal(unit_directory_count(fixture->folder), 1);
}

static void
check_unreadable(struct fixture *fixture)
{
	struct layout layout = make_layout(1000);

	open_file(fixture);
	assert_non_null(strstr(fixture->output.text, "cannot read"));
	assert_non_null(strstr(fixture->output.text, fixture->path));
	assert_int_equal(count_lines(fixture->output.text), 1);
	assert_int_equal(layout_file_load(fixture->file, &layout), -ENOENT);
	assert_int_equal(layout_file_save(fixture->file, &layout), -EPERM);
	close_file(fixture);
	assert_string_equal(fixture->output.text, "");
}

static void
test_what_cannot_be_read_is_left_alone(void **state)
{
	struct fixture *fixture = *state;
	struct stat status;

	make_folder(fixture);
	assert_int_equal(mkdir(fixture->path, 0700), 0);
	check_unreadable(fixture);
	assert_int_equal(rmdir(fixture->path), 0);

	/* Nobody writes to it. */
	assert_int_equal(mkfifo(fixture->path, 0600), 0);
	check_unreadable(fixture);
	assert_int_equal(stat(fixture->path, &status), 0);
	assert_true(S_ISFIFO(status.st_mode));
	assert_int_equal(unlink(fixture->path), 0);

	/* A file where the folder would be. */
	assert_int_equal(rmdir(fixture->folder), 0);
	put(fixture->folder, "x");
	check_unreadable(fixture);
	check_content(fixture->folder, "x");
}

static void
test_what_only_others_may_read_is_left_alone(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() == 0) {
		print_message("root may read everything\n");
		skip();
	}
	make_folder(fixture);
	put(fixture->path, "x");
	assert_int_equal(chmod(fixture->path, 0), 0);
	check_unreadable(fixture);
}

/* Several attempts that fail: one word, and nothing changes. */
static void
check_failing(struct fixture *fixture, int error)
{
	unit_output_begin(&fixture->output, STDERR_FILENO);
	for (int32_t i = 0; i < 3; i++) {
		save(fixture, 2000 + i);
		while (sd_event_run(fixture->event, 100000) > 0) {
		}
	}
	layout_file_close(fixture->file);
	fixture->file = NULL;
	unit_output_end(&fixture->output);
	assert_non_null(strstr(fixture->output.text, "cannot write"));
	assert_non_null(strstr(fixture->output.text, fixture->path));
	assert_non_null(strstr(fixture->output.text, strerror(error)));
	assert_int_equal(count_lines(fixture->output.text), 1);
}

static void
test_a_folder_that_cannot_be_made_is_said_once(void **state)
{
	struct fixture *fixture = *state;

	open_file(fixture);
	put(getenv("XDG_STATE_HOME"), "x");
	check_failing(fixture, ENOTDIR);
	check_content(getenv("XDG_STATE_HOME"), "x");
}

static void
test_a_folder_that_may_not_be_written_to_is_said_once(void **state)
{
	struct fixture *fixture = *state;

	if (geteuid() == 0) {
		print_message("root may write everywhere\n");
		skip();
	}
	make_folder(fixture);
	assert_int_equal(chmod(fixture->folder, 0500), 0);
	open_file(fixture);
	check_failing(fixture, EACCES);
	assert_int_equal(chmod(fixture->folder, 0700), 0);
}

static void
test_the_old_file_outlives_a_write_that_fails(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, small;

	open_file(fixture);
	save(fixture, 1000);
	close_file(fixture);
	open_file(fixture);
	/* In the middle of the file; our own words have to fit in, too. */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 2048, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	check_failing(fixture, EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(read_width(fixture), 1000);
	assert_int_equal(unit_directory_count(fixture->folder), 1);
}

static void
test_it_is_written_once_there_is_room_again(void **state)
{
	struct fixture *fixture = *state;
	struct rlimit before, small;

	open_file(fixture);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){ 2048, before.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	unit_output_begin(&fixture->output, STDERR_FILENO);
	save(fixture, 1000);
	assert_true(sd_event_run(fixture->event, UINT64_MAX) >= 0);
	unit_output_end(&fixture->output);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(read_width(fixture), 0);
	/* The last state, as it is. */
	close_file(fixture);
	assert_string_equal(fixture->output.text, "");
	assert_int_equal(read_width(fixture), 1000);
}

/* A file system of our own that nobody else sees. False: not allowed. */
static bool
mount_folder(struct fixture *fixture, unsigned long flags, const char *options)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", fixture->folder, "tmpfs", flags, options) == 0;
}

static void
test_a_full_disk_is_said_once(void **state)
{
	struct fixture *fixture = *state;
	static const char small[] = "{\"version\": 1, \"heads\": []}";

	make_folder(fixture);
	if (!mount_folder(fixture, 0, "size=8k")) {
		print_message("cannot mount a tmpfs: %s\n", strerror(errno));
		skip();
	}
	put(fixture->path, small);
	open_file(fixture);
	check_failing(fixture, ENOSPC);
	check_content(fixture->path, small);
	assert_int_equal(unit_directory_count(fixture->folder), 1);
	assert_int_equal(umount(fixture->folder), 0);
}

static void
test_a_read_only_disk_is_said_once(void **state)
{
	struct fixture *fixture = *state;

	make_folder(fixture);
	if (!mount_folder(fixture, MS_RDONLY, NULL)) {
		print_message("cannot mount a tmpfs: %s\n", strerror(errno));
		skip();
	}
	open_file(fixture);
	check_failing(fixture, EROFS);
	assert_int_equal(umount(fixture->folder), 0);
}

static char *
get_path(const char *name, const char *uuid, const char *qmp_path)
{
	struct guest_identity claimed = { 0 };
	char *path;

	memcpy(claimed.name, name, strlen(name));
	memcpy(claimed.uuid, uuid, strnlen(uuid, sizeof(claimed.uuid)));
	assert_int_equal(layout_path(&claimed, qmp_path, &path), 0);
	return path;
}

static void
check_same_path(struct fixture *fixture, char *path, char *other, bool same)
{
	static const char allowed[] = "0123456789abcdef-";
	const char *paths[] = { path, other };

	for (size_t i = 0; i < N(paths); i++) {
		size_t n = strlen(fixture->folder);
		const char *key = paths[i] + n + strlen("/layout-");

		assert_memory_equal(paths[i], fixture->folder, n);
		assert_memory_equal(paths[i] + n, "/layout-", strlen("/layout-"));
		key += strncmp(key, "vm-", 3) == 0 ? 3 : 0;
		assert_string_equal(key + strspn(key, allowed), ".json");
	}
	assert_true((strcmp(path, other) == 0) == same);
	free(path);
	free(other);
}

static void
test_nothing_but_a_uuid_becomes_a_name(void **state)
{
	static const char *const hostile[] = {
		"../../../../../../../../../../tmp/xx",
		"6f1f8c2e-0000-4000-8000-0123456789a/",
		"6f1f8c2e-0000-4000-8000-0123456789a.",
		"6f1f8c2e-0000-4000-8000-0123456789a",
		"6f1f8c2e-0000-4000-8000-0123456789abc",
		"6f1f8c2e/0000-4000-8000-0123456789ab",
		"6f1f8c2e00000-4000-8000-0123456789ab",
		"6f1f8c2e-0000-4000-8000-0123456789\xc3\xa4",
		"6f1f8c2e-0000-4000-8000-01234567\n9ab",
		"------------------------------------",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"..",
		"/",
	};
	struct fixture *fixture = *state;

	check_same_path(fixture, get_path("vm", UUID, NULL), strdup(fixture->path), true);
	check_same_path(fixture, get_path("vm", "6F1F8C2E-0000-4000-8000-0123456789AB", NULL),
		strdup(fixture->path), true);
	for (size_t i = 0; i < N(hostile); i++) {
		check_same_path(
			fixture, get_path("vm", hostile[i], NULL), get_path("vm", "", NULL), true);
	}
	/* Nor does a name. */
	check_same_path(fixture, get_path("../../x", "", NULL), get_path("/", "", "/.."), false);
}

static void
test_vms_without_uuid_are_told_apart(void **state)
{
	struct fixture *fixture = *state;
	struct guest_identity nobody = { 0 };
	char socket[UNIT_PATH_SIZE + 8], cwd[PATH_MAX], *path;

	check_same_path(fixture, get_path("a", "", NULL), get_path("b", "", NULL), false);
	check_same_path(fixture, get_path("a", "", "/q"), get_path("a", "", "/r"), false);
	check_same_path(fixture, get_path("a", "", "bc"), get_path("ab", "", "c"), false);
	check_same_path(fixture, get_path("", "", "/q"), get_path("", "", "/q"), true);

	/* The same socket from another folder, and the next one in its place. */
	snprintf(socket, sizeof(socket), "%s/qmp", fixture->directory);
	put(socket, "");
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_int_equal(chdir(fixture->directory), 0);
	path = get_path("", "", "./qmp");
	assert_int_equal(chdir(cwd), 0);
	assert_int_equal(unlink(socket), 0);
	put(socket, "");
	check_same_path(fixture, path, get_path("", "", socket), true);

	assert_int_equal(layout_path(&nobody, NULL, &path), -ENODATA);
	unit_output_begin(&fixture->output, STDERR_FILENO);
	assert_int_equal(layout_file_open(fixture->event, &nobody, NULL, &fixture->file), -ENODATA);
	unit_output_end(&fixture->output);
	assert_null(fixture->file);
}

static void
test_the_folder_is_where_the_user_wants_it(void **state)
{
	struct fixture *fixture = *state;
	char *home = strdup(getenv("HOME") != NULL ? getenv("HOME") : "/");
	char *path;

	setenv("HOME", "/home/of/somebody", 1);
	for (int i = 0; i < 2; i++) {
		/* Paths that are not absolute do not count. */
		i == 0 ? setenv("XDG_STATE_HOME", "state", 1) : unsetenv("XDG_STATE_HOME");
		assert_int_equal(layout_path(&identity, NULL, &path), 0);
		assert_string_equal(
			path, "/home/of/somebody/.local/state/vitrine/layout-" UUID ".json");
		free(path);
	}
	unsetenv("HOME");
	unit_output_begin(&fixture->output, STDERR_FILENO);
	assert_int_equal(
		layout_file_open(fixture->event, &identity, NULL, &fixture->file), -ENOENT);
	unit_output_end(&fixture->output);
	assert_int_equal(count_lines(fixture->output.text), 1);
	setenv("HOME", home, 1);
	free(home);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_layout_is_there_in_the_next_run),
		TEST(test_it_is_for_the_owner_only),
		TEST(test_closing_writes_the_last_one),
		TEST(test_what_is_saved_behind_the_end_of_the_loop_is_written),
		TEST(test_only_what_is_new_is_written),
		TEST(test_the_file_is_whole_at_any_time),
		TEST(test_a_damaged_file_is_set_aside),
		TEST(test_a_file_over_the_limit_is_damaged),
		TEST(test_a_damaged_file_that_stays_is_left_alone),
		TEST(test_a_file_of_a_later_version_is_left_alone),
		TEST(test_what_cannot_be_read_is_left_alone),
		TEST(test_what_only_others_may_read_is_left_alone),
		TEST(test_a_folder_that_cannot_be_made_is_said_once),
		TEST(test_a_folder_that_may_not_be_written_to_is_said_once),
		TEST(test_the_old_file_outlives_a_write_that_fails),
		TEST(test_it_is_written_once_there_is_room_again),
		TEST(test_a_full_disk_is_said_once),
		TEST(test_a_read_only_disk_is_said_once),
		TEST(test_nothing_but_a_uuid_becomes_a_name),
		TEST(test_vms_without_uuid_are_told_apart),
		TEST(test_the_folder_is_where_the_user_wants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
