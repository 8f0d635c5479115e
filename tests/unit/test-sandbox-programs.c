#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "sandbox.h"

/* The confinement of the GPU helper and of tesseract. */
typedef int (*try_fn)(void);
typedef int (*enter_fn)(void);

/* The user's folder, with a file in it, a socket that somebody listens on, and drivers. */
static char home[] = "/tmp/vitrine-home-XXXXXX";
static char file[64], listening[64], drivers[64], driver[80];
/* Inherited, as the helper's. */
static int unconnected;

static int
enter_program(void)
{
	return sandbox_enter_program("/bin/true");
}

static int
enter_by(const void *data)
{
	log_set_level(LOG_LEVEL_ERROR);
	return (*(const enter_fn *)data)();
}

static int
confined(enter_fn enter, try_fn try)
{
	return unit_confined(enter_by, &enter, try);
}

static int
try_home(void)
{
	return open(file, O_RDONLY);
}

static int
try_home_folder(void)
{
	return open(home, O_RDONLY | O_DIRECTORY);
}

static int
try_change(void)
{
	return open(file, O_WRONLY);
}

static int
try_create(void)
{
	return open("/tmp/vitrine-escaped", O_WRONLY | O_CREAT, 0600);
}

static int
try_nameless(void)
{
	return open("/tmp", O_WRONLY | O_TMPFILE, 0600);
}

static int
try_delete(void)
{
	return unlink(file);
}

static int
try_mode(void)
{
	return chmod(file, 0777);
}

/* That libseccomp may not know. */
static int
try_new_mode(void)
{
	return (int)syscall(452, AT_FDCWD, file, 0777, 0);
}

static int
try_others_memory(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", getppid());
	return open(path, O_RDONLY);
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
try_connect(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	strcpy(address.sun_path, listening);
	return connect(unconnected, (const struct sockaddr *)&address, sizeof(address));
}

static int
try_exec(void)
{
	char program[] = "/usr/bin/env";
	char *const arguments[] = { program, NULL };

	return execv(program, arguments);
}

/* The one that is allowed to tesseract's process. */
static int
try_itself(void)
{
	char program[] = "/bin/true";
	char *const arguments[] = { program, NULL };

	return execv(program, arguments);
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		_exit(0);
	}
	return pid;
}

#ifdef SYS_fork
/* Libraries do it by clone(). */
static int
try_old_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);

	if (pid == 0) {
		_exit(0);
	}
	return pid;
}
#endif

static int
try_ptrace(void)
{
	return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int
try_reading_memory(void)
{
	int number = 0, local;
	struct iovec here = { &local, sizeof(local) }, there = { &number, sizeof(number) };

	return (int)process_vm_readv(getpid(), &here, 1, &there, 1, 0);
}

static int
try_kill(void)
{
	return kill(getppid(), 0);
}

/* The kernel looks at the lower half alone. */
static int
try_typing(void)
{
	char letter = 'a';

	return (int)syscall(SYS_ioctl, STDIN_FILENO, (long)(UINT64_C(1) << 40 | TIOCSTI), &letter);
}

static int
try_staying(void)
{
	return prctl(PR_SET_PDEATHSIG, 0);
}

static int
try_io_uring(void)
{
	return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int
try_perf(void)
{
	return (int)syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0);
}

static int
try_unshare(void)
{
	return (int)syscall(SYS_unshare, 0x10000000);
}

static void
test_what_is_gone(void **state)
{
	static const struct {
		const char *name;
		try_fn try;
		int error;
	} tries[] = {
		{ "home", try_home, EACCES },
		{ "home folder", try_home_folder, EACCES },
		{ "change", try_change, EACCES },
		{ "create", try_create, EPERM },
		{ "nameless", try_nameless, EPERM },
		{ "delete", try_delete, EPERM },
		{ "mode", try_mode, EPERM },
		{ "new mode", try_new_mode, EPERM },
		{ "others' memory", try_others_memory, EACCES },
		{ "socket", try_socket, EPERM },
		{ "internet", try_internet, EPERM },
		{ "connect", try_connect, EPERM },
		{ "fork", try_fork, EPERM },
#ifdef SYS_fork
		{ "old fork", try_old_fork, EPERM },
#endif
		{ "ptrace", try_ptrace, EPERM },
		{ "reading memory", try_reading_memory, EPERM },
		{ "kill", try_kill, EPERM },
		{ "typing", try_typing, EPERM },
		{ "staying", try_staying, EPERM },
		{ "io_uring", try_io_uring, EPERM },
		{ "perf", try_perf, EPERM },
		{ "unshare", try_unshare, EPERM },
	};

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int helper = confined(sandbox_enter_gpu_helper, tries[i].try);
		int program = confined(enter_program, tries[i].try);

		if (helper != tries[i].error || program != tries[i].error) {
			fail_msg("%s: %s and %s", tries[i].name, strerror(helper),
				strerror(program));
		}
	}
	assert_int_equal(access(file, F_OK), 0);
	assert_int_equal(access("/tmp/vitrine-escaped", F_OK), -1);
	/* Each of them can be done otherwise. */
	assert_true(try_home() >= 0 && try_change() >= 0 && try_connect() >= 0 && try_mode() >= 0);
}

