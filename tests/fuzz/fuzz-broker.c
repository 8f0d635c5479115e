#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/packet.h"
#include "broker-model.h"
#include "broker-world.h"
#include "broker/broker-act.h"
#include "broker/broker-server.h"
#include "fuzz.h"

/*
 * What a viewer that was taken over asks its broker, through real sockets: whenever the broker
 * would wait, the viewer does its next step. What that does to the world is seen in broker-world.c,
 * and what it may in broker-model.c.
 *
 * The first byte says which rules; then there are steps, each a byte that says what, and more.
 */

#define MAX_STEPS WORLD_MAX_HOLDS
#define MAX_ENDS 80
#define MAX_FDS 7
#define MAX_PACKET (sizeof(struct head) + UINT16_MAX + 2)

enum step {
	STEP_ASK,    /* act, world, flags, number, two of size, texts; see take_ask() */
	STEP_RAW,    /* the same, with the packet instead of texts */
	STEP_FINISH, /* of which reply, and what is said there */
	STEP_LEAVE,  /* which reply */
	STEP_END,    /* of which child */
	N_STEPS,
};
#define ASK_SIZE 7

/* What the viewer sends along to be answered on. */
enum reply {
	REPLY_NEW,    /* one end of a new pair of sockets */
	REPLY_LAST,   /* the one that it had sent before */
	REPLY_CLOSED, /* one whose other end is closed */
	REPLY_ODD,    /* no socket, or, with a lone fd, the viewer's own end of the broker's */
	N_REPLIES,
};

/* A request as it goes over the socket. */
struct head {
	uint32_t act, flags;
	int64_t number;
	uint32_t sizes[2];
};

/* Of this input. */
static const uint8_t *data;
static size_t data_size;
static uint32_t n_steps;
static int viewer; /* its end of the broker's socket; -1: it is gone */
static int life;   /* closed when it ends */
static struct end ends[MAX_ENDS];
static uint32_t n_ends;
static struct end own; /* where the viewer's end of the broker's socket is what it is answered on */

static uint32_t
count_busy(void)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < world.n_holds; i++) {
		bool is_let_go = world.holds[i].end == NULL || world.holds[i].end->is_left;

		n += !is_let_go || (world.holds[i].is_child && !world.holds[i].is_reaped);
	}
	return n;
}

/* Whether it is a request; what it asks for. */
static bool
read_packet(const uint8_t *packet, size_t size, uint32_t n_fds)
{
	struct head head;
	const char *first = (const char *)packet + sizeof(head), *second;

	if (size < sizeof(head) || n_fds < 1 || n_fds > 1 + BROKER_MAX_REQUEST_FDS) {
		return false;
	}
	memcpy(&head, packet, sizeof(head));
	if (size - sizeof(head) != (uint64_t)head.sizes[0] + head.sizes[1] || head.sizes[0] == 0 ||
		head.sizes[1] == 0 || head.sizes[0] > PATH_MAX || head.sizes[1] > PATH_MAX) {
		return false;
	}
	second = first + head.sizes[0];
	/* Each ends with the only 0 in it. */
	if (memchr(first, 0, head.sizes[0]) != second - 1 ||
		memchr(second, 0, head.sizes[1]) != second + head.sizes[1] - 1) {
		return false;
	}
	strcpy(world.now.texts.first, first);
	strcpy(world.now.texts.second, second);
	world.now.request = (struct broker_request){ .act = head.act,
		.flags = head.flags,
		.number = head.number,
		.text = { world.now.texts.first, world.now.texts.second },
		.n_fds = n_fds - 1 };
	return true;
}

static void
drain(const struct end *end)
{
	char message[16];

	while (recv(end->fd, message, sizeof(message), 0) >= 0) {
	}
}

static void
close_end(struct end *end)
{
	fd_close(&end->fd);
	fd_close(&end->theirs);
}

/* The one to be answered on, or NULL. */
static struct end *
make_end(void)
{
	struct end *end = &ends[n_ends];
	int pair[2];

	if (n_ends == MAX_ENDS) {
		return NULL;
	}
	if (n_ends > 0) {
		fd_close(&ends[n_ends - 1].theirs);
	}
	FUZZ_EXPECT(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == 0);
	*end = (struct end){ .fd = pair[0], .theirs = pair[1] };
	n_ends++;
	return end;
}

