#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/input.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What an event loop on sockets, memory and threads takes, and nothing that gets at more. Who needs
 * which of them stands in ARCHITECTURE.md, "Confinement".
 */
static const int always[] = {
	/* by their names on 32 bits */
	SCMP_SYS(_llseek),
	SCMP_SYS(fstat64),
	SCMP_SYS(fstatfs64),
	SCMP_SYS(ftruncate64),
	SCMP_SYS(send),
	SCMP_SYS(recv),
	SCMP_SYS(ugetrlimit),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(futex_time64),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(pselect6_time64),
	SCMP_SYS(timerfd_settime64),
	SCMP_SYS(sigreturn),
	SCMP_SYS(getuid32),
	SCMP_SYS(geteuid32),
	SCMP_SYS(getgid32),
	SCMP_SYS(getegid32),
	/* the loop */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_pwait2),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(select),
	SCMP_SYS(pselect6),
	SCMP_SYS(eventfd2),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(signalfd4),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(restart_syscall),
	/* descriptors that it has */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(pread64),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64),
	SCMP_SYS(close),
	SCMP_SYS(lseek),

	SCMP_SYS(dup),
	SCMP_SYS(fstat),
	SCMP_SYS(fstatfs),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fallocate),
	SCMP_SYS(fsync),
	SCMP_SYS(memfd_create),
	SCMP_SYS(pipe2),
	/* sockets that it has */
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(accept4),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	/* memory */
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	/* threads and itself */
	SCMP_SYS(futex),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(gettid),
	SCMP_SYS(getpid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* SOCK_CLOEXEC and SOCK_NONBLOCK are or-ed to it. */
#define SOCKET_TYPE_MASK 0xf

/* Of files that Landlock leaves: reading, no more. */
static const int with_files[] = {
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(getcwd),
	SCMP_SYS(fadvise64),
	SCMP_SYS(inotify_init1),
	SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
};

/* Of dma-bufs and of streams that it has. */
static const unsigned long requests[] = {
	DMA_BUF_IOCTL_SYNC,
	DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
	DMA_BUF_IOCTL_IMPORT_SYNC_FILE,
	TCGETS,
	FIONREAD,
};

static int
allow_all(scmp_filter_ctx filter, const int *calls, size_t n_calls)
{
	int r = 0;

	for (size_t i = 0; i < n_calls && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
		/* A call that this architecture does not have. */
		r = r == -EDOM ? 0 : r;
	}
	return r;
}

static int
allow_memory(scmp_filter_ctx filter)
{
	static const int calls[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2), SCMP_SYS(mprotect) };
	int r = 0;

	/* Nothing new is code. */
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		r = r == -EDOM ? 0 : r;
	}
	return r;
}

static int
allow_threads(scmp_filter_ctx filter)
{
	/* Its flags are behind a pointer: libc falls back to clone. */
	int r = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (r >= 0) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
	}
	/* Interrupts threads of its own. */
	if (r >= 0) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
	}
	return r;
}

static int
allow_sockets(scmp_filter_ctx filter)
{
	/* A pair of these leads nowhere else; one of datagrams would send to any path. */
	static const scmp_datum_t types[] = { SOCK_STREAM, SOCK_SEQPACKET };
	int r = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 2,
			SCMP_A0(SCMP_CMP_EQ, AF_UNIX),
			SCMP_A1(SCMP_CMP_MASKED_EQ, SOCKET_TYPE_MASK, types[i]));
	}
	return r;
}

static int
allow_descriptors(scmp_filter_ctx filter)
{
	/* None that has the kernel send signals to others. */
	static const scmp_datum_t commands[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD,
		F_GETFL, F_SETFL, F_GET_SEALS, F_ADD_SEALS };
	int r = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1,
			SCMP_A1(SCMP_CMP_EQ, commands[i]));
	}
	/* fstat() is this one, with an empty path. */
	if (r >= 0) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
			SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
	}
	return r;
}

/* Reading, and of devices writing: Landlock says which, where there is Landlock. */
static int
allow_files(scmp_filter_ctx filter, const struct sandbox_needs *needs)
{
	scmp_datum_t never = O_CREAT | O_TRUNC | (needs->devices ? 0 : O_ACCMODE);
	int r = allow_all(filter, with_files, sizeof(with_files) / sizeof(int));

	if (r >= 0) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, never, 0));
	}
	if (r >= 0) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, never, 0));
		r = r == -EDOM ? 0 : r;
	}
	return r;
}

static int
allow_requests(scmp_filter_ctx filter, const struct sandbox_needs *needs)
{
	int r = 0;

	if (needs->fake) {
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 0);
	}
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_EQ, requests[i]));
	}
	/* All of an evdev device's. */
	if (r >= 0 && needs->devices) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1,
			SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, 'E' << 8));
	}
	return r;
}

/*
 * sd-bus asks libc how many groups there may be, which looks into /proc and does without. That is
 * no mistake of ours, though no filter can tell it from one.
 */
static int
forgive_opening(scmp_filter_ctx filter)
{
	return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 1,
		SCMP_A2(SCMP_CMP_EQ, O_RDONLY | O_CLOEXEC));
}

int
sandbox_restrict_calls(const struct sandbox_needs *needs, bool kills)
{
	scmp_filter_ctx filter =
		seccomp_init(kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	int r = filter == NULL ? -ENOMEM : allow_all(filter, always, sizeof(always) / sizeof(int));

	if (r >= 0) {
		r = allow_memory(filter);
	}
	if (r >= 0) {
		r = allow_threads(filter);
	}
	if (r >= 0) {
		r = allow_sockets(filter);
	}
	if (r >= 0) {
		r = allow_requests(filter, needs);
	}
	if (r >= 0) {
		r = allow_descriptors(filter);
	}
	if (r >= 0 && (needs->decorations || needs->devices)) {
		r = allow_files(filter, needs);
	} else if (r >= 0 && kills && SANDBOX_BUS_LOOKS_FOR_GROUPS) {
		r = forgive_opening(filter);
	}
	/* All threads there are, and a tree instead of a list of comparisons. */
	if (r >= 0) {
		r = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	}
	if (r >= 0) {
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		r = seccomp_load(filter);
	}
	seccomp_release(filter);
	return r;
}
