#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-child.h"

#define FIRST (STDERR_FILENO + 1)
/* Any that the child did not get. */
#define LOWEST_OPEN 3
#define HIGHEST_OPEN 100

static int
wait_status(pid_t pid)
{
	int status;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Files that tell by their size which they are. */
static void
open_three(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		fds[i] = unit_memfd((size_t)i + 1, 0);
	}
}

static void
close_three(int fds[3])
{
	for (int i = 0; i < 3; i++) {
		fd_close(&fds[i]);
	}
}

static int
size_at(int fd)
{
	struct stat status;

	return fstat(fd, &status) < 0 ? -1 : (int)status.st_size;
}

/* In the child: 0, or which of the promises is not kept. */
static int
check_child(int first)
{
	char name[16];
	sigset_t blocked;

	for (int i = 0; i < 3; i++) {
		if (size_at(first + i) != 3 - i) {
			return 10 + i;
		}
		if (fcntl(first + i, F_GETFD) != 0) {
			return 20 + i;
		}
	}
	for (int fd = LOWEST_OPEN; fd < HIGHEST_OPEN; fd++) {
		if ((fd < first || fd > first + 2) && fcntl(fd, F_GETFD) >= 0) {
			return 30;
		}
	}
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	if (sigismember(&blocked, SIGCHLD) != 0) {
		return 40;
	}
	prctl(PR_GET_NAME, name);
	return strcmp(name, "child") == 0 ? 0 : 50;
}

/* From the end to the beginning: each would be closed by another one's coming to its place. */
static void
check_places(int first)
{
	sigset_t child, before;
	int fds[3];
	pid_t pid;

	open_three(fds);
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	pid = broker_child_fork("child", first, (const int[]){ fds[2], fds[1], fds[0] }, 3);
	if (pid == 0) {
		_exit(check_child(first));
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(wait_status(pid), 0);
	close_three(fds);
}

static void
test_places(void **state)
{
	check_places(FIRST);
	check_places(STDIN_FILENO);
}

static void
test_what_is_not_open(void **state)
{
	pid_t pid = broker_child_fork(NULL, STDIN_FILENO, (const int[]){ -1 }, 1);

	if (pid == 0) {
		_exit(0);
	}
	assert_int_equal(wait_status(pid), BROKER_CHILD_NOT_STARTED);
}

/* What serve() finds. */
struct report {
	int size; /* of what it was given; -1: it was given nothing */
	bool end_waits, fd_waits;
};

/* Tells for each byte, until the end. */
static void
serve(int end, int fd)
{
	struct report report = {
		.size = size_at(fd),
		.end_waits = (fcntl(end, F_GETFL) & O_NONBLOCK) == 0,
		.fd_waits = (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0,
	};
	char byte;

	while (read(end, &byte, 1) == 1) {
		write(end, &report, sizeof(report));
	}
}

static struct report
ask(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct report report = { 0 };

	assert_int_equal(write(fd, "", 1), 1);
	assert_int_equal(poll(&poll_fd, 1, -1), 1);
	assert_int_equal(read(fd, &report, sizeof(report)), sizeof(report));
	return report;
}

static void
check_serve(int flags, int fd, int size)
{
	struct broker_answer answer = { .fd = -1 };
	struct broker_kept kept = { 0 };

	broker_child_serve("child", SOCK_STREAM | flags, serve, fd, &answer, &kept);
	assert_int_equal(answer.error, 0);
	assert_int_equal(fcntl(answer.fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(answer.fd, F_GETFL) & O_NONBLOCK, flags);
	for (int i = 0; i < 2; i++) {
		struct report report = ask(answer.fd);

		assert_int_equal(report.size, size);
		assert_true(report.end_waits);
		assert_true(fd < 0 || report.fd_waits);
	}
	fd_close(&answer.fd);
	assert_int_equal(wait_status(kept.pid), 0);
}

static void
test_serve(void **state)
{
	int file = unit_memfd(3, 0);

	assert_int_equal(fcntl(file, F_SETFL, O_NONBLOCK), 0);
	check_serve(SOCK_NONBLOCK, file, 3);
	fd_close(&file);
	check_serve(0, -1, -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_what_is_not_open),
		cmocka_unit_test(test_serve),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
