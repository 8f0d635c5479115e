#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "control-peer.h"
#include "control-server.h"
#include "fuzz.h"
#include "script-report.h"
#include "script/command.h"

/*
 * What a client of --control sends, through a real socket. Commands are not done, but answered by a
 * session of ours: at once, or never. The first byte cuts what comes into the pieces
 * that are read (0: one), the second says who the client is, how soon it is answered, and when the
 * VM goes.
 */

#define HEAD_SIZE 2
#define HAS_NO_NUMBER 0x80 /* as one that the resident was handed */
#define ANSWERS_LATE 0x40
#define VM_GOES 0x20
#define READS_NOTHING 0x10
#define MAX_STEPS 256
#define READ_SIZE 65536

struct session {
	session_done_fn done;
	void *data;
	const struct command *command; /* under way */
	sd_event_source *source;       /* answers it */
	bool is_gone;
};

static sd_event *event;
static struct control_peer *peer;
static bool answers_late;
static uint32_t n_performed, n_done, n_sessions;
static uint32_t n_lines; /* of answers */

static void
finish_command(struct session *session, bool ok)
{
	json_object *answer = json_object_new_object();

	FUZZ_EXPECT(session->command != NULL);
	session->command = NULL;
	n_done++;
	json_object_object_add(answer, "ok", json_object_new_boolean(ok));
	/* May destroy the session. */
	session->done(session->data, EXIT_DONE, answer);
	json_object_put(answer);
}

static int
handle_answer(sd_event_source *source, void *data)
{
	finish_command(data, true);
	return 0;
}

int
session_create(const struct session_context *context, session_done_fn done, void *data,
	struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));

	FUZZ_EXPECT(session != NULL);
	session->done = done;
	session->data = data;
	FUZZ_EXPECT(sd_event_add_defer(event, &session->source, handle_answer, session) >= 0);
	FUZZ_EXPECT(sd_event_source_set_enabled(session->source, SD_EVENT_OFF) >= 0);
	n_sessions++;
	*ret_session = session;
	return 0;
}

void
session_destroy(struct session *session)
{
	if (session == NULL) {
		return;
	}
	n_sessions--;
	/* Whoever leaves gets no answer to what was under way. */
	n_done += session->command != NULL;
	sd_event_source_disable_unref(session->source);
	free(session);
}

void
session_perform(struct session *session, const struct command *command, const char *label)
{
	FUZZ_EXPECT(session->command == NULL);
	FUZZ_EXPECT(command->kind != COMMAND_NONE && command->name != NULL);
	FUZZ_EXPECT(strlen(label) < SCRIPT_LABEL_SIZE);
	n_performed++;
	session->command = command;
	if (!answers_late || session->is_gone) {
		FUZZ_EXPECT(sd_event_source_set_enabled(session->source, SD_EVENT_ONESHOT) >= 0);
	}
}

bool
session_is_busy(const struct session *session)
{
	return session->command != NULL;
}

void
session_handle_closed(struct session *session)
{
	session->is_gone = true;
	if (session->command != NULL) {
		FUZZ_EXPECT(sd_event_source_set_enabled(session->source, SD_EVENT_OFF) >= 0);
		finish_command(session, false);
	}
}

static void
handle_gone(void *data, struct control_peer *gone)
{
	FUZZ_EXPECT(gone == peer);
	control_peer_destroy(peer);
	peer = NULL;
}

static void
run_event_loop(void)
{
	uint32_t n_steps = 0;

	while (sd_event_run(event, 0) > 0) {
		FUZZ_EXPECT(++n_steps < MAX_STEPS + n_performed * 4);
	}
}

/* Each line that comes is an answer, a JSON object. */
static void
read_answers(int fd)
{
	static char text[READ_SIZE];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text), MSG_DONTWAIT)) > 0) {
		for (ssize_t i = 0; i < n; i++) {
			n_lines += text[i] == '\n';
		}
	}
}

static void
talk(const uint8_t *data, size_t size, uint8_t cut, uint8_t how, int fd)
{
	size_t piece = cut > 0 ? cut : size;

	while (size > 0 && peer != NULL) {
		ssize_t n =
			send(fd, data, piece < size ? piece : size, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			break; /* while it is busy nothing is read */
		}
		FUZZ_EXPECT(n > 0 || errno == EPIPE || errno == ECONNRESET);
		if (n <= 0) {
			break;
		}
		data += n;
		size -= (size_t)n;
		run_event_loop();
		if ((how & READS_NOTHING) == 0) {
			read_answers(fd);
		}
	}
}

/* Those that can be answered, at most. */
static uint32_t
count_lines(const uint8_t *data, size_t size)
{
	uint32_t n = 1 + (uint32_t)(size / LINE_MAX_SIZE);

	for (size_t i = HEAD_SIZE; i < size; i++) {
		n += data[i] == '\n';
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t n_before;
	uint8_t how;
	int fds[2];

	if (size < HEAD_SIZE) {
		return 0;
	}
	if (event == NULL) {
		FUZZ_EXPECT(sd_event_new(&event) >= 0);
	}
	how = data[1];
	n_performed = n_done = n_lines = 0;
	n_before = fuzz_count_fds();
	FUZZ_EXPECT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) == 0);
	answers_late = (how & ANSWERS_LATE) != 0;
	FUZZ_EXPECT(control_peer_create(fds[0], -1, (how & HAS_NO_NUMBER) != 0 ? 0 : 1,
			    &(struct session_context){ .event = event, .output_fd = -1 },
			    handle_gone, NULL, &peer) == 0);
	talk(data + HEAD_SIZE, size - HEAD_SIZE, data[0], how, fds[1]);
	if ((how & VM_GOES) != 0 && peer != NULL) {
		control_peer_handle_closed(peer);
		run_event_loop();
	}
	shutdown(fds[1], SHUT_WR);
	run_event_loop();
	read_answers(fds[1]);
	run_event_loop();
	/* Nothing is kept of one that has sent all and got all. */
	FUZZ_EXPECT(peer == NULL || answers_late || (how & READS_NOTHING) != 0);
	read_answers(fds[1]);
	if (peer == NULL && (how & (ANSWERS_LATE | READS_NOTHING)) == 0) {
		/* Each command was answered, and maybe lines that were none. */
		FUZZ_EXPECT(n_lines >= n_performed && n_lines <= count_lines(data, size));
	}
	close(fds[1]);
	run_event_loop();
	/* That it has left is noticed in any case. */
	FUZZ_EXPECT(peer == NULL);
	FUZZ_EXPECT(n_done == n_performed && n_sessions == 0);
	FUZZ_EXPECT(fuzz_count_fds() == n_before);
	return 0;
}
