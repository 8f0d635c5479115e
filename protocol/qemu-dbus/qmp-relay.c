#include "qemu-dbus/qmp-relay.h"

#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/packet.h"
#include "qemu-dbus/qmp-rules.h"

/* The deepest that a command may be: an object in an object. */
#define MAX_DEPTH 4

struct relay {
	int viewer, qemu;
	struct json_tokener *tokener;
	size_t size; /* of the command that is being read */
	int fd;      /* for the next command that wants one; -1: none has come */
};

static bool
pass_on(struct relay *relay, struct json_object *message)
{
	struct iovec part;
	int fd = -1;
	bool passed;

	if (!qmp_rules_allow(message)) {
		log_error("QMP was to be told what no viewer ever tells it: not passed on");
		return false;
	}
	if (qmp_rules_wants_fd(message)) {
		fd = fd_take(&relay->fd);
		if (fd < 0) {
			return false;
		}
	}
	part.iov_base = (void *)json_object_to_json_string_length(
		message, JSON_C_TO_STRING_PLAIN, &part.iov_len);
	passed = packet_send(relay->qemu, &part, 1, &fd, fd >= 0, 0) >= 0;
	fd_close(&fd);
	return passed;
}

/* One command may come in pieces, and several at once. */
static bool
read_commands(struct relay *relay, const char *text, size_t size)
{
	while (size > 0) {
		struct json_object *message =
			json_tokener_parse_ex(relay->tokener, text, (int)size);
		enum json_tokener_error error = json_tokener_get_error(relay->tokener);
		size_t n = json_tokener_get_parse_end(relay->tokener);
		bool goes_on = error == json_tokener_continue;

		relay->size += n;
		if (relay->size > QMP_RELAY_MAX_COMMAND) {
			goes_on = false;
		} else if (error == json_tokener_success) {
			goes_on = pass_on(relay, message);
			relay->size = 0;
		}
		json_object_put(message);
		if (!goes_on) {
			return false;
		}
		text += n;
		size -= n;
	}
	return true;
}

static bool
relay_commands(struct relay *relay)
{
	char buffer[QMP_RELAY_MAX_COMMAND];
	const struct iovec part = { .iov_base = buffer, .iov_len = sizeof(buffer) };
	uint32_t n_fds = 0;
	int fd = -1;
	ssize_t n = packet_receive(relay->viewer, &part, 1, &fd, 1, &n_fds);

	if (n > 0 && n_fds > 0) {
		if (relay->fd >= 0) {
			n = -EBADMSG;
		} else {
			relay->fd = fd_take(&fd);
		}
		fd_close(&fd);
	}
	return n == -EINTR || (n > 0 && read_commands(relay, buffer, (size_t)n));
}

static bool
relay_replies(struct relay *relay)
{
	char buffer[16384];
	ssize_t n = read(relay->qemu, buffer, sizeof(buffer));

	for (ssize_t done = 0, sent; done < n; done += sent) {
		sent = send(relay->viewer, buffer + done, (size_t)(n - done), MSG_NOSIGNAL);
		if (sent < 0) {
			return false;
		}
	}
	return n > 0;
}

void
qmp_relay_run(int viewer, int qemu)
{
	struct relay relay = { .viewer = viewer, .qemu = qemu, .fd = -1 };
	bool goes_on;

	relay.tokener = json_tokener_new_ex(MAX_DEPTH);
	goes_on = relay.tokener != NULL;
	if (goes_on) {
		json_tokener_set_flags(relay.tokener,
			JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	}
	while (goes_on) {
		struct pollfd polls[] = {
			{ .fd = viewer, .events = POLLIN },
			{ .fd = qemu, .events = POLLIN },
		};

		if (poll(polls, 2, -1) < 0) {
			goes_on = errno == EINTR;
			continue;
		}
		/* QEMU's first: what it said before it went is worth hearing. */
		goes_on = (polls[1].revents == 0 || relay_replies(&relay)) &&
			  (polls[0].revents == 0 || relay_commands(&relay));
	}
	if (relay.tokener != NULL) {
		json_tokener_free(relay.tokener);
	}
	fd_close(&relay.fd);
	shutdown(viewer, SHUT_RDWR);
	shutdown(qemu, SHUT_RDWR);
}
