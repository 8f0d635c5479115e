#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "broker/broker-act.h"
#include "broker/broker-message.h"
#include "broker/broker-server.h"

/* Longer than any answer takes: how long a broker that hangs is waited for. */
#define PATIENCE_S 20
#define SERVER_STATUS 3

/* A broker, and what a viewer that was taken over has of it. */
struct fixture {
	char folder[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 16];
	int socket;
	pid_t pid;
};

/* Shared with the broker: the process that it has started last, and what lets that end. */
static volatile pid_t *started;
static int gate[2];

static void
act_start(const struct broker_rules *rules, const struct broker_request *request,
	struct broker_answer *answer, struct broker_kept *kept)
{
	char byte;

	kept->pid = fork();
	if (kept->pid == 0) {
		_exit(read(gate[0], &byte, 1) == 1 ? 0 : 1);
	}
	*started = kept->pid;
}

static int
set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct broker_rules rules = { 0 };
	int pair[2];

	unit_directory_create(f->folder);
	snprintf(f->path, sizeof(f->path), "%s/a.png", f->folder);
	broker_rules_add(&rules, BROKER_ENDING, BROKER_WRITE | BROKER_LOOK, ".png", NULL);
	broker_act_register(BROKER_ACT_OCR, act_start);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		return -1;
	}
	f->pid = fork();
	if (f->pid == 0) {
		close(pair[0]);
		broker_server_run(pair[1], -1, &rules);
		_exit(SERVER_STATUS);
	}
	close(pair[1]);
	f->socket = pair[0];
	broker_rules_finish(&rules);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	fd_close(&f->socket);
	unit_directory_remove(f->folder);
	free(f);
	return 0;
}

/* Nobody asks it any more. */
static void
assert_ends(struct fixture *f)
{
	int status;

	fd_close(&f->socket);
	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	f->pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), SERVER_STATUS);
}

