#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox.h"

typedef int (*try_fn)(void);

/* The parent of who tries, which cannot ask for it. */
static pid_t parent;

static int
enter(const void *needs)
{
	log_set_level(LOG_LEVEL_ERROR);
	return sandbox_enter(needs);
}

static int
confined(const struct sandbox_needs *needs, try_fn try)
{
	return unit_confined(enter, needs, try);
}

static int
try_open(void)
{
	return open("/etc/passwd", O_RDONLY);
}

static int
try_create(void)
{
	return open("/tmp/vitrine-escaped", O_WRONLY | O_CREAT, 0600);
}

static int
try_stat(void)
{
	struct stat status;

	return stat("/etc/passwd", &status);
}

static int
try_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
try_internet(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static int
try_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int
try_exec(void)
{
	char program[] = "/bin/true";
	char *const arguments[] = { program, NULL };

	return execv(arguments[0], arguments);
}

static int
try_fork(void)
{
	return fork();
}

static int
try_kill(void)
{
	return kill(parent, 0);
}

static int
try_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, parent, NULL, NULL);
}

static int
try_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
			       MAP_FAILED
		       ? -1
		       : 0;
}

static int
try_code_later(void)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static int
try_request(void)
{
	int number = 0;

	return ioctl(STDIN_FILENO, TIOCSTI, &number);
}

static int
try_more_rights(void)
{
	return setuid(0);
}

static int
try_unshare(void)
{
	return (int)syscall(SYS_unshare, 0x10000000);
}

/* The kernel would send the signals, for whoever may not. */
static int
try_owner(void)
{
	return fcntl(STDERR_FILENO, F_SETOWN, parent);
}

static int
try_owner_of_a_thread(void)
{
	const struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = parent };

	return fcntl(STDERR_FILENO, F_SETOWN_EX, &owner);
}

static int
try_signal(void)
{
	return fcntl(STDERR_FILENO, F_SETSIG, SIGKILL);
}

static int
try_notify(void)
{
	return fcntl(STDERR_FILENO, F_NOTIFY, DN_CREATE);
}

static int
try_lease(void)
{
	return fcntl(STDERR_FILENO, F_SETLEASE, F_UNLCK);
}

static int
try_pair(int domain, int type)
{
	int ends[2];

	return socketpair(domain, type, 0, ends);
}

/* One end can send to any path. */
static int
try_datagrams(void)
{
	return try_pair(AF_UNIX, SOCK_DGRAM);
}

/* In this domain the kernel takes it for one of datagrams. */
static int
try_raw(void)
{
	return try_pair(AF_UNIX, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK);
}

static int
try_other_pair(void)
{
	return try_pair(AF_TIPC, SOCK_STREAM);
}

static void
test_what_is_gone(void **state)
{
	static const struct {
		const char *name;
		try_fn try;
	} tries[] = {
		{ "open", try_open },
		{ "create", try_create },
		{ "stat", try_stat },
		{ "socket", try_socket },
		{ "internet", try_internet },
		{ "netlink", try_netlink },
		{ "exec", try_exec },
		{ "fork", try_fork },
		{ "kill", try_kill },
		{ "ptrace", try_ptrace },
		{ "code", try_code },
		{ "code later", try_code_later },
		{ "ioctl", try_request },
		{ "setuid", try_more_rights },
		{ "unshare", try_unshare },
		{ "F_SETOWN", try_owner },
		{ "F_SETOWN_EX", try_owner_of_a_thread },
		{ "F_SETSIG", try_signal },
		{ "F_NOTIFY", try_notify },
		{ "F_SETLEASE", try_lease },
		{ "datagrams", try_datagrams },
		{ "raw pair", try_raw },
		{ "pair of TIPC", try_other_pair },
	};
	const struct sandbox_needs needs = { 0 };

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int error = confined(&needs, tries[i].try);

		if (error != EPERM) {
			fail_msg("%s: %s", tries[i].name, strerror(error));
		}
	}
	assert_int_equal(access("/tmp/vitrine-escaped", F_OK), -1);
}

static void *
think(void *data)
{
	*(int *)data = 1;
	return NULL;
}

