#include "broker/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "broker/broker-act.h"
#include "broker/broker-message.h"
#include "broker/broker-server.h"

/* Of two processes that are alike: for the event loop, and for workers. */
enum {
	FOR_LOOP,
	FOR_WORKERS,
	N_BROKERS
};

static const struct broker_rules no_rules = { .all = true };

static int sockets[N_BROKERS] = { -1, -1 };
static _Thread_local bool is_worker;

/* Nothing that is open here is its business but standard error. */
static void
leave_behind(int socket)
{
	int nothing = open("/dev/null", O_RDWR);

	dup2(nothing, STDIN_FILENO);
	dup2(nothing, STDOUT_FILENO);
	/* The socket moves to where everything from there on can be closed. */
	if (socket != STDERR_FILENO + 1) {
		dup3(socket, STDERR_FILENO + 1, O_CLOEXEC);
	}
	close_range(STDERR_FILENO + 2, ~0U, 0);
}

/* It ends by the end of its socket: it has things to finish when the terminal sends signals. */
static void
set_signals(void)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static void
run(pid_t asker, int socket, const struct broker_rules *rules)
{
	int asker_fd;

	/* It is for one window of ours. */
	unsetenv("XDG_ACTIVATION_TOKEN");
	set_signals();
	leave_behind(socket);
	prctl(PR_SET_NAME, "vitrine-broker");
	asker_fd = (int)syscall(SYS_pidfd_open, asker, 0);
	/* Its number may be another one's only after it has ended. */
	if (getppid() == asker) {
		broker_server_run(STDERR_FILENO + 1, asker_fd, rules);
	}
	_exit(0);
}

static int
start_one(const struct broker_rules *rules, int *ret_socket)
{
	AUTO_FD int theirs = -1, ours = -1;
	pid_t asker = getpid(), pid;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		return -errno;
	}
	ours = pair[0];
	theirs = pair[1];
	pid = fork();
	if (pid < 0) {
		return -errno;
	}
	if (pid == 0) {
		run(asker, theirs, rules);
	}
	*ret_socket = fd_take(&ours);
	return 0;
}

int
broker_start(const struct broker_rules *rules)
{
	int r = 0;

	if (broker_is_running()) {
		return 0;
	}
	for (int i = 0; i < N_BROKERS && r >= 0; i++) {
		struct broker_rules own = *rules;

		own.for_workers = i == FOR_WORKERS;
		r = start_one(&own, &sockets[i]);
	}
	if (r < 0) {
		broker_stop();
	}
	return r;
}

void
broker_stop(void)
{
	for (int i = 0; i < N_BROKERS; i++) {
		fd_close(&sockets[i]);
	}
}

bool
broker_is_running(void)
{
	return sockets[FOR_LOOP] >= 0;
}

void
broker_enter_worker(void)
{
	is_worker = true;
}

/* Until something is there, or nobody waits any more. */
static int
await(int socket)
{
	struct pollfd readable = { .fd = socket, .events = POLLIN };

	while (poll(&readable, 1, -1) < 0) {
		if (errno != EINTR) {
			return -errno;
		}
		if (fd_gives_up()) {
			return -ECANCELED;
		}
	}
	return 0;
}

static int
exchange(const struct broker_request *request, struct broker_answer *answer,
	struct broker_hold *hold)
{
	AUTO_FD int theirs = -1, ours = -1;
	bool keeps = false;
	int pair[2];
	int r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		return -errno;
	}
	ours = pair[0];
	theirs = pair[1];
	r = broker_message_send_request(
		sockets[is_worker ? FOR_WORKERS : FOR_LOOP], request, theirs);
	if (r >= 0) {
		fd_close(&theirs);
		r = await(ours);
	}
	if (r >= 0) {
		r = broker_message_receive_answer(ours, answer, &keeps);
	}
	if (r >= 0 && keeps && hold != NULL) {
		hold->fd = fd_take(&ours);
	}
	return r;
}

/* What starts a process cannot be done here: it is the broker that waits for its end. */
static bool
needs_broker(uint32_t act)
{
	return act == BROKER_ACT_GPU_HELPER || act == BROKER_ACT_TEXT || act == BROKER_ACT_OCR;
}

static void
act_here(const struct broker_request *request, struct broker_answer *answer,
	struct broker_hold *hold)
{
	struct broker_request whole = *request;
	struct broker_kept kept = { 0 };

	for (int i = 0; i < 2; i++) {
		whole.text[i] = request->text[i] != NULL ? request->text[i] : "";
	}
	broker_act_do(&no_rules, &whole, answer, &kept);
	if (hold != NULL) {
		hold->thing = kept.thing;
		hold->finish = kept.finish;
	}
}

int
broker_ask(const struct broker_request *request, struct broker_answer *answer,
	struct broker_hold *hold)
{
	int r = 0;

	memset(answer->numbers, 0, sizeof(answer->numbers));
	answer->text[0] = '\0';
	answer->error = 0;
	answer->fd = -1;
	if (hold != NULL) {
		*hold = BROKER_NO_HOLD;
	}
	if (!broker_is_running() && needs_broker(request->act)) {
		r = broker_start(&no_rules);
	}
	if (r >= 0 && broker_is_running()) {
		r = exchange(request, answer, hold);
	} else if (r >= 0) {
		act_here(request, answer, hold);
	}
	if (r < 0) {
		answer->error = r;
	}
	return answer->error;
}