/* For an answer that is waited for on the first. */
static void
make_reply(int reply[2])
{
	const struct timeval patience = { .tv_sec = PATIENCE_S };

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, reply), 0);
	assert_int_equal(
		setsockopt(reply[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
}

static void
request(const struct fixture *f, uint32_t act, const char *text, int reply)
{
	const struct broker_request request = { .act = act, .text = { text } };

	assert_int_equal(broker_message_send_request(f->socket, &request, reply), 0);
}

static void
receive(int reply, bool expect_kept, int expect_error)
{
	struct broker_answer answer;
	bool keeps;

	assert_int_equal(broker_message_receive_answer(reply, &answer, &keeps), 0);
	assert_int_equal(answer.error, expect_error);
	assert_int_equal(keeps, expect_kept);
	fd_close(&answer.fd);
}

static void
close_both(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void
assert_answers(const struct fixture *f)
{
	int reply[2];

	make_reply(reply);
	request(f, BROKER_ACT_LOOK, "nothing.png", reply[1]);
	receive(reply[0], false, -ENOENT);
	close_both(reply);
}

/* So that nothing more can be sent on it: nobody reads. */
static void
fill(int socket)
{
	while (send(socket, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1) {
	}
	assert_int_equal(errno, EAGAIN);
}

/* One more than it keeps, perhaps: it closes what it has answered on a moment later. */
static uint32_t
count_descriptors(const struct fixture *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd", f->pid);
	return unit_directory_count(path);
}

static void
wait_for_descriptors(const struct fixture *f, uint32_t max)
{
	for (int i = 0; i < PATIENCE_S * 100 && count_descriptors(f) > max; i++) {
		usleep(10000);
	}
	assert_in_range(count_descriptors(f), 1, max);
}

/* It has ended, and its broker knows. */
static void
wait_for_end(pid_t pid)
{
	for (int i = 0; i < PATIENCE_S * 100 && kill(pid, 0) == 0; i++) {
		usleep(10000);
	}
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
}

/* An answer for which there is no room is not waited with, and what it was about is not kept. */
static void
test_an_answer_that_nobody_takes(void **state)
{
	struct fixture *f = *state;
	int replies[BROKER_MAX_KEPT + 1][2], reply[2];
	uint32_t n_descriptors;

	assert_answers(f);
	n_descriptors = count_descriptors(f);
	for (int i = 0; i < BROKER_MAX_KEPT + 1; i++) {
		make_reply(replies[i]);
		fill(replies[i][1]);
		request(f, BROKER_ACT_REPLACE, f->path, replies[i][1]);
		assert_answers(f);
	}
	assert_int_equal(unit_directory_count(f->folder), 0);
	wait_for_descriptors(f, n_descriptors);
	for (int i = 0; i < BROKER_MAX_KEPT + 1; i++) {
		close_both(replies[i]);
	}
	make_reply(reply);
	fill(reply[1]);
	request(f, BROKER_ACT_OCR, "", reply[1]);
	assert_answers(f);
	wait_for_end(*started);
	close_both(reply);
	assert_ends(f);
}

/* Nor is what comes behind the answer: that a process has ended, or something is finished. */
static void
test_an_end_that_nobody_hears_of(void **state)
{
	struct fixture *f = *state;
	const struct broker_finish_message complete = { .complete = true };
	int reply[2];

	make_reply(reply);
	request(f, BROKER_ACT_OCR, "", reply[1]);
	receive(reply[0], true, 0);
	fill(reply[1]);
	assert_int_equal(write(gate[1], "x", 1), 1);
	wait_for_end(*started);
	assert_answers(f);
	close_both(reply);

	make_reply(reply);
	request(f, BROKER_ACT_REPLACE, f->path, reply[1]);
	receive(reply[0], true, 0);
	fill(reply[1]);
	assert_int_equal(
		send(reply[0], &complete, sizeof(complete), MSG_NOSIGNAL), sizeof(complete));
	assert_answers(f);
	assert_int_equal(access(f->path, F_OK), 0);
	close_both(reply);
	assert_ends(f);
}

/* Whatever a viewer that was taken over sends, nothing is done, nothing stays open, and it ends. */
static void
test_nonsense(void **state)
{
	struct fixture *f = *state;
	const struct broker_request too_much = {
		.act = BROKER_ACT_EXPORTER,
		.text = { f->path },
		.n_fds = 2,
	};
	uint32_t n_descriptors;
	char noise[600];
	int reply[2];

	assert_answers(f);
	n_descriptors = count_descriptors(f);
	srand(1);
	for (int i = 0; i < 2000; i++) {
		size_t size = 1 + (size_t)rand() % sizeof(noise);

		for (size_t k = 0; k < size; k++) {
			noise[k] = (char)rand();
		}
		assert_int_equal(send(f->socket, noise, size, 0), size);
	}
	/* More descriptors than there is room for. */
	for (uint32_t n_fds = 1; n_fds <= 9; n_fds++) {
		const struct iovec part = { .iov_base = noise, .iov_len = sizeof(noise) };
		const int fds[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0 };

		assert_int_equal(packet_send(f->socket, &part, 1, fds, n_fds, 0), 0);
	}
	/* No such act, and none without what it needs, or with more. */
	make_reply(reply);
	request(f, BROKER_N_ACTS, f->path, reply[1]);
	receive(reply[0], false, -ENOSYS);
	request(f, BROKER_ACT_EXPORTER, f->path, reply[1]);
	receive(reply[0], false, -EINVAL);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(broker_message_send_request(f->socket, &too_much, reply[1]), 0);
		receive(reply[0], false, -EINVAL);
	}
	close_both(reply);
	wait_for_descriptors(f, n_descriptors);
	assert_ends(f);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(test_an_answer_that_nobody_takes),
		WITH_SERVER(test_an_end_that_nobody_hears_of),
		WITH_SERVER(test_nonsense),
	};

	started = mmap(
		NULL, sizeof(*started), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (started == MAP_FAILED || pipe2(gate, O_CLOEXEC) < 0) {
		return 1;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
