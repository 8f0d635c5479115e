#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-act.h"
#include "broker/broker-message.h"
#include "broker/broker-server.h"
#include "broker/broker.h"
#include "broker/bus-address.h"
#include "broker/replacement.h"

/* With a broker of its own for each test, and without one: what is allowed is the same. */
struct fixture {
	char folder[64], path[128], other[128];
};

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->folder, "/tmp/vitrine-broker-XXXXXX");
	if (mkdtemp(f->folder) == NULL) {
		return -1;
	}
	snprintf(f->path, sizeof(f->path), "%s/a.png", f->folder);
	snprintf(f->other, sizeof(f->other), "%s/secret", f->folder);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;
	char command[128];

	broker_stop();
	snprintf(command, sizeof(command), "rm -r %s", f->folder);
	if (system(command) != 0) {
		return -1;
	}
	free(f);
	return 0;
}

static void
write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void
assert_content(const char *path, const char *text)
{
	char got[64] = "";
	FILE *file = fopen(path, "r");

	assert_non_null(file);
	assert_non_null(fgets(got, sizeof(got), file));
	fclose(file);
	assert_string_equal(got, text);
}

static int
count_files(const struct fixture *f)
{
	char command[128];
	FILE *out;
	int n = -1;

	snprintf(command, sizeof(command), "ls -A %s | wc -l", f->folder);
	out = popen(command, "r");
	assert_int_equal(fscanf(out, "%d", &n), 1);
	pclose(out);
	return n;
}

/* work_folder: that the user works in; NULL: none. */
static void
start_for_pictures(const char *work_folder)
{
	struct broker_rules rules = { 0 };

	broker_rules_add(&rules, BROKER_WORK_FOLDER, 0, work_folder, NULL);
	broker_rules_add(&rules, BROKER_ENDING,
		BROKER_READ | BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK, ".png", NULL);
	broker_rules_add(&rules, BROKER_ENDING, BROKER_WRITE, ".raw", NULL);
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
}

/* begin, write, finish: the same with and without a broker */
static void
check_replacement(struct fixture *f)
{
	struct broker_hold hold;
	int fd;

	write_file(f->path, "old");
	fd = broker_replace(f->path, 0, &hold);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	assert_content(f->path, "old");
	assert_int_equal(broker_finish(&hold, true), 0);
	assert_content(f->path, "new");
	assert_int_equal(count_files(f), 1);

	/* What is not complete leaves nothing behind. */
	fd = broker_replace(f->path, 0, &hold);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "half", 4), 4);
	close(fd);
	assert_int_equal(count_files(f), 2);
	assert_int_equal(broker_finish(&hold, false), 0);
	assert_content(f->path, "new");
	assert_int_equal(count_files(f), 1);
}

static void
test_replacement_here(void **state)
{
	check_replacement(*state);
	assert_false(broker_is_running());
}

static void
test_replacement_by_the_broker(void **state)
{
	start_for_pictures(NULL);
	check_replacement(*state);
}

/* A viewer that dies leaves no half of a file: its broker sees to that. */
static void
test_an_owner_that_dies(void **state)
{
	struct fixture *f = *state;
	struct broker_hold hold;
	int fd;

	start_for_pictures(NULL);
	fd = broker_replace(f->path, 0, &hold);
	assert_true(fd >= 0);
	assert_int_equal(count_files(f), 1);
	close(fd);
	close(hold.fd);
	for (int i = 0; i < 1000 && count_files(f) > 0; i++) {
		usleep(10000);
	}
	assert_int_equal(count_files(f), 0);
}

