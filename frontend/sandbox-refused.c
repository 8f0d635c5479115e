#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * What no driver and no reader of pictures needs. Drivers' own calls differ too much for a list of
 * what is allowed; so this has whatever leads out of the process, or to parts of the kernel that
 * have nothing to do with drawing.
 */
static const int refused[] = {
	/* to others: sockets that it has stay as they are */
	SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
	SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(shmctl),
	SCMP_SYS(msgget), SCMP_SYS(msgsnd), SCMP_SYS(msgrcv), SCMP_SYS(msgctl), SCMP_SYS(semget),
	SCMP_SYS(semctl), SCMP_SYS(mq_open), SCMP_SYS(mq_unlink),
	/* other processes */
	SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
	SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise), SCMP_SYS(pidfd_open),
	SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(tkill),
	SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(rt_tgsigqueueinfo), SCMP_SYS(migrate_pages),
	SCMP_SYS(move_pages),
	/* files, where Landlock is too old, or leaves it to others */
	SCMP_SYS(creat), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(mknod), SCMP_SYS(mknodat),
	SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
	SCMP_SYS(renameat2), SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(symlink),
	SCMP_SYS(symlinkat), SCMP_SYS(truncate), SCMP_SYS(truncate64), SCMP_SYS(chmod),
	SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown), SCMP_SYS(lchown),
	SCMP_SYS(fchownat), SCMP_SYS(chown32), SCMP_SYS(fchown32), SCMP_SYS(lchown32),
	SCMP_SYS(utime), SCMP_SYS(utimes), SCMP_SYS(futimesat), SCMP_SYS(utimensat),
	SCMP_SYS(utimensat_time64), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
	SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
	SCMP_SYS(name_to_handle_at), SCMP_SYS(open_by_handle_at),
	/* the system's; most need more than a user has, but where user namespaces are at hand */
	SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(pivot_root), SCMP_SYS(mount),
	SCMP_SYS(umount), SCMP_SYS(umount2), SCMP_SYS(open_tree), SCMP_SYS(move_mount),
	SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
	SCMP_SYS(quotactl), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(reboot),
	SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module),
	SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(acct), SCMP_SYS(syslog),
	SCMP_SYS(sethostname), SCMP_SYS(setdomainname), SCMP_SYS(settimeofday),
	SCMP_SYS(clock_settime), SCMP_SYS(clock_adjtime), SCMP_SYS(adjtimex), SCMP_SYS(iopl),
	SCMP_SYS(ioperm), SCMP_SYS(modify_ldt), SCMP_SYS(vhangup), SCMP_SYS(setuid),
	SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
	SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(capset),
	/* parts of the kernel that are known for what was found in them */
	SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd),
	SCMP_SYS(io_uring_setup), /* which does what else is refused */
	SCMP_SYS(io_uring_enter), SCMP_SYS(io_uring_register), SCMP_SYS(add_key),
	SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(fanotify_init), SCMP_SYS(fanotify_mark),
	SCMP_SYS(lookup_dcookie), SCMP_SYS(nfsservctl), SCMP_SYS(uselib),
	/* that libseccomp may be too old for; the same on every architecture */
	442, /* mount_setattr */
	443, /* quotactl_fd */
	452, /* fchmodat2 */
	463, /* setxattrat */
	466, /* removexattrat */
	467, /* open_tree_attr */
	469, /* file_setattr */
};

/* linux/ioprio.h, which is not installed everywhere */
#define IOPRIO_WHO_PROCESS 1

/* The kernel's own arguments are of 32 bits, whatever is in the register above them. */
#define INT_MASK 0xffffffffu

/* Refused where the argument, under the mask, is this. */
static const struct {
	int call;
	unsigned int argument;
	scmp_datum_t mask, value;
} partly[] = {
	{ SCMP_SYS(open), 1, O_CREAT, O_CREAT },
	{ SCMP_SYS(open), 1, O_TRUNC, O_TRUNC },
	{ SCMP_SYS(open), 1, O_TMPFILE, O_TMPFILE },
	{ SCMP_SYS(openat), 2, O_CREAT, O_CREAT },
	{ SCMP_SYS(openat), 2, O_TRUNC, O_TRUNC },
	{ SCMP_SYS(openat), 2, O_TMPFILE, O_TMPFILE },
	/* a process: it would be left behind, as nobody knows of it */
	{ SCMP_SYS(clone), 0, CLONE_THREAD, 0 },
	/* signals by way of a descriptor */
	{ SCMP_SYS(fcntl), 1, INT_MASK, F_SETOWN },
	{ SCMP_SYS(fcntl), 1, INT_MASK, F_SETOWN_EX },
	{ SCMP_SYS(fcntl), 1, INT_MASK, F_SETSIG },
	{ SCMP_SYS(ioctl), 1, INT_MASK, FIOSETOWN },
	{ SCMP_SYS(ioctl), 1, INT_MASK, SIOCSPGRP },
	/* standard error may be a terminal, which would take it for what the user has typed */
	{ SCMP_SYS(ioctl), 1, INT_MASK, TIOCSTI },
	{ SCMP_SYS(ioctl), 1, INT_MASK, TIOCLINUX },
	/* it ends with who started it */
	{ SCMP_SYS(prctl), 0, INT_MASK, PR_SET_PDEATHSIG },
};