/* What the broker has to say about the end; a process may have ended, and said so, first. */
static int
await_result(int socket)
{
	struct broker_end end;
	int32_t result;
	ssize_t n;

	do {
		int r = await(socket);

		if (r < 0) {
			return r;
		}
		n = recv(socket, &end, sizeof(end), 0);
	} while (n == sizeof(end));
	if (n != sizeof(result)) {
		return -ECONNRESET;
	}
	memcpy(&result, &end, sizeof(result));
	return result;
}

int
broker_finish(struct broker_hold *hold, bool complete)
{
	struct broker_finish_message message = { .complete = complete };
	int r = 0;

	if (hold->thing != NULL) {
		r = hold->finish(hold->thing, complete);
	} else if (hold->fd >= 0) {
		send(hold->fd, &message, sizeof(message), MSG_NOSIGNAL);
		r = await_result(hold->fd);
		fd_close(&hold->fd);
	}
	*hold = BROKER_NO_HOLD;
	return r;
}

int
broker_wait(struct broker_hold *hold, struct broker_end *ret_end)
{
	struct broker_end end;
	int r = await(hold->fd);

	if (r >= 0 && recv(hold->fd, &end, sizeof(end), 0) != sizeof(end)) {
		r = -ECONNRESET;
	}
	fd_close(&hold->fd);
	*hold = BROKER_NO_HOLD;
	if (r >= 0) {
		*ret_end = end;
	}
	return r;
}

/* An act on a path that gives an fd, or nothing. */
static int
ask_for_fd(uint32_t act, const char *path)
{
	struct broker_request request = { .act = act, .text = { path } };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, NULL);

	return r < 0 ? r : answer.fd;
}

/* One of this process by its name, which is another one's in the broker. -ENOENT: it is no such
 * name. */
static int
dup_own(const char *path)
{
	static const struct {
		const char *name;
		int fd;
	} names[] = { { "/dev/stdout", STDOUT_FILENO }, { "/dev/stderr", STDERR_FILENO } };
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	int fd, end;

	for (size_t i = 0; i < 2; i++) {
		if (strcmp(path, names[i].name) == 0) {
			return fd_dup(names[i].fd);
		}
		if (strncmp(path, folders[i], strlen(folders[i])) == 0 &&
			sscanf(path + strlen(folders[i]), "%9d%n", &fd, &end) == 1 &&
			path[strlen(folders[i]) + (size_t)end] == '\0') {
			return fd_dup(fd);
		}
	}
	return -ENOENT;
}

int
broker_open(const char *path)
{
	int fd = dup_own(path);

	return fd != -ENOENT ? fd : ask_for_fd(BROKER_ACT_OPEN, path);
}

int
broker_create(const char *path)
{
	int fd = dup_own(path);

	return fd != -ENOENT ? fd : ask_for_fd(BROKER_ACT_CREATE, path);
}

int
broker_connect_bus(const char *address)
{
	return ask_for_fd(BROKER_ACT_CONNECT_BUS, address);
}

int
broker_look(const char *path, struct stat *ret_status)
{
	struct broker_request request = { .act = BROKER_ACT_LOOK, .text = { path } };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, NULL);

	if (r >= 0 && ret_status != NULL) {
		*ret_status = (struct stat){
			.st_dev = (dev_t)answer.numbers[0],
			.st_ino = (ino_t)answer.numbers[1],
			.st_ctim = { answer.numbers[2], (long)answer.numbers[3] },
		};
	}
	return r;
}

int
broker_real_path(const char *path, char ret_path[static BROKER_TEXT_SIZE])
{
	struct broker_request request = { .act = BROKER_ACT_LOOK, .text = { path } };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, NULL);

	if (r >= 0 && answer.text[0] == '\0') {
		r = -ENOENT;
	}
	if (r >= 0) {
		strcpy(ret_path, answer.text);
	}
	return r;
}

int
broker_rename(const char *from, const char *to)
{
	struct broker_request request = { .act = BROKER_ACT_RENAME, .text = { from, to } };
	struct broker_answer answer;

	return broker_ask(&request, &answer, NULL);
}

static int
ask_about_fd(uint32_t act, int fd, char *ret_name, size_t size)
{
	struct broker_request request = { .act = act, .fds = { fd }, .n_fds = 1 };
	struct broker_answer answer;
	int r = broker_ask(&request, &answer, NULL);

	if (r >= 0) {
		text_copy(ret_name, size, answer.text);
	}
	return r;
}

int
broker_exporter(int fd, char *ret_name, size_t size)
{
	return ask_about_fd(BROKER_ACT_EXPORTER, fd, ret_name, size);
}

int
broker_link_of(int fd, char *ret_name, size_t size)
{
	return ask_about_fd(BROKER_ACT_LINK_OF, fd, ret_name, size);
}

int
broker_replace(const char *path, uint32_t flags, struct broker_hold *hold)
{
	struct broker_request request = {
		.act = BROKER_ACT_REPLACE,
		.flags = flags,
		.text = { path },
	};
	struct broker_answer answer;
	int r = dup_own(path);

	*hold = BROKER_NO_HOLD;
	if (r == -ENOENT) {
		r = broker_ask(&request, &answer, hold);
		r = r < 0 ? r : answer.fd;
	}
	return r;
}