/* What a viewer lives on. */
static int
try_life(void)
{
	int ends[2], thought = 0;
	pthread_t thread;
	struct stat status;
	char byte = 'a';
	int fd = memfd_create("life", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 4096) < 0 || fstat(fd, &status) < 0 ||
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED ||
		socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0 || write(ends[0], &byte, 1) != 1 ||
		read(ends[1], &byte, 1) != 1 ||
		pthread_create(&thread, NULL, think, &thought) != 0 ||
		pthread_join(thread, NULL) != 0) {
		return -1;
	}
	errno = ECANCELED;
	return thought == 1 ? 0 : -1;
}

static int
try_pairs(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET };

	for (size_t i = 0; i < 2; i++) {
		if (try_pair(AF_UNIX, types[i]) < 0 ||
			try_pair(AF_UNIX, types[i] | SOCK_CLOEXEC | SOCK_NONBLOCK) < 0) {
			return -1;
		}
	}
	return 0;
}

static int
try_own_descriptors(void)
{
	int fd = memfd_create("own", MFD_ALLOW_SEALING);
	int copy = fcntl(fd, F_DUPFD, 100);

	if (copy < 100 || fcntl(fd, F_DUPFD_CLOEXEC, 100) < 0 ||
		fcntl(copy, F_SETFD, FD_CLOEXEC) < 0 || fcntl(copy, F_GETFD) != FD_CLOEXEC ||
		fcntl(copy, F_SETFL, O_NONBLOCK) < 0 || fcntl(copy, F_GETFL) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0 ||
		fcntl(fd, F_GET_SEALS) != F_SEAL_SHRINK) {
		return -1;
	}
	return 0;
}

static void
test_what_is_left(void **state)
{
	const struct sandbox_needs needs = { 0 };

	assert_int_equal(confined(&needs, try_life), 0);
	assert_int_equal(confined(&needs, try_pairs), 0);
	assert_int_equal(confined(&needs, try_own_descriptors), 0);
}

static int
try_font(void)
{
	return open("/usr/share", O_RDONLY | O_DIRECTORY);
}

static int
try_device_folder(void)
{
	return open("/sys", O_RDONLY | O_DIRECTORY);
}

static int
try_write_font(void)
{
	return open("/usr/share/vitrine-escaped", O_WRONLY | O_CREAT, 0600);
}

/* Where there has to be more it is reading, and nothing but what it is for. */
static void
test_what_needs_leave(void **state)
{
	const struct sandbox_needs decorations = { .decorations = true };
	const struct sandbox_needs devices = { .devices = true };

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0) {
		print_message("skipped: this kernel has no Landlock\n");
		skip();
	}
	assert_int_equal(confined(&decorations, try_font), 0);
	assert_int_equal(confined(&decorations, try_write_font), EPERM);
	assert_int_equal(confined(&decorations, try_open), EACCES);
	assert_int_equal(confined(&decorations, try_device_folder), EACCES);
	assert_int_equal(confined(&decorations, try_exec), EPERM);
	assert_int_equal(confined(&decorations, try_code), EPERM);
	assert_int_equal(confined(&devices, try_device_folder), 0);
	assert_int_equal(confined(&devices, try_open), EACCES);
	assert_int_equal(confined(&devices, try_internet), EPERM);
}

static int
try_anything(void)
{
	int tried = try_exec();

	return tried < 0 ? tried : 0;
}

/* For tests: what fails otherwise, and may not be noticed, ends the process. */
static void
test_kill(void **state)
{
	const struct sandbox_needs needs = { 0 };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		setenv("VITRINE_TEST_SANDBOX", "kill", 1);
		sandbox_enter(&needs);
		try_anything();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_gone),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_what_needs_leave),
		cmocka_unit_test(test_kill),
	};
	const struct sandbox_needs needs = { 0 };
	int status = 0;
	pid_t pid;

	unsetenv("VITRINE_TEST_SANDBOX");
	parent = getpid();
	pid = fork();
	if (pid == 0) {
		_exit(sandbox_enter(&needs) == -ENOTSUP ? 77 : 0);
	}
	waitpid(pid, &status, 0);
	/* A build with a sanitizer is not confined. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