/* The fd to be answered on, which stays ours; -1: none to be had. */
static int
choose_reply(enum reply reply, uint32_t n_fds)
{
	struct end *last = n_ends > 0 ? &ends[n_ends - 1] : NULL;

	if (reply == REPLY_ODD) {
		world.now.end = n_fds == 1 ? &own : NULL;
		return n_fds == 1 ? viewer : world.memory;
	}
	if (reply != REPLY_LAST || last == NULL || last->fd < 0 ||
		(last->is_left && last->n_holds > 0)) {
		last = make_end();
	}
	if (last == NULL) {
		return -1;
	}
	drain(last);
	world.now.end = last;
	if (reply == REPLY_CLOSED) {
		fd_close(&last->fd);
		last->is_left = true;
		world.now.end = NULL;
	}
	return last->theirs;
}

static void
send_packet(const uint8_t *packet, size_t size, uint32_t n_fds, enum reply reply)
{
	const struct iovec part = { .iov_base = (void *)(uintptr_t)packet, .iov_len = size };
	int fds[MAX_FDS];

	fds[0] = n_fds > 0 ? choose_reply(reply, n_fds) : -1;
	for (uint32_t i = 1; i < n_fds; i++) {
		fds[i] = world.memory;
	}
	world.now.is_sense = read_packet(packet, size, n_fds);
	world.now.was_full = count_busy() == BROKER_MAX_KEPT;
	if ((n_fds == 0 || fds[0] >= 0) &&
		packet_send(viewer, &part, 1, fds, n_fds, MSG_DONTWAIT) == 0 && size > 0) {
		/* An empty one is the end. */
		world.now.what = ASKED;
	}
}

/* The first line is the first text. */
static size_t
make_request(uint8_t *packet, const uint8_t *ask, const uint8_t *texts, size_t size)
{
	const uint8_t *line = memchr(texts, '\n', size);
	size_t first = line != NULL ? (size_t)(line - texts) : size;
	size_t second = line != NULL ? size - first - 1 : 0;
	struct head head = {
		.act = ask[1] % (BROKER_N_ACTS + 1),
		.flags = ask[3],
		.number = ask[4],
		.sizes = { (uint32_t)first + 1, (uint32_t)second + 1 },
	};

	memcpy(packet, &head, sizeof(head));
	packet += sizeof(head);
	memcpy(packet, texts, first);
	packet[first] = 0;
	memcpy(packet + first + 1, texts + size - second, second);
	packet[first + 1 + second] = 0;
	return sizeof(head) + first + second + 2;
}

/* The first byte: what step, how many fds, and what is answered on. */
static void
take_ask(bool is_raw)
{
	static uint8_t packet[MAX_PACKET];
	const uint8_t *ask = data;
	uint32_t n_fds = ask[0] / N_STEPS % (MAX_FDS + 1);
	enum reply reply = ask[0] / N_STEPS / (MAX_FDS + 1) % N_REPLIES;
	size_t size = ask[5] | (size_t)ask[6] << 8;

	data += ASK_SIZE;
	data_size -= ASK_SIZE;
	size = size < data_size ? size : data_size;
	world.now.state = ask[2];
	if (is_raw) {
		send_packet(data, size, n_fds, reply);
	} else {
		send_packet(packet, make_request(packet, ask, data, size), n_fds, reply);
	}
	data += size;
	data_size -= size;
}

/* What is said has a size, in the upper half, and a first byte. */
static void
take_finish(struct end *end, uint8_t what)
{
	uint8_t message[16] = { what & 15 };
	size_t size = what >> 4;

	if (end->fd < 0 || send(end->fd, message, size, MSG_NOSIGNAL) < 0) {
		return;
	}
	if (!end->is_left && end->n_holds == 1) {
		world.now.what = FINISHED;
		world.now.end = end;
	}
	end->said_complete |= !end->is_left && size == 1 && message[0] == 1;
	end->is_left = true;
}

/* Whether there was one. */
static bool
take_step(void)
{
	enum step step = data_size > 0 ? data[0] % N_STEPS : N_STEPS;
	uint8_t which, what;

	if (n_steps++ == MAX_STEPS || data_size < (step <= STEP_RAW ? ASK_SIZE : 3)) {
		return false;
	}
	if (step <= STEP_RAW) {
		take_ask(step == STEP_RAW);
		return true;
	}
	which = data[1];
	what = data[2];
	data += 3;
	data_size -= 3;
	if (step == STEP_END && world.n_holds > 0) {
		struct hold *hold = &world.holds[which % world.n_holds];

		if (hold->is_child && !hold->has_ended) {
			world_end_child(hold);
		}
	} else if (step == STEP_FINISH && n_ends > 0) {
		take_finish(&ends[which % n_ends], what);
	} else if (step == STEP_LEAVE && n_ends > 0) {
		fd_close(&ends[which % n_ends].fd);
		ends[which % n_ends].is_left = true;
	}
	return true;
}