/* So it is of one that has its broker keep a file for the broker itself. */
static void
test_an_owner_that_gave_its_end_away(void **state)
{
	struct fixture *f = *state;
	const struct broker_request request = { .act = BROKER_ACT_REPLACE, .text = { f->path } };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		/* The next one that is opened is its end of the broker's socket. */
		int end = dup(STDIN_FILENO);

		close(end);
		start_for_pictures(NULL);
		if (broker_message_send_request(end, &request, end) < 0) {
			_exit(1);
		}
		for (int i = 0; i < 1000 && count_files(f) == 0; i++) {
			usleep(10000);
		}
		_exit(count_files(f) == 1 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	for (int i = 0; i < 1000 && count_files(f) > 0; i++) {
		usleep(10000);
	}
	assert_int_equal(count_files(f), 0);
}

/* Even where two are alike. */
static void
test_rename_within_a_folder(void **state)
{
	struct fixture *f = *state;
	struct broker_rules rules = { 0 };
	char inner[96], moved[128];

	snprintf(inner, sizeof(inner), "%s/b", f->folder);
	snprintf(moved, sizeof(moved), "%s/a.png", inner);
	assert_int_equal(mkdir(inner, 0700), 0);
	write_file(f->path, "old");
	broker_rules_add(&rules, BROKER_FOLDER, BROKER_RENAME, f->folder, "");
	broker_rules_add(&rules, BROKER_FOLDER, BROKER_RENAME, inner, "");
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
	assert_int_equal(broker_rename(f->path, moved), -EPERM);
	assert_int_equal(broker_rename(f->path, f->other), 0);
	assert_content(f->other, "old");
}

/* A file takes its place by the one message that says so. */
static void
test_what_completes_nothing(void **state)
{
	struct fixture *f = *state;
	static const struct {
		char bytes[2];
		size_t size;
	} messages[] = { { { 0 }, 1 }, { { 2 }, 1 }, { { 1, 1 }, 2 }, { { 1 }, 0 } };

	start_for_pictures(NULL);
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct broker_hold hold;
		AUTO_FD int fd = broker_replace(f->path, 0, &hold);
		int32_t result = -1;

		assert_true(fd >= 0);
		assert_int_equal(
			send(hold.fd, messages[i].bytes, messages[i].size, 0), messages[i].size);
		assert_int_equal(recv(hold.fd, &result, sizeof(result), 0), sizeof(result));
		assert_int_equal(result, 0);
		assert_int_equal(count_files(f), 0);
		close(hold.fd);
	}
}

