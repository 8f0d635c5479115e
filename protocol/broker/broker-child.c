#include "broker/broker-child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

/* By way of places above all of theirs, so that none is closed by another. */
static int
place_fds(int first, const int *fds, uint32_t n_fds)
{
	int end = first + (int)n_fds, away[BROKER_CHILD_MAX_FDS];

	assert(n_fds <= BROKER_CHILD_MAX_FDS);
	for (uint32_t i = 0; i < n_fds; i++) {
		away[i] = fcntl(fds[i], F_DUPFD, end);
		if (away[i] < 0) {
			return -errno;
		}
	}
	for (uint32_t i = 0; i < n_fds; i++) {
		if (dup2(away[i], first + (int)i) < 0) {
			return -errno;
		}
	}
	close_range(end > STDERR_FILENO ? (unsigned int)end : STDERR_FILENO + 1, ~0U, 0);
	return 0;
}

pid_t
broker_child_fork(const char *name, int first, const int *fds, uint32_t n_fds)
{
	pid_t pid = fork();
	sigset_t none;

	if (pid != 0) {
		return pid < 0 ? -errno : pid;
	}
	/* The broker has SIGCHLD blocked. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (place_fds(first, fds, n_fds) < 0) {
		_exit(BROKER_CHILD_NOT_STARTED);
	}
	if (name != NULL) {
		prctl(PR_SET_NAME, name);
	}
	return 0;
}

void
broker_child_serve(const char *name, int type, void (*serve)(int end, int fd), int fd,
	struct broker_answer *answer, struct broker_kept *kept)
{
	const int first = STDERR_FILENO + 1;
	AUTO_FD int ours = -1, theirs = -1;
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) < 0) {
		answer->error = -errno;
		return;
	}
	ours = ends[0];
	theirs = ends[1];
	pid = broker_child_fork(name, first, (const int[]){ theirs, fd }, fd < 0 ? 1 : 2);
	if (pid == 0) {
		fcntl(first, F_SETFL, 0);
		if (fd >= 0) {
			fcntl(first + 1, F_SETFL, 0);
		}
		serve(first, fd < 0 ? -1 : first + 1);
		_exit(0);
	}
	if (pid < 0) {
		answer->error = pid;
		return;
	}
	answer->fd = fd_take(&ours);
	kept->pid = pid;
}
