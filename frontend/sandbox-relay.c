#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "sandbox.h"

/* Two sockets, and memory for what is on its way. Short, since a VM's attachment waits for it. */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(sendmsg),
	SCMP_SYS(sendto),
	SCMP_SYS(send),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(close),
	SCMP_SYS(shutdown),
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getrandom),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(exit_group),
};
static const int memory_calls[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2) };

int
sandbox_enter_relay(void)
{
	scmp_filter_ctx filter;
	int r;

	if (SANDBOX_HAS_SANITIZER || sandbox_is_switched("off")) {
		return 0;
	}
	filter = seccomp_init(
		sandbox_is_switched("kill") ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM));
	r = filter == NULL ? -ENOMEM : 0;
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
		/* A call that this architecture does not have. */
		r = r == -EDOM ? 0 : r;
	}
	for (size_t i = 0; i < sizeof(memory_calls) / sizeof(memory_calls[0]) && r >= 0; i++) {
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, memory_calls[i], 1,
			SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
		r = r == -EDOM ? 0 : r;
	}
	if (r >= 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
		r = -errno;
	}
	if (r >= 0) {
		r = seccomp_load(filter);
	}
	seccomp_release(filter);
	return r;
}