static void
test_folders_and_owners_only(void **state)
{
	struct fixture *f = *state;
	struct broker_hold hold;
	struct stat status;
	char path[192];
	int fd;

	struct broker_rules rules = { 0 };

	snprintf(path, sizeof(path), "%s/b/c/d.png", f->folder);
	broker_rules_add(&rules, BROKER_PATH, BROKER_WRITE | BROKER_FOLDERS, path, NULL);
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
	assert_int_equal(broker_replace(path, 0, &hold), -ENOENT);
	fd = broker_replace(path, REPLACEMENT_FOLDERS | REPLACEMENT_PRIVATE, &hold);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(broker_finish(&hold, true), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	*strrchr(path, '/') = '\0';
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
}

static void
test_what_the_rules_forbid(void **state)
{
	struct fixture *f = *state;
	struct broker_hold hold;
	char found[BROKER_TEXT_SIZE];
	int fd;

	write_file(f->other, "secret");
	start_for_pictures(NULL);
	assert_int_equal(broker_open(f->other), -EPERM);
	assert_int_equal(broker_create(f->other), -EPERM);
	assert_int_equal(broker_replace(f->other, 0, &hold), -EPERM);
	assert_int_equal(broker_look(f->other, NULL), -EPERM);
	assert_int_equal(broker_real_path(f->other, found), -EPERM);
	assert_int_equal(broker_rename(f->other, f->path), -EPERM);
	assert_int_equal(broker_rename(f->path, f->other), -EPERM);
	assert_int_equal(broker_connect_bus(NULL), -EPERM);
	assert_content(f->other, "secret");
	/* Nor may it make folders, nor take the place of what it may only make. */
	assert_int_equal(broker_replace(f->path, REPLACEMENT_FOLDERS, &hold), -EPERM);
	snprintf(found, sizeof(found), "%s/disk.raw", f->folder);
	write_file(found, "secret");
	assert_int_equal(broker_replace(found, 0, &hold), -EEXIST);
	assert_int_equal(broker_create(found), -EEXIST);
	assert_int_equal(broker_open(found), -EPERM);
	assert_content(found, "secret");
	/* Nor what comes before it is complete. */
	snprintf(found, sizeof(found), "%s/new.raw", f->folder);
	fd = broker_replace(found, 0, &hold);
	assert_true(fd >= 0);
	write_file(found, "secret");
	assert_int_equal(broker_finish(&hold, true), -EEXIST);
	assert_content(found, "secret");
	close(fd);
	/* A link that leads nowhere is something that is there. */
	snprintf(found, sizeof(found), "%s/link.raw", f->folder);
	assert_int_equal(symlink("nowhere", found), 0);
	assert_int_equal(broker_create(found), -EEXIST);
	/* What is not there is made, and nothing else is left. */
	snprintf(found, sizeof(found), "%s/fresh.raw", f->folder);
	close(broker_replace(found, 0, &hold));
	assert_int_equal(broker_finish(&hold, true), 0);
	assert_int_equal(access(found, F_OK), 0);
	assert_int_equal(count_files(f), 5);
	/* Such a request carries no more than a path. */
	memset(found, 'a', sizeof(found) - 1);
	found[sizeof(found) - 1] = '\0';
	assert_int_equal(broker_open(found), -EPERM);
	assert_int_equal(broker_look(f->path, NULL), -ENOENT);
}

static void
check_is_not_written(const char *path)
{
	struct broker_hold hold;

	assert_int_equal(broker_create(path), -EPERM);
	assert_int_equal(broker_replace(path, 0, &hold), -EPERM);
	assert_int_equal(broker_look(path, NULL), -EPERM);
}

static void
check_is_refused(const char *path)
{
	check_is_not_written(path);
	assert_int_equal(broker_open(path), -EPERM);
}

static void
check_is_written(const char *path, const char *real)
{
	struct broker_hold hold;
	char found[BROKER_TEXT_SIZE];
	int fd = broker_replace(path, 0, &hold);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "one", 3), 3);
	assert_int_equal(broker_finish(&hold, true), 0);
	close(fd);
	assert_content(real, "one");
	fd = broker_replace(path, 0, &hold);
	assert_int_equal(write(fd, "two", 3), 3);
	assert_int_equal(broker_finish(&hold, true), 0);
	close(fd);
	assert_content(real, "two");
	fd = broker_create(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "three", 5), 5);
	close(fd);
	assert_content(real, "three");
	assert_int_equal(broker_real_path(path, found), 0);
	assert_string_equal(found, real);
	fd = broker_open(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(unlink(real), 0);
}

static void
check_takes_nothing(const char *path)
{
	struct broker_hold hold;
	int fd = broker_create(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "one", 3), -1);
	assert_int_equal(errno, ENOSPC);
	close(fd);
	fd = broker_replace(path, 0, &hold);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "one", 3), -1);
	close(fd);
	assert_int_equal(broker_finish(&hold, true), 0);
}