static void
test_programs(void **state)
{
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_itself), EPERM);
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_exec), EPERM);
	assert_int_equal(confined(enter_program, try_itself), 0);
	assert_int_equal(confined(enter_program, try_exec), EACCES);
}

static void *
think(void *data)
{
	*(int *)data = 1;
	return NULL;
}

/* What Mesa and tesseract live on. */
static int
try_life(void)
{
	static const char *const places[] = { "/usr", "/etc", "/lib", "/sys", "/dev/urandom" };
	int thought = 0;
	pthread_t thread;
	void *code = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = memfd_create("life", MFD_CLOEXEC);

	if (code == MAP_FAILED || fd < 0 || ftruncate(fd, 4096) < 0 ||
		open("/dev/null", O_RDWR) < 0 || pthread_create(&thread, NULL, think, &thought) ||
		pthread_join(thread, NULL)) {
		return -1;
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (open(places[i], O_RDONLY) < 0) {
			return -1;
		}
	}
	errno = ECANCELED;
	return thought == 1 ? 0 : -1;
}

/* Who exports a dma-buf stands there. */
static int
try_own_descriptors(void)
{
	return open("/proc/self/fdinfo/1", O_RDONLY);
}

/* The environment says where it is. */
static int
try_driver(void)
{
	return open(driver, O_RDONLY);
}

static void
test_what_is_left(void **state)
{
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_life), 0);
	assert_int_equal(confined(enter_program, try_life), 0);
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_own_descriptors), 0);
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_driver), EACCES);
	setenv("LIBGL_DRIVERS_PATH", drivers, 1);
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_driver), 0);
	assert_int_equal(confined(enter_program, try_driver), EACCES);
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_home), EACCES);
	unsetenv("LIBGL_DRIVERS_PATH");
}

/* A kernel before 5.13, or one that has it off. */
static void
lose_landlock(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_landlock_create_ruleset, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int
enter_helper_without_landlock(void)
{
	lose_landlock();
	return sandbox_enter_gpu_helper() == -ENOSYS ? 0 : -1;
}

static int
enter_text_without_landlock(void)
{
	const struct sandbox_needs needs = { .decorations = true };

	lose_landlock();
	return sandbox_enter_quietly(&needs) == -ENOSYS ? 0 : -1;
}

static void
test_without_landlock(void **state)
{
	assert_int_equal(confined(enter_helper_without_landlock, try_home), 0);
	assert_int_equal(confined(enter_helper_without_landlock, try_create), EPERM);
	assert_int_equal(confined(enter_helper_without_landlock, try_delete), EPERM);
	assert_int_equal(confined(enter_helper_without_landlock, try_connect), EPERM);
	assert_int_equal(confined(enter_helper_without_landlock, try_exec), EPERM);
	assert_int_equal(confined(enter_helper_without_landlock, try_kill), EPERM);
	assert_int_equal(confined(enter_text_without_landlock, try_home), 0);
	assert_int_equal(confined(enter_text_without_landlock, try_exec), EPERM);
}

/* The viewer says it in one line, once, and the helper no more. */
static void
check_warning(const struct sandbox_needs *needs, const char *what)
{
	char said[4096] = "";
	int ends[2];
	size_t length = 0;
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], STDERR_FILENO);
		log_set_level(LOG_LEVEL_WARNING);
		lose_landlock();
		sandbox_enter_gpu_helper();
		sandbox_enter(needs);
		sandbox_enter(needs);
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0) {
		length += (size_t)n;
	}
	close(ends[0]);
	waitpid(pid, NULL, 0);
	assert_non_null(strstr(said, what));
	assert_ptr_equal(strchr(said, '\n'), said + length - 1);
}

static void
test_warning(void **state)
{
	check_warning(&(struct sandbox_needs){ 0 }, "no Landlock");
	check_warning(&(struct sandbox_needs){ .decorations = true }, "Landlock: Function not");
}

static int
group_setup(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_non_null(mkdtemp(home));
	snprintf(file, sizeof(file), "%s/diary", home);
	snprintf(drivers, sizeof(drivers), "%s/drivers", home);
	snprintf(driver, sizeof(driver), "%s/dri.so", drivers);
	snprintf(listening, sizeof(listening), "%s/bus", home);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", listening);
	assert_int_equal(mkdir(drivers, 0700), 0);
	assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(close(open(driver, O_CREAT | O_WRONLY, 0600)), 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	unconnected = socket(AF_UNIX, SOCK_STREAM, 0);
	setenv("HOME", home, 1);
	return 0;
}

static int
group_teardown(void **state)
{
	unlink(file);
	unlink(driver);
	unlink(listening);
	rmdir(drivers);
	rmdir(home);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_gone),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_what_is_left),
		cmocka_unit_test(test_without_landlock),
		cmocka_unit_test(test_warning),
	};
	int status = 0;
	pid_t pid;

	unsetenv("VITRINE_TEST_SANDBOX");
	pid = fork();
	if (pid == 0) {
		int r = sandbox_enter_gpu_helper();

		_exit(r == -ENOTSUP || r == -ENOSYS ? 77 : 0);
	}
	waitpid(pid, &status, 0);
	/* A build with a sanitizer is not confined, nor is it where there is no Landlock. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
		return 77;
	}
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