static void
check_answer(void)
{
	struct broker_answer answer;
	bool keeps;
	uint32_t act = world.now.request.act;

	if (!world.now.is_sense) {
		FUZZ_EXPECT(broker_message_receive_answer(world.now.end->fd, &answer, &keeps) ==
			    -EAGAIN);
		return;
	}
	FUZZ_EXPECT(broker_message_receive_answer(world.now.end->fd, &answer, &keeps) == 0);
	FUZZ_EXPECT(answer.error <= 0 && keeps == (world.now.kept != NULL));
	FUZZ_EXPECT((answer.error == -EMFILE) == world.now.was_full);
	if (!world.now.was_full) {
		bool is_known = world_knows_act(act);

		FUZZ_EXPECT((answer.error == -ENOSYS) == !is_known);
		FUZZ_EXPECT((answer.error == -EPERM) ==
			    model_forbids(&world.rules, &world.now.request,
				    (world.now.state & WORLD_ELSEWHERE) != 0));
	}
	FUZZ_EXPECT(answer.error == 0 || (answer.fd < 0 && !keeps));
	fd_close(&answer.fd);
}

static void
check_finish(void)
{
	uint32_t i = 0;
	ssize_t size, last = -1;
	int32_t result[4];

	while ((size = recv(world.now.end->fd, result, sizeof(result), 0)) > 0) {
		last = size;
	}
	while (world.holds[i].end != world.now.end) {
		i++;
	}
	/* After what may have been said of a child. */
	FUZZ_EXPECT(last == sizeof(result[0]));
	FUZZ_EXPECT(result[0] == (world.holds[i].is_thing && world.holds[i].fails ? -ENOSPC : 0));
}

/* What the broker has made of the last step. */
static void
check_step(void)
{
	if (world.now.what == ASKED && world.now.end != NULL && world.now.end != &own) {
		check_answer();
	} else if (world.now.what == ASKED && world.now.kept != NULL && world.now.end == NULL) {
		/* Nobody could be told of it. */
		FUZZ_EXPECT(world.now.kept->is_finished || world.now.kept->is_killed);
	} else if (world.now.what == FINISHED) {
		check_finish();
	}
	world.now.what = NOTHING;
	world.now.is_sense = false;
	world.now.kept = NULL;
	world.now.end = NULL;
}

int
world_poll(struct pollfd *polls, nfds_t n_polls, int timeout)
{
	int n;

	check_step();
	FUZZ_EXPECT(count_busy() <= BROKER_MAX_KEPT);
	while ((n = poll(polls, n_polls, 0)) == 0) {
		/* It must not wait for nobody. */
		FUZZ_EXPECT(viewer >= 0);
		if (!take_step()) {
			fd_close(&viewer);
			fd_close(&life);
		}
	}
	return n;
}

static void
choose_rules(uint8_t which)
{
	static char bus_address[] = "unix:path=/bus";

	model_add_rules(&world.rules);
	world.rules.all = which & 1;
	world.rules.bus = which & 2;
	world.rules.bus_address = which & 4 ? bus_address : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	const struct timespec at_once = { 0 };
	sigset_t child;
	uint32_t n_before;
	int pair[2], asker[2];

	if (world.memory < 0) {
		world_set_up();
	}
	if (size == 0) {
		return 0;
	}
	n_before = fuzz_count_fds();
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	FUZZ_EXPECT(pipe2(asker, O_CLOEXEC) == 0);
	viewer = pair[0];
	life = asker[1];
	choose_rules(input[0]);
	data = input + 1;
	data_size = size - 1;
	n_steps = n_ends = world.n_holds = 0;
	broker_server_run(pair[1], asker[0], &world.rules);
	check_step();
	world_check_end();
	fd_close(&viewer);
	fd_close(&life);
	close(pair[1]);
	close(asker[0]);
	for (uint32_t i = 0; i < n_ends; i++) {
		close_end(&ends[i]);
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &at_once);
	broker_rules_finish(&world.rules);
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	return 0;
}