/* Whatever a folder is called on the way to it: what counts is where it is. */
static void
test_what_is_really_hidden(void **state)
{
	struct fixture *f = *state;
	char hidden[96], linked[96], visible[96], path[192], real[192];
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	snprintf(hidden, sizeof(hidden), "%s/.config", f->folder);
	snprintf(linked, sizeof(linked), "%s/linked", f->folder);
	snprintf(visible, sizeof(visible), "%s/open", f->folder);
	assert_int_equal(mkdir(hidden, 0700), 0);
	assert_int_equal(mkdir(visible, 0700), 0);
	assert_int_equal(symlink(hidden, linked), 0);
	assert_int_equal(chdir(hidden), 0);
	start_for_pictures(NULL);
	/* From where it was started. */
	check_is_refused("a.png");
	check_is_refused("./a.png");
	snprintf(path, sizeof(path), "/proc/%d/cwd/a.png", getpid());
	check_is_refused(path);
	snprintf(path, sizeof(path), "%s/a.png", linked);
	check_is_refused(path);
	/* And a file that is a link, there or to be made. */
	snprintf(path, sizeof(path), "%s/link.png", f->folder);
	snprintf(real, sizeof(real), "%s/a.png", hidden);
	assert_int_equal(symlink(real, path), 0);
	check_is_not_written(path);
	write_file(real, "secret");
	check_is_not_written(path);
	assert_content(real, "secret");
	/* It may be read. */
	fd = broker_open(path);
	assert_true(fd >= 0);
	close(fd);
	/* Or one that would not do by its own name. */
	assert_int_equal(unlink(path), 0);
	write_file(f->other, "secret");
	assert_int_equal(symlink(f->other, path), 0);
	check_is_refused(path);
	assert_content(f->other, "secret");
	assert_int_equal(unlink(path), 0);
	/* Of a pipe the name is of no account, but the place. */
	snprintf(real, sizeof(real), "%s/pipe", hidden);
	assert_int_equal(mkfifo(real, 0600), 0);
	assert_int_equal(symlink(real, path), 0);
	check_is_refused(path);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/full.raw", f->folder);
	assert_int_equal(symlink("/dev/full", path), 0);
	check_takes_nothing(path);
	snprintf(path, sizeof(path), "%s/full.png", f->folder);
	assert_int_equal(symlink("/dev/full", path), 0);
	check_takes_nothing(path);
	snprintf(path, sizeof(path), "%s/link.png", f->folder);
	/* Links that lead in a circle. */
	assert_int_equal(symlink("link.png", path), 0);
	assert_int_equal(broker_create(path), -ELOOP);
	assert_int_equal(unlink(path), 0);
	/* What leads elsewhere goes on doing so. */
	snprintf(path, sizeof(path), "%s/../linked/../open/a.png", visible);
	snprintf(real, sizeof(real), "%s/open/a.png", f->folder);
	check_is_written(path, real);
	assert_int_equal(unlink(linked), 0);
	assert_int_equal(symlink("open", linked), 0);
	snprintf(path, sizeof(path), "%s/a.png", linked);
	check_is_written(path, real);
	snprintf(path, sizeof(path), "%s/link.png", f->folder);
	assert_int_equal(symlink("open/a.png", path), 0);
	check_is_written(path, real);
	assert_int_equal(fchdir(here), 0);
	close(here);
}

/* A disk image goes on being none to write over, whatever leads to it. */
static void
test_what_a_link_may_not_replace(void **state)
{
	struct fixture *f = *state;
	struct broker_hold hold;
	char disk[96], link[96];

	snprintf(disk, sizeof(disk), "%s/disk.raw", f->folder);
	snprintf(link, sizeof(link), "%s/a.png", f->folder);
	write_file(disk, "secret");
	assert_int_equal(symlink("disk.raw", link), 0);
	start_for_pictures(NULL);
	assert_int_equal(broker_create(link), -EEXIST);
	assert_int_equal(broker_replace(link, 0, &hold), -EEXIST);
	assert_content(disk, "secret");
	/* One that is not there may be made. */
	assert_int_equal(unlink(disk), 0);
	assert_int_equal(close(broker_create(link)), 0);
	assert_int_equal(access(disk, F_OK), 0);
}

