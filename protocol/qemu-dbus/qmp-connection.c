#include "qemu-dbus/qmp-connection.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-act.h"
#include "qemu-dbus/qmp-relay.h"

static void (*confine_relay)(void);

/* Where the relay has its two ends. */
#define VIEWER_FD (STDERR_FILENO + 1)
#define QEMU_FD (STDERR_FILENO + 2)

static void
run_relay(int viewer, int qemu)
{
	sigset_t none;

	/* The broker has SIGCHLD blocked. */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Above both, so that neither is closed by the other. */
	viewer = fcntl(viewer, F_DUPFD, QEMU_FD + 1);
	qemu = fcntl(qemu, F_DUPFD, QEMU_FD + 1);
	dup2(viewer, VIEWER_FD);
	dup2(qemu, QEMU_FD);
	close_range(QEMU_FD + 1, ~0U, 0);
	prctl(PR_SET_NAME, "vitrine-qmp");
	if (confine_relay != NULL) {
		confine_relay();
	}
	qmp_relay_run(VIEWER_FD, QEMU_FD);
	_exit(0);
}

static int
start_relay(int qemu, pid_t *ret_pid)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
		return -errno;
	}
	pid = fcntl(qemu, F_SETFL, 0) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -1 : fork();
	if (pid == 0) {
		run_relay(ends[1], qemu);
	}
	fd_close(&ends[1]);
	if (pid < 0) {
		int r = -errno;
		fd_close(&ends[0]);
		return r;
	}
	*ret_pid = pid;
	return ends[0];
}

static void
act_qmp(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = request->text[0];
	AUTO_FD int fd = -1;

	if (!broker_act_is_allowed(rules, path, BROKER_CONNECT, answer)) {
		return;
	}
	if (strlen(path) >= sizeof(address.sun_path)) {
		answer->error = -ENAMETOOLONG;
		return;
	}
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = broker_act_connect(&address, sizeof(address));
	if (fd >= 0) {
		/* Who does it for itself has nobody to fear. */
		answer->fd = rules->all ? fd_take(&fd) : start_relay(fd, &kept->pid);
	} else {
		answer->fd = fd;
	}
	answer->error = answer->fd < 0 ? answer->fd : 0;
}

void
qmp_connection_register(void (*confine)(void))
{
	confine_relay = confine != NULL ? confine : confine_relay;
	broker_act_register(BROKER_ACT_QMP, act_qmp);
}

int
qmp_connection_open(const char *path, struct broker_hold *hold)
{
	const struct broker_request request = { .act = BROKER_ACT_QMP, .text = { path } };
	struct broker_answer answer;
	int r;

	qmp_connection_register(NULL);
	*hold = BROKER_NO_HOLD;
	r = broker_ask(&request, &answer, hold);
	return r < 0 ? r : answer.fd;
}

void
qmp_connection_close(int *fd, struct broker_hold *hold)
{
	fd_close(fd);
	broker_finish(hold, false);
}
