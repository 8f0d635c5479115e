#include "unit.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

/* All calls that are left to what is confined by a list of what is allowed, by name. */

/* There are some 470, and room. */
#define N_CALLS 1024
/* What is done to a call that has this in its last argument, which none of libc's has. */
#define MARK 0x76697472u
#define NOT_REFUSED ENOANO /* no call fails so */

/* Each is tried with two sets of arguments: zeros, and ones in all bits. */
#define N_TRIES 2
static const long arguments[N_TRIES] = { 0, -1 };

struct list {
	const char *always;
	const char *zeros; /* with these alone */
	const char *ones;
	const char *missing; /* said not to be there */
};

static const struct list viewer = {
	.always = "accept4 brk clock_getres clock_gettime clock_nanosleep close dup "
		  "epoll_create1 epoll_ctl epoll_pwait epoll_pwait2 epoll_wait eventfd2 "
		  "exit exit_group fallocate fstat fstatfs fsync ftruncate futex getegid "
		  "geteuid getgid getpeername getpid getrandom getsockname getsockopt "
		  "gettid gettimeofday getuid lseek madvise memfd_create mremap munmap "
		  "nanosleep pipe2 poll ppoll pread64 pselect6 pwrite64 read readv "
		  "recvfrom recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask "
		  "rt_sigreturn sched_getaffinity sched_yield select sendmmsg sendmsg "
		  "sendto set_robust_list setsockopt shutdown signalfd4 sysinfo time "
		  "timerfd_create timerfd_settime write writev",
	/* no PROT_EXEC; F_DUPFD */
	.zeros = "mmap mprotect fcntl",
	/* CLONE_THREAD; AT_EMPTY_PATH */
	.ones = "clone newfstatat",
	.missing = "clone3",
};
static const struct list files = {
	.always = "access faccessat faccessat2 fadvise64 getcwd getdents64 inotify_add_watch "
		  "inotify_init1 inotify_rm_watch lstat newfstatat readlink readlinkat stat statfs "
		  "statx",
	/* O_RDONLY */
	.zeros = "open openat",
};
static const struct list fake = { .always = "ioctl" };
static const struct list relay = {
	.always = "brk clock_gettime close exit_group futex getrandom madvise mremap munmap poll "
		  "ppoll read recvfrom recvmsg restart_syscall rt_sigprocmask rt_sigreturn sendmsg "
		  "sendto shutdown write writev",
	.zeros = "mmap",
};

/* uretprobe and uprobe: no filter is asked, and whoever calls them otherwise is killed. */
#define FIRST_OF_PROBES 335
#define LAST_OF_PROBES 336

typedef int errors[N_CALLS][N_TRIES];

static errors *found; /* shared with the process that tries */

/*
 * No call with the mark is made. It fails with this error, unless the filter that confines refuses
 * it with another: an error counts for more than leave, and of two the later filter's.
 */
static int
pretend(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | NOT_REFUSED),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0
		       ? -1
		       : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int
enter_viewer(const void *needs)
{
	return pretend() < 0 ? -1 : sandbox_restrict_calls(needs, false);
}

static int
enter_relay(const void *nothing)
{
	return pretend() < 0 ? -1 : sandbox_enter_relay();
}

static int
try_all(void)
{
	for (int call = 0; call < N_CALLS; call++) {
		for (size_t i = 0; i < N_TRIES; i++) {
			const long a = arguments[i];

			if (call >= FIRST_OF_PROBES && call <= LAST_OF_PROBES) {
				(*found)[call][i] = EPERM;
				continue;
			}
			(*found)[call][i] =
				syscall(call, a, a, a, a, a, (long)MARK) < 0 ? errno : 0;
		}
	}
	/* The mark does not stay in its register, for calls that are meant. */
	syscall(SYS_getpid, 0, 0, 0, 0, 0, 0);
	return 0;
}

static void
expect_names(errors *expected, const char *names, int zeros, int ones)
{
	char *copy = names == NULL ? NULL : strdup(names), *rest = copy, *name;

	while ((name = strsep(&rest, " ")) != NULL) {
		int call = seccomp_syscall_resolve_name(name);

		if (call < 0 || call >= N_CALLS) {
			fail_msg("there is no %s", name);
		}
		(*expected)[call][0] = zeros != 0 ? zeros : (*expected)[call][0];
		(*expected)[call][1] = ones != 0 ? ones : (*expected)[call][1];
	}
	free(copy);
}

static void
expect(errors *expected, const struct list *list)
{
	expect_names(expected, list->always, NOT_REFUSED, NOT_REFUSED);
	expect_names(expected, list->zeros, NOT_REFUSED, 0);
	expect_names(expected, list->ones, 0, NOT_REFUSED);
	expect_names(expected, list->missing, ENOSYS, ENOSYS);
}

/* The lists are those of what enter() leaves, and there is nothing else. */
static void
check(int (*enter)(const void *needs), const void *needs, const struct list *lists[2])
{
	static errors expected;
	int n_wrong = 0;

	for (size_t i = 0; i < (size_t)N_CALLS * N_TRIES; i++) {
		expected[i / N_TRIES][i % N_TRIES] = EPERM;
	}
	for (size_t i = 0; i < 2 && lists[i] != NULL; i++) {
		expect(&expected, lists[i]);
	}
	assert_int_equal(unit_confined(enter, needs, try_all), 0);
	for (int i = 0; i < N_CALLS * N_TRIES; i++) {
		int call = i / N_TRIES, is = (*found)[call][i % N_TRIES];

		if (is != expected[call][i % N_TRIES]) {
			char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, call);

			print_error("%s (%d), arguments of %s: %s\n", name == NULL ? "?" : name,
				call, i % N_TRIES == 0 ? "zeros" : "ones",
				is == NOT_REFUSED ? "not refused" : strerror(is));
			free(name);
			n_wrong++;
		}
	}
	assert_int_equal(n_wrong, 0);
}

static void
test_viewer(void **state)
{
	const struct sandbox_needs nothing = { 0 }, decorations = { .decorations = true },
				   devices = { .devices = true }, guest = { .fake = true };

	check(enter_viewer, &nothing, (const struct list *[]){ &viewer, NULL });
	check(enter_viewer, &decorations, (const struct list *[]){ &viewer, &files });
	check(enter_viewer, &devices, (const struct list *[]){ &viewer, &files });
	check(enter_viewer, &guest, (const struct list *[]){ &viewer, &fake });
}

static void
test_relay(void **state)
{
	check(enter_relay, NULL, (const struct list *[]){ &relay, NULL });
}

static int
group_setup(void **state)
{
	found = mmap(
		NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return found == MAP_FAILED ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_viewer),
		cmocka_unit_test(test_relay),
	};

	if (SANDBOX_HAS_SANITIZER) {
		puts("skipped: a build with a sanitizer is not confined");
		return 77;
	}
	if (seccomp_arch_native() != SCMP_ARCH_X86_64) {
		puts("skipped: the lists are those of x86-64");
		return 77;
	}
	unsetenv("VITRINE_TEST_SANDBOX");
	return cmocka_run_group_tests(tests, group_setup, NULL);
}