/* The second is in the first, and the user calls it so, too. */
static void
test_a_hidden_folder_to_work_in(void **state)
{
	struct broker_rules rules = { 0 };

	broker_rules_add(&rules, BROKER_WORK_FOLDER, 0, "/home/u", NULL);
	broker_rules_add(&rules, BROKER_WORK_FOLDER, 0, "/home/u/.ci", NULL);
	broker_rules_add(&rules, BROKER_WORK_FOLDER, 0, ".ci", NULL);
	broker_rules_add(&rules, BROKER_WORK_FOLDER, 0, "", NULL);
	broker_rules_add(&rules, BROKER_ENDING, BROKER_WRITE, ".png", NULL);
	assert_true(broker_rules_allow(&rules, "/home/u/a.png", BROKER_WRITE));
	assert_true(broker_rules_allow(&rules, "/home/u/.ci/a.png", BROKER_WRITE));
	assert_true(broker_rules_allow(&rules, ".ci/a.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "/home/u/.config/a.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, ".config/a.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, ".ci/.more/a.png", BROKER_WRITE));
	broker_rules_finish(&rules);
}

/* As a build server does below a hidden folder: what is above that is no reason. */
static void
test_where_the_user_works(void **state)
{
	struct fixture *f = *state;
	char hidden[96], work[128], deeper[160], path[192];
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	snprintf(hidden, sizeof(hidden), "%s/.config", f->folder);
	snprintf(work, sizeof(work), "%s/work", hidden);
	snprintf(deeper, sizeof(deeper), "%s/.more", work);
	assert_int_equal(mkdir(hidden, 0700), 0);
	assert_int_equal(mkdir(work, 0700), 0);
	assert_int_equal(mkdir(deeper, 0700), 0);
	assert_int_equal(chdir(work), 0);
	start_for_pictures(work);
	snprintf(path, sizeof(path), "%s/a.png", work);
	check_is_written("a.png", path);
	check_is_written(path, path);
	/* Beside it, above it, and what is hidden in it. */
	snprintf(path, sizeof(path), "%s/work.png", hidden);
	check_is_refused(path);
	check_is_refused("../a.png");
	check_is_refused(".more/a.png");
	assert_int_equal(fchdir(here), 0);
	close(here);
}

/* What the user has named is meant, wherever that is. */
static void
test_what_is_named_and_hidden(void **state)
{
	struct fixture *f = *state;
	struct broker_rules rules = { 0 };
	char path[128];

	snprintf(path, sizeof(path), "%s/.config", f->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/.config/a.png", f->folder);
	broker_rules_add(&rules, BROKER_PATH,
		BROKER_READ | BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK, path, NULL);
	assert_int_equal(broker_start(&rules), 0);
	broker_rules_finish(&rules);
	check_is_written(path, path);
}

/* A folder that is a link to another one between check and use is still the one that was checked.
 */
static void
test_a_folder_that_moves(void **state)
{
	struct fixture *f = *state;
	struct broker_hold hold;
	char folder[96], moved[96], hidden[96], path[128];
	int fd;

	snprintf(folder, sizeof(folder), "%s/open", f->folder);
	snprintf(moved, sizeof(moved), "%s/moved", f->folder);
	snprintf(hidden, sizeof(hidden), "%s/.config", f->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(mkdir(hidden, 0700), 0);
	snprintf(path, sizeof(path), "%s/a.png", folder);
	start_for_pictures(NULL);
	fd = broker_replace(path, 0, &hold);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "new", 3), 3);
	close(fd);
	assert_int_equal(rename(folder, moved), 0);
	assert_int_equal(symlink(hidden, folder), 0);
	assert_int_equal(broker_finish(&hold, true), 0);
	snprintf(path, sizeof(path), "%s/a.png", moved);
	assert_content(path, "new");
	assert_int_equal(rmdir(hidden), 0);
}

/* As pictures are called whose number is not known beforehand. */
static void
test_a_series(void **state)
{
	static const char *const of_it[] = { "/u/.s/a-.raw", "/u/.s/a-1.raw", "/u/.s/a-003-12.raw",
		"/u/.s/a-  3.raw", "/u/.s/1a-.raw" };
	static const char *const others[] = { "/u/.s/a.raw", "/u/.s/a-x.raw", "/u/.s/a-1.raw.1x",
		"/u/.s/a-1/2.raw", "/u/.s/a-1.rar", "/u/.s/", "/u/.s", "", "/u/.t/a-1.raw",
		"/u/.s/1/a-.raw", "a-1.raw", "/u/.s/a-1.ra" };
	struct broker_rules rules = { 0 };

	broker_rules_add(&rules, BROKER_SERIES, BROKER_WRITE, "/u/.s/a-.raw", NULL);
	for (size_t i = 0; i < sizeof(of_it) / sizeof(of_it[0]); i++) {
		assert_true(broker_rules_allow(&rules, of_it[i], BROKER_WRITE));
		assert_true(broker_rules_name(&rules, of_it[i], BROKER_WRITE));
		assert_false(broker_rules_allow(&rules, of_it[i], BROKER_READ));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(broker_rules_allow(&rules, others[i], BROKER_WRITE));
	}
	broker_rules_add(&rules, BROKER_SERIES, BROKER_WRITE, "a.png", NULL);
	assert_true(broker_rules_allow(&rules, "a1.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "./a1.png", BROKER_WRITE));
	broker_rules_finish(&rules);
}

static void
test_rules(void **state)
{
	struct broker_rules rules = { 0 };

	broker_rules_add(&rules, BROKER_PATH, BROKER_CONNECT, "/run/qmp", NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_CONNECT, NULL, NULL);
	broker_rules_add(&rules, BROKER_FOLDER, BROKER_READ, "/state", "layout-");
	broker_rules_add(&rules, BROKER_ENDING, BROKER_WRITE, ".png", NULL);
	assert_int_equal(rules.n_rules, 3);
	assert_true(broker_rules_allow(&rules, "/run/qmp", BROKER_CONNECT));
	assert_false(broker_rules_allow(&rules, "/run/qmp", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/run/qmp2", BROKER_CONNECT));
	assert_false(broker_rules_allow(&rules, "", BROKER_CONNECT));
	assert_true(broker_rules_allow(&rules, "/state/layout-1", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/state/other", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/state/layout-/../../etc/passwd", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/state", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/state/", BROKER_READ));
	assert_false(broker_rules_allow(&rules, "/states/layout-1", BROKER_READ));
	assert_true(broker_rules_allow(&rules, "a.PNG", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, ".png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "./.png", BROKER_WRITE));
	assert_true(broker_rules_allow(&rules, "./.a.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "a.png/passwd", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "a.png", BROKER_READ));
	/* What shells and the like read whatever it is called. */
	assert_false(broker_rules_allow(&rules, "/home/u/.bashrc.d/a.png", BROKER_WRITE));
	assert_false(broker_rules_allow(&rules, "../.config/a.png", BROKER_WRITE));
	assert_true(broker_rules_allow(&rules, "./../a/b.png", BROKER_WRITE));
	assert_true(broker_rules_allow(&rules, "/home/u/.cache/t/a.png", BROKER_WRITE));
	assert_true(broker_rules_name(&rules, "/run/qmp", BROKER_CONNECT));
	assert_true(broker_rules_name(&rules, "/state/layout-1", BROKER_READ));
	assert_false(broker_rules_name(&rules, "/state/layout-1", BROKER_WRITE));
	assert_false(broker_rules_name(&rules, "a.png", BROKER_WRITE));
	rules.all = true;
	assert_true(broker_rules_allow(&rules, "/etc/passwd", BROKER_READ));
	assert_true(broker_rules_name(&rules, "/etc/passwd", BROKER_READ));
	broker_rules_finish(&rules);
}

/* Descriptors of our own are others in the broker. */
static void
test_our_own_descriptors(void **state)
{
	char name[32];
	int ends[2], fd;
	char byte = 0;

	start_for_pictures(NULL);
	assert_int_equal(pipe(ends), 0);
	snprintf(name, sizeof(name), "/dev/fd/%d", ends[1]);
	fd = broker_create(name);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	close(fd);
	close(ends[0]);
	close(ends[1]);
	assert_int_equal(broker_create("/dev/fd/9999"), -EBADF);
	assert_int_equal(broker_create("/dev/fd/1x"), -EPERM);
}

static void
act_true(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	char shell[] = "sh", command[] = "-c";
	char *const arguments[] = { shell, command, (char *)(uintptr_t)request->text[0], NULL };

	answer->error = -posix_spawnp(&kept->pid, "sh", NULL, NULL, arguments, NULL);
}

static void
test_processes(void **state)
{
	const struct broker_request quick = { .act = BROKER_ACT_OCR, .text = { "exit 7" } };
	const struct broker_request slow = { .act = BROKER_ACT_OCR, .text = { "exec sleep 1000" } };
	struct broker_answer answer;
	struct broker_hold hold;
	struct broker_end end;

	broker_act_register(BROKER_ACT_OCR, act_true);
	/* It takes a broker, which is there then. */
	assert_int_equal(broker_ask(&quick, &answer, &hold), 0);
	assert_true(broker_is_running());
	assert_int_equal(broker_wait(&hold, &end), 0);
	assert_int_equal(end.code, CLD_EXITED);
	assert_int_equal(end.status, 7);

	assert_int_equal(broker_ask(&slow, &answer, &hold), 0);
	assert_int_equal(broker_finish(&hold, false), 0);

	/* As many as there is room for, each of which is let go of, and one more. */
	for (int round = 0; round < 2; round++) {
		struct broker_hold holds[BROKER_MAX_KEPT];

		for (int i = 0; i < BROKER_MAX_KEPT; i++) {
			int r = broker_ask(&slow, &answer, &holds[i]);

			/* Those of before are reaped when they are dead. */
			for (int k = 0; r == -EMFILE && k < 1000; k++) {
				usleep(10000);
				r = broker_ask(&slow, &answer, &holds[i]);
			}
			assert_int_equal(r, 0);
		}
		assert_int_equal(broker_ask(&slow, &answer, &hold), -EMFILE);
		for (int i = 0; i < BROKER_MAX_KEPT; i++) {
			assert_int_equal(broker_finish(&holds[i], false), 0);
		}
	}
}

static void
test_bus_addresses(void **state)
{
	struct sockaddr_un address;
	socklen_t size;

	assert_int_equal(bus_address_find("unix:path=/run/a%20b", &address, &size), 0);
	assert_string_equal(address.sun_path, "/run/a b");
	assert_int_equal(bus_address_find("tcp:host=a;unix:guid=1,path=/x", &address, &size), 0);
	assert_string_equal(address.sun_path, "/x");
	assert_int_equal(bus_address_find("unix:abstract=name,guid=2", &address, &size), 0);
	assert_int_equal(address.sun_path[0], 0);
	assert_string_equal(address.sun_path + 1, "name");
	assert_int_equal(size, offsetof(struct sockaddr_un, sun_path) + 5);
	assert_int_equal(bus_address_find("tcp:host=a,port=1", &address, &size), -ENOTSUP);
	assert_int_equal(bus_address_find("unix:path=%4", &address, &size), -ENOTSUP);
	assert_int_equal(bus_address_find("", &address, &size), -ENOTSUP);
	setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/session", 1);
	assert_int_equal(bus_address_find(NULL, &address, &size), 0);
	assert_string_equal(address.sun_path, "/session");
	unsetenv("DBUS_SESSION_BUS_ADDRESS");
	setenv("XDG_RUNTIME_DIR", "/run/user/1", 1);
	assert_int_equal(bus_address_find(NULL, &address, &size), 0);
	assert_string_equal(address.sun_path, "/run/user/1/bus");
	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(bus_address_find(NULL, &address, &size), -ENOENT);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_replacement_here),
		WITH_FOLDER(test_replacement_by_the_broker),
		WITH_FOLDER(test_an_owner_that_dies),
		WITH_FOLDER(test_an_owner_that_gave_its_end_away),
		WITH_FOLDER(test_rename_within_a_folder),
		WITH_FOLDER(test_what_completes_nothing),
		WITH_FOLDER(test_folders_and_owners_only),
		WITH_FOLDER(test_what_the_rules_forbid),
		WITH_FOLDER(test_what_is_really_hidden),
		WITH_FOLDER(test_what_a_link_may_not_replace),
		cmocka_unit_test(test_a_hidden_folder_to_work_in),
		WITH_FOLDER(test_where_the_user_works),
		WITH_FOLDER(test_what_is_named_and_hidden),
		WITH_FOLDER(test_a_folder_that_moves),
		cmocka_unit_test(test_a_series),
		cmocka_unit_test(test_rules),
		WITH_FOLDER(test_our_own_descriptors),
		WITH_FOLDER(test_processes),
		cmocka_unit_test(test_bus_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
