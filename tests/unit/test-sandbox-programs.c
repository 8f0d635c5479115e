#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
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

#ifdef SYS_open
/* Libraries do it by openat(). */
static int
try_old_create(void)
{
	return (int)syscall(SYS_open, "/tmp/vitrine-escaped", O_WRONLY | O_CREAT, 0600);
}

static int
try_old_truncating(void)
{
	return (int)syscall(SYS_open, "/dev/null", O_WRONLY | O_TRUNC);
}

static int
try_old_nameless(void)
{
	return (int)syscall(SYS_open, "/tmp", O_WRONLY | O_TMPFILE, 0600);
}
#endif

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
try_typing_on_a_console(void)
{
	char command = 6; /* what the shift keys do */

	return ioctl(STDIN_FILENO, TIOCLINUX, &command);
}

/* The kernel would send the signals, for whoever may not. */
static int
try_owner(void)
{
	return fcntl(unconnected, F_SETOWN, getppid());
}

static int
try_owner_of_a_thread(void)
{
	const struct f_owner_ex owner = { .type = F_OWNER_PID, .pid = getppid() };

	return fcntl(unconnected, F_SETOWN_EX, &owner);
}

static int
try_signal(void)
{
	return fcntl(unconnected, F_SETSIG, SIGKILL);
}

static int
try_owner_of_a_socket(void)
{
	const pid_t owner = getppid();

	return ioctl(unconnected, FIOSETOWN, &owner);
}

static int
try_group_of_a_socket(void)
{
	const pid_t owner = getppid();

	return ioctl(unconnected, SIOCSPGRP, &owner);
}

static int
try_limits(void)
{
	struct rlimit limit;

	return prlimit(getppid(), RLIMIT_NOFILE, NULL, &limit);
}

static int
try_priority(void)
{
	return setpriority(PRIO_PROCESS, (id_t)getppid(), 0);
}

static int
try_priority_of_a_group(void)
{
	return setpriority(PRIO_PGRP, 0, 0);
}

static int
try_disk_priority(void)
{
	return (int)syscall(SYS_ioprio_set, 1, getppid(), 0);
}

static int
try_disk_priority_of_a_group(void)
{
	return (int)syscall(SYS_ioprio_set, 2, 0, 0);
}

static int
try_affinity(void)
{
	cpu_set_t cpus;

	sched_getaffinity(0, sizeof(cpus), &cpus);
	return sched_setaffinity(getppid(), sizeof(cpus), &cpus);
}

static int
try_scheduler(void)
{
	return sched_setscheduler(getppid(), SCHED_OTHER, &(struct sched_param){ 0 });
}

static int
try_schedule(void)
{
	return sched_setparam(getppid(), &(struct sched_param){ 0 });
}

static int
try_schedule_of_today(void)
{
	const struct { /* linux/sched/types.h: SCHED_OTHER */
		uint32_t size, policy;
		uint64_t flags;
		uint32_t nice, priority;
		uint64_t runtime, deadline, period;
	} attributes = { .size = sizeof(attributes) };

	return (int)syscall(SYS_sched_setattr, getppid(), &attributes, 0);
}

/* Of these what they are to do is behind a pointer. */
static int
try_new_clone(void)
{
	uint64_t arguments[8] = { 0, 0, 0, 0, SIGCHLD };
	int pid = (int)syscall(SYS_clone3, arguments, sizeof(arguments));

	if (pid == 0) {
		_exit(0);
	}
	return pid;
}

static int
try_new_open(void)
{
	const uint64_t how[3] = { O_RDONLY };

	return (int)syscall(SYS_openat2, AT_FDCWD, "/usr", how, sizeof(how));
}

static int
try_truncating(void)
{
	return open("/dev/null", O_WRONLY | O_TRUNC);
}

static int
try_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		_exit(0);
	}
	return pid;
}

