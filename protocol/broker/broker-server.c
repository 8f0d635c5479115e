#include "broker/broker-server.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker-message.h"

/*
 * Kept for somebody: something to finish, or a child. One whose owner has let go of it is killed,
 * and reaped when it can die: that may be never where a driver hangs.
 */
struct keeping {
	int socket;              /* -1: its owner has let go of it */
	struct broker_kept kept; /* pid 0: not a child, or one that has ended */
};

struct server {
	int socket;
	int children_fd; /* readable when one has ended; -1: nobody tells */
	int asker_fd;    /* readable when whoever asks has ended; -1: nobody tells */
	const struct broker_rules *rules;
	struct keeping keepings[BROKER_MAX_KEPT];
};

static bool
is_free(const struct keeping *keeping)
{
	return keeping->socket < 0 && keeping->kept.pid == 0;
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
	bool keeps;

	if (keeping == NULL) {
		answer.error = -EMFILE;
	} else {
		broker_act_do(server->rules, request, &answer, &kept);
	}
	keeps = kept.thing != NULL || kept.pid > 0;
	if (keeps) {
		*keeping = (struct keeping){ .socket = -1, .kept = kept };
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
	ssize_t size = recv(keeping->socket, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);
	bool complete = size == sizeof(message) && message.complete == 1;
	int32_t result = let_go(&keeping->kept, complete);

	send(keeping->socket, &result, sizeof(result), MSG_NOSIGNAL | MSG_DONTWAIT);
	fd_close(&keeping->socket);
}

/* A child has ended: its owner is told, if there still is one. */
static void
tell_end(struct keeping *keeping)
{
	siginfo_t info = { 0 };
	struct broker_end end;

	if (keeping->kept.pid == 0 ||
		waitid(P_PID, (id_t)keeping->kept.pid, &info, WEXITED | WNOHANG) < 0 ||
		info.si_pid == 0) {
		return;
	}
	end = (struct broker_end){ .code = info.si_code, .status = info.si_status };
	keeping->kept.pid = 0;
	if (keeping->socket >= 0) {
		send(keeping->socket, &end, sizeof(end), MSG_NOSIGNAL | MSG_DONTWAIT);
	}
}

static void
handle_children(struct server *server)
{
	struct signalfd_siginfo signals;

	while (read(server->children_fd, &signals, sizeof(signals)) > 0) {
	}
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		tell_end(&server->keepings[i]);
	}
}

enum {
	POLL_SOCKET,
	POLL_CHILDREN,
	POLL_ASKER,
	N_POLLS
};

static bool
turn(struct server *server)
{
	struct pollfd polls[N_POLLS + BROKER_MAX_KEPT];

	polls[POLL_SOCKET] = (struct pollfd){ .fd = server->socket, .events = POLLIN };
	polls[POLL_CHILDREN] = (struct pollfd){ .fd = server->children_fd, .events = POLLIN };
	polls[POLL_ASKER] = (struct pollfd){ .fd = server->asker_fd, .events = POLLIN };
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		polls[N_POLLS + i] = (struct pollfd){
			.fd = server->keepings[i].socket,
			.events = POLLIN,
		};
	}
	if (poll(polls, N_POLLS + BROKER_MAX_KEPT, -1) < 0) {
		return errno == EINTR;
	}
	if (polls[POLL_CHILDREN].revents != 0) {
		handle_children(server);
	}
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		if (polls[N_POLLS + i].revents != 0) {
			finish(&server->keepings[i]);
		}
	}
	return polls[POLL_ASKER].revents == 0 && (polls[POLL_SOCKET].revents == 0 || serve(server));
}

static int
watch_children(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
broker_server_run(int socket, int asker_fd, const struct broker_rules *rules)
{
	struct server server = {
		.socket = socket,
		.children_fd = watch_children(),
		.asker_fd = asker_fd,
		.rules = rules,
	};

	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		server.keepings[i].socket = -1;
	}
	while (turn(&server)) {
	}
	for (int i = 0; i < BROKER_MAX_KEPT; i++) {
		if (server.keepings[i].socket >= 0) {
			finish(&server.keepings[i]);
		}
	}
	fd_close(&server.children_fd);
}
