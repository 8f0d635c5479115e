#include "broker/broker-server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-message.h"

/*
 * Kept for somebody: something to finish, or a child. One whose owner has let go of it is killed,
 * and reaped when it can die: that may be never where a driver hangs.
 */
struct keeping {
	int socket; /* -1: its owner has let go of it */
	int pidfd;  /* -1: not a child, or one that has ended */
	struct broker_kept kept;
};

struct server {
	int socket;
	const struct broker_rules *rules;
	struct keeping keepings[BROKER_MAX_KEPT];
};

static bool
is_free(const struct keeping *keeping)
{
	return keeping->socket < 0 && keeping->pidfd < 0;
}

static struct keeping *
find_free(struct server *server)
{
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		if (is_free(&server->keepings[i])) {
			return &server->keepings[i];
		}
	}
	return NULL;
}

static int
let_go(struct broker_kept *kept, bool complete)
{
	int r = kept->thing != NULL ? kept->finish(kept->thing, complete) : 0;

	kept->thing = NULL;
	if (kept->pid > 0) {
		kill(kept->pid, SIGKILL);
	}
	return r;
}

static void
handle_request(struct server *server, const struct broker_request *request, int *reply)
{
	struct keeping *keeping = find_free(server);
	struct broker_answer answer = { .fd = -1 };
	struct broker_kept kept = { 0 };
	int pidfd = -1;
	bool keeps;

	if (keeping == NULL) {
		answer.error = -EMFILE;
	} else {
		broker_act_do(server->rules, request, &answer, &kept);
	}
	if (kept.pid > 0) {
		pidfd = (int)syscall(SYS_pidfd_open, kept.pid, 0);
		if (pidfd < 0) {
			answer.error = -errno;
			kill(kept.pid, SIGKILL);
			waitpid(kept.pid, NULL, 0);
			kept.pid = 0;
		}
	}
	keeps = kept.thing != NULL || pidfd >= 0;
	if (keeps) {
		*keeping = (struct keeping){ .socket = -1, .pidfd = pidfd, .kept = kept };
	}
	if (broker_message_send_answer(*reply, &answer, keeps) < 0) {
		if (keeps) {
			let_go(&keeping->kept, false);
		}
	} else if (keeps) {
		keeping->socket = fd_take(reply);
	}
	fd_close(&answer.fd);
}

static bool
serve(struct server *server)
{
	struct broker_request_texts texts;
	struct broker_request request;
	AUTO_FD int reply = -1;
	int r = broker_message_receive_request(server->socket, &request, &texts, &reply);

	if (r < 0) {
		/* Somebody who sends nonsense gets no answer. */
		return r == -EINTR || r == -EBADMSG;
	}
	handle_request(server, &request, &reply);
	for (uint32_t i = 0; i < request.n_fds; i++) {
		fd_close(&request.fds[i]);
	}
	return true;
}

/* Its owner is done with it, or gone. */
static void
finish(struct keeping *keeping)
{
	struct broker_finish_message message = { 0 };
	bool complete =
		recv(keeping->socket, &message, sizeof(message), MSG_DONTWAIT) == sizeof(message) &&
		message.complete;
	int32_t result = let_go(&keeping->kept, complete);

	send(keeping->socket, &result, sizeof(result), MSG_NOSIGNAL | MSG_DONTWAIT);
	fd_close(&keeping->socket);
}

/* The child has ended: its owner is told, if there still is one. */
static void
tell_end(struct keeping *keeping)
{
	siginfo_t info = { 0 };
	struct broker_end end;

	if (waitid(P_PID, (id_t)keeping->kept.pid, &info, WEXITED | WNOHANG) < 0 ||
		info.si_pid == 0) {
		return;
	}
	end = (struct broker_end){ .code = info.si_code, .status = info.si_status };
	keeping->kept.pid = 0;
	fd_close(&keeping->pidfd);
	if (keeping->socket >= 0) {
		send(keeping->socket, &end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

static bool
turn(struct server *server)
{
	struct pollfd polls[1 + 2 * BROKER_MAX_KEPT];
	struct keeping *whose[1 + 2 * BROKER_MAX_KEPT] = { NULL };
	nfds_t n = 1;

	polls[0] = (struct pollfd){ .fd = server->socket, .events = POLLIN };
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		struct keeping *keeping = &server->keepings[i];

		if (!is_free(keeping)) {
			whose[n] = keeping;
			polls[n++] = (struct pollfd){ .fd = keeping->pidfd, .events = POLLIN };
			whose[n] = keeping;
			polls[n++] = (struct pollfd){ .fd = keeping->socket, .events = POLLIN };
		}
	}
	if (poll(polls, n, -1) < 0) {
		return errno == EINTR;
	}
	for (nfds_t i = 1; i < n; i += 2) {
		if (polls[i].revents != 0) {
			tell_end(whose[i]);
		}
		if (polls[i + 1].revents != 0) {
			finish(whose[i + 1]);
		}
	}
	return polls[0].revents == 0 || serve(server);
}

void
broker_server_run(int socket, const struct broker_rules *rules)
{
	struct server server = { .socket = socket, .rules = rules };

	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		server.keepings[i].socket = server.keepings[i].pidfd = -1;
	}
	while (turn(&server)) {
	}
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		if (server.keepings[i].socket >= 0) {
			finish(&server.keepings[i]);
		}
	}
}