static int
refuse(scmp_filter_ctx filter, uint32_t action, int call, struct scmp_arg_cmp *condition)
{
	int r = seccomp_rule_add_array(filter, action, call, condition != NULL, condition);

	/* A call that this architecture does not have. */
	return r == -EDOM ? 0 : r;
}

static int
refuse_partly(scmp_filter_ctx filter, uint32_t action)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(partly) / sizeof(partly[0]) && r >= 0; i++) {
		struct scmp_arg_cmp condition = SCMP_CMP(
			partly[i].argument, SCMP_CMP_MASKED_EQ, partly[i].mask, partly[i].value);

		r = refuse(filter, action, partly[i].call, &condition);
	}
	return r;
}

/* Of processes: itself may be meant. */
static int
refuse_others(scmp_filter_ctx filter, uint32_t action)
{
	static const int signals[] = { SCMP_SYS(kill), SCMP_SYS(tgkill) };
	struct scmp_arg_cmp condition = SCMP_A0(SCMP_CMP_NE, (scmp_datum_t)getpid());
	int r = 0;

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && r >= 0; i++) {
		r = refuse(filter, action, signals[i], &condition);
	}
	condition = SCMP_A0(SCMP_CMP_NE, 0);
	return r < 0 ? r : refuse(filter, action, SCMP_SYS(prlimit64), &condition);
}

/*
 * How others are scheduled, and on which CPUs. Drivers do that to threads of their own, whose
 * numbers nobody knows here, and do without: so it is never the process's end.
 */
static int
refuse_scheduling(scmp_filter_ctx filter)
{
	static const struct {
		int call;
		unsigned int argument;
		scmp_datum_t self;
	} calls[] = {
		/* a user's, or a group's, are others as well */
		{ SCMP_SYS(setpriority), 0, PRIO_PROCESS },
		{ SCMP_SYS(setpriority), 1, 0 },
		{ SCMP_SYS(ioprio_set), 0, IOPRIO_WHO_PROCESS },
		{ SCMP_SYS(ioprio_set), 1, 0 },
		{ SCMP_SYS(sched_setaffinity), 0, 0 },
		{ SCMP_SYS(sched_setscheduler), 0, 0 },
		{ SCMP_SYS(sched_setparam), 0, 0 },
		{ SCMP_SYS(sched_setattr), 0, 0 },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && r >= 0; i++) {
		struct scmp_arg_cmp condition =
			SCMP_CMP(calls[i].argument, SCMP_CMP_NE, calls[i].self);

		r = refuse(filter, SCMP_ACT_ERRNO(EPERM), calls[i].call, &condition);
	}
	return r;
}

/* Programs do without these: what they are to do is behind a pointer. */
static int
deny_existence(scmp_filter_ctx filter)
{
	int r = refuse(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), NULL);

	return r < 0 ? r : refuse(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), NULL);
}

int
sandbox_refuse_calls(bool may_execute, bool kills)
{
	uint32_t action = kills ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int r = filter == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]) && r >= 0; i++) {
		r = refuse(filter, action, refused[i], NULL);
	}
	if (r >= 0 && !may_execute) {
		r = refuse(filter, action, SCMP_SYS(execve), NULL);
	}
	if (r >= 0 && !may_execute) {
		r = refuse(filter, action, SCMP_SYS(execveat), NULL);
	}
	if (r >= 0) {
		r = refuse_partly(filter, action);
	}
	if (r >= 0) {
		r = refuse_others(filter, action);
	}
	if (r >= 0) {
		r = refuse_scheduling(filter);
	}
	if (r >= 0) {
		r = deny_existence(filter);
	}
	/* A tree instead of a list of comparisons. */
	if (r >= 0) {
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
		r = seccomp_load(filter);
	}
	seccomp_release(filter);
	return r;
}