/* What cannot be told apart by what it is asked to do: each would say something else to this. */
static int
try_all_others(void)
{
	static const char *const names[] = { "socket", "socketpair", "connect", "bind", "listen",
		"accept", "accept4", "shmget", "shmat", "shmctl", "msgget", "msgsnd", "msgrcv",
		"msgctl", "semget", "semctl", "mq_open", "mq_unlink", "ptrace", "process_vm_readv",
		"process_vm_writev", "process_madvise", "pidfd_open", "pidfd_getfd",
		"pidfd_send_signal", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
		"migrate_pages", "move_pages", "creat", "mkdir", "mkdirat", "mknod", "mknodat",
		"rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat",
		"symlink", "symlinkat", "truncate", "truncate64", "chmod", "fchmod", "fchmodat",
		"chown", "fchown", "lchown", "fchownat", "chown32", "fchown32", "lchown32", "utime",
		"utimes", "futimesat", "utimensat", "utimensat_time64", "setxattr", "lsetxattr",
		"fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "name_to_handle_at",
		"open_by_handle_at", "unshare", "setns", "chroot", "pivot_root", "mount", "umount",
		"umount2", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
		"quotactl", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load",
		"init_module", "finit_module", "delete_module", "acct", "syslog", "sethostname",
		"setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
		"iopl", "ioperm", "modify_ldt", "vhangup", "setuid", "setgid", "setreuid",
		"setregid", "setresuid", "setresgid", "setgroups", "capset", "bpf",
		"perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter",
		"io_uring_register", "add_key", "request_key", "keyctl", "fanotify_init",
		"fanotify_mark", "lookup_dcookie", "nfsservctl", "uselib" };
	/* As in sandbox-refused.c. */
	static const int numbers[] = { 442, 443, 452, 463, 466, 467, 469 };
	const size_t n_names = sizeof(names) / sizeof(names[0]);

	for (size_t i = 0; i < n_names + sizeof(numbers) / sizeof(numbers[0]); i++) {
		int call =
			i < n_names ? seccomp_syscall_resolve_name(names[i]) : numbers[i - n_names];

		/* Negative is one that this architecture does not have. */
		if (call >= 0 && (syscall(call, -1, -1, -1, -1, -1, -1) >= 0 || errno != EPERM)) {
			fprintf(stderr, "%s (%d) is not refused\n",
				i < n_names ? names[i] : "a new one", call);
			return 0;
		}
	}
	errno = EPERM;
	return -1;
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
#ifdef SYS_open
		{ "old create", try_old_create, EPERM },
		{ "old truncating", try_old_truncating, EPERM },
		{ "old nameless", try_old_nameless, EPERM },
#endif
#ifdef SYS_fork
		{ "old fork", try_old_fork, EPERM },
#endif
		{ "ptrace", try_ptrace, EPERM },
		{ "reading memory", try_reading_memory, EPERM },
		{ "kill", try_kill, EPERM },
		{ "typing", try_typing, EPERM },
		{ "typing on a console", try_typing_on_a_console, EPERM },
		{ "F_SETOWN", try_owner, EPERM },
		{ "F_SETOWN_EX", try_owner_of_a_thread, EPERM },
		{ "F_SETSIG", try_signal, EPERM },
		{ "FIOSETOWN", try_owner_of_a_socket, EPERM },
		{ "SIOCSPGRP", try_group_of_a_socket, EPERM },
		{ "limits", try_limits, EPERM },
		{ "priority", try_priority, EPERM },
		{ "priority of a group", try_priority_of_a_group, EPERM },
		{ "disk priority", try_disk_priority, EPERM },
		{ "disk priority of a group", try_disk_priority_of_a_group, EPERM },
		{ "affinity", try_affinity, EPERM },
		{ "scheduler", try_scheduler, EPERM },
		{ "schedule", try_schedule, EPERM },
		{ "schedule of today", try_schedule_of_today, EPERM },
		{ "clone3", try_new_clone, ENOSYS },
		{ "openat2", try_new_open, ENOSYS },
		{ "truncating", try_truncating, EPERM },
		{ "vfork", try_vfork, EPERM },
		{ "all others", try_all_others, EPERM },
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
	assert_true(try_owner_of_a_socket() >= 0 && try_priority() >= 0 && try_affinity() >= 0 &&
		    try_schedule_of_today() >= 0);
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

/* As drivers do in threads that have less haste. */
static int
try_own_priority(void)
{
	cpu_set_t cpus;

	return setpriority(PRIO_PROCESS, 0, 19) < 0 || syscall(SYS_ioprio_set, 1, 0, 0) < 0 ||
			       sched_getaffinity(0, sizeof(cpus), &cpus) < 0 ||
			       sched_setaffinity(0, sizeof(cpus), &cpus) < 0 ||
			       sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){ 0 }) < 0
		       ? -1
		       : 0;
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
	assert_int_equal(confined(sandbox_enter_gpu_helper, try_own_priority), 0);
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
	return sandbox_leave_files_quietly(&needs) == -ENOSYS ? sandbox_enter_quietly(&needs) : -1;
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
