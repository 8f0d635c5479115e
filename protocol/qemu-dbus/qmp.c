#include "qemu-dbus/qmp.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/qmp-connection.h"

#define READ_STEP 4096

struct call {
	int64_t id;
	qmp_reply_fn reply;
	void *data;
};

/* What is waited for. */
enum lack {
	LACK_SOCKET,
	LACK_GREETING,
	LACK_REPLY,
};

struct qmp {
	sd_event *event;
	const struct qmp_handler *handler;
	void *data;

	struct sockaddr_un address;
	bool wait;
	uint32_t said;        /* of enum lack, a bit each */
	uint64_t deadline_ns; /* for the greeting; 0 before the first connect */

	int fd;
	struct broker_hold connection;
	sd_event_source *io, *timer;
	bool greeted, answered;

	char *line;
	size_t length, capacity;
	bool handling, destroyed; /* destroyed while lines are handled: freed after that */

	int64_t last_id; /* of the newest command */
	uint32_t n_calls;
	struct call calls[QMP_MAX_CALLS]; /* oldest first, which is answered first */
};

static void
disconnect(struct qmp *qmp)
{
	qmp->io = sd_event_source_disable_unref(qmp->io);
	qmp->timer = sd_event_source_disable_unref(qmp->timer);
	qmp_connection_close(&qmp->fd, &qmp->connection);
}

static void
fail(struct qmp *qmp, int error)
{
	disconnect(qmp);
	qmp->handler->failed(qmp->data, error);
}

static void
set_timer(struct qmp *qmp, uint64_t delay_ms, sd_event_time_handler_t handler)
{
	qmp->timer = sd_event_source_disable_unref(qmp->timer);
	/* Without memory for a timer there is no deadline; everything else still works. */
	sd_event_add_time_relative(
		qmp->event, &qmp->timer, CLOCK_MONOTONIC, delay_ms * US_PER_MS, 1, handler, qmp);
}

static int handle_timer_connect(sd_event_source *source, uint64_t usec, void *data);

static bool
is_waited_for(const struct qmp *qmp)
{
	return qmp->wait && !qmp->answered;
}

/* From the beginning, and each reason is told once. */
static void
try_again(struct qmp *qmp, enum lack lack)
{
	static const char *const reasons[] = {
		[LACK_SOCKET] = "not there yet",
		[LACK_GREETING] =
			"no greeting: another program holds it, or QEMU has not started yet",
		[LACK_REPLY] = "QEMU does not answer QMP commands yet",
	};

	if ((qmp->said & 1U << lack) == 0) {
		qmp->said |= 1U << lack;
		log_warning("%s: %s; waiting for QEMU", qmp->address.sun_path, reasons[lack]);
	}
	disconnect(qmp);
	qmp->greeted = false;
	qmp->length = 0;
	qmp->n_calls = 0;
	qmp->deadline_ns = 0;
	set_timer(qmp, QMP_RETRY_MS, handle_timer_connect);
}

static int
handle_timer_silence(sd_event_source *source, uint64_t usec, void *data)
{
	struct qmp *qmp = data;

	if (is_waited_for(qmp)) {
		/* It listens long before it greets where it has memory to fill first. */
		try_again(qmp, qmp->greeted ? LACK_REPLY : LACK_GREETING);
	} else if (qmp->greeted) {
		log_error(
			"%s: QEMU does not answer QMP commands; giving up", qmp->address.sun_path);
		fail(qmp, -ETIMEDOUT);
	} else {
		log_error(
			"%s: QMP does not greet: another program holds this socket; close it there "
			"or give QEMU a second -qmp socket",
			qmp->address.sun_path);
		fail(qmp, -EBUSY);
	}
	return 0;
}

static void
handle_connect_error(struct qmp *qmp, int error)
{
	const char *path = qmp->address.sun_path;

	/* Its short queue of waiting clients is full: held, with others waiting. */
	if (error == -EAGAIN) {
		if (clock_now_ns() >= qmp->deadline_ns) {
			handle_timer_silence(NULL, 0, qmp);
		} else {
			set_timer(qmp, QMP_RETRY_MS, handle_timer_connect);
		}
		return;
	}
	if (qmp->wait && (error == -ENOENT || error == -ECONNREFUSED)) {
		try_again(qmp, LACK_SOCKET);
		return;
	}
	switch (error) {
	case -ENOENT:
		log_error(
			"%s: no such socket; is QEMU running with -qmp unix:%s,server=on,wait=off?",
			path, path);
		break;
	case -ECONNREFUSED:
		log_error("%s: nobody listens there; the QEMU that made this socket is gone", path);
		break;
	case -EACCES:
	case -EPERM:
		log_error("%s: no permission to connect; it belongs to another user", path);
		break;
	default:
		log_error("%s: cannot connect: %s; giving up", path, strerror(-error));
		break;
	}
	fail(qmp, error);
}

static void
handle_end(struct qmp *qmp, const char *what)
{
	if (is_waited_for(qmp)) {
		/* It greets before it knows whether its own options will do. */
		try_again(qmp, LACK_SOCKET);
		return;
	}
	log_error("%s: %s; giving up", qmp->address.sun_path, what);
	fail(qmp, -ECONNRESET);
}

static int
handle_timer_send_error(sd_event_source *source, uint64_t usec, void *data)
{
	handle_end(data, "QMP takes no commands");
	return 0;
}

static int
send_all(struct qmp *qmp, const char *text, size_t size, int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iovec = { .iov_base = (void *)text, .iov_len = size };
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(int));
	}
	/* A few short commands on an empty socket: there is always room for all of them. */
	n = sendmsg(qmp->fd, &message, MSG_NOSIGNAL);
	if (n < 0) {
		return -errno;
	}
	return (size_t)n == size ? 0 : -EIO;
}

void
qmp_call(struct qmp *qmp, const char *command, struct json_object *arguments, int fd,
	qmp_reply_fn reply, void *data)
{
	struct json_object *request = json_object_new_object();
	const char *text;
	size_t size;

	assert(qmp->n_calls < QMP_MAX_CALLS);
	qmp->calls[qmp->n_calls++] = (struct call){ ++qmp->last_id, reply, data };
	json_object_object_add(request, "execute", json_object_new_string(command));
	if (arguments != NULL) {
		json_object_object_add(request, "arguments", arguments);
	}
	json_object_object_add(request, "id", json_object_new_int64(qmp->last_id));
	text = json_object_to_json_string_length(request, JSON_C_TO_STRING_PLAIN, &size);
	if (send_all(qmp, text, size, fd) < 0) {
		set_timer(qmp, 0, handle_timer_send_error);
	} else {
		set_timer(qmp, QMP_REPLY_TIMEOUT_MS, handle_timer_silence);
	}
	json_object_put(request);
}

const char *
qmp_string(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
		!json_object_is_type(value, json_type_string)) {
		return NULL;
	}
	return json_object_get_string(value);
}

static void
handle_reply_capabilities(void *data, struct json_object *result, const char *error)
{
	struct qmp *qmp = data;

	if (error != NULL) {
		log_error("%s: QMP refuses to start: %s", qmp->address.sun_path, error);
		fail(qmp, -EPROTO);
	}
}

static void
answer_call(struct qmp *qmp, struct json_object *result, const char *error)
{
	struct call call = qmp->calls[0];

	qmp->answered = true;
	qmp->n_calls--;
	memmove(&qmp->calls[0], &qmp->calls[1], qmp->n_calls * sizeof(qmp->calls[0]));
	if (qmp->n_calls == 0) {
		qmp->timer = sd_event_source_disable_unref(qmp->timer);
	}
	call.reply(call.data, result, error);
}

static void
handle_message(struct qmp *qmp, struct json_object *message)
{
	struct json_object *value, *id;
	const char *error = NULL;

	if (!qmp->greeted) {
		if (json_object_object_get_ex(message, "QMP", &value)) {
			qmp->greeted = true;
			/* What comes next may be sent behind it at once. */
			qmp_call(qmp, "qmp_capabilities", NULL, -1, handle_reply_capabilities, qmp);
			qmp->handler->ready(qmp->data);
		}
		return;
	}
	if (qmp->n_calls == 0 || !json_object_object_get_ex(message, "id", &id) ||
		json_object_get_int64(id) != qmp->calls[0].id) {
		return; /* an event */
	}
	/* "return": null is as good as none: QEMU never sends it. */
	if (!json_object_object_get_ex(message, "return", &value) || value == NULL) {
		json_object_object_get_ex(message, "error", &value);
		error = qmp_string(value, "desc");
		if (error == NULL) {
			error = "unknown error";
		}
		value = NULL;
	}
	answer_call(qmp, value, error);
}

/* Several replies may have come at once, and each may be the end of the qmp. */
static void
handle_lines(struct qmp *qmp)
{
	char *end;

	qmp->handling = true;
	while (qmp->fd >= 0 && (end = memchr(qmp->line, '\n', qmp->length)) != NULL) {
		struct json_object *message;
		size_t size = (size_t)(end - qmp->line) + 1;

		*end = '\0';
		message = json_tokener_parse(qmp->line);
		qmp->length -= size;
		memmove(qmp->line, end + 1, qmp->length);
		if (json_object_is_type(message, json_type_object)) {
			handle_message(qmp, message);
		} else {
			log_error("%s: this is not a QMP socket; giving up", qmp->address.sun_path);
			fail(qmp, -EPROTO);
		}
		json_object_put(message);
	}
	qmp->handling = false;
	if (qmp->destroyed) {
		qmp_destroy(qmp);
	}
}

static int
handle_io_ready(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct qmp *qmp = data;
	size_t room;
	ssize_t n;

	if (qmp->length == QMP_LINE_MAX) {
		log_error("%s: a QMP message is too long; giving up", qmp->address.sun_path);
		fail(qmp, -EPROTO);
		return 0;
	}
	if (qmp->capacity - qmp->length < READ_STEP) {
		char *line = realloc(qmp->line, qmp->capacity + READ_STEP);

		if (line == NULL) {
			log_error("%s: no memory for a QMP message; giving up",
				qmp->address.sun_path);
			fail(qmp, -ENOMEM);
			return 0;
		}
		qmp->line = line;
		qmp->capacity += READ_STEP;
	}
	room = (qmp->capacity < QMP_LINE_MAX ? qmp->capacity : QMP_LINE_MAX) - qmp->length;
	n = read(fd, qmp->line + qmp->length, room);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		return 0;
	}
	if (n <= 0) {
		handle_end(qmp, "QEMU closed the QMP connection");
		return 0;
	}
	qmp->length += (size_t)n;
	handle_lines(qmp);
	return 0;
}

static int
connect_now(struct qmp *qmp)
{
	int r;

	r = qmp_connection_open(qmp->address.sun_path, &qmp->connection);
	if (r < 0) {
		return r;
	}
	qmp->fd = r;
	r = sd_event_add_io(qmp->event, &qmp->io, qmp->fd, EPOLLIN, handle_io_ready, qmp);
	return r < 0 ? r : 0;
}

static int
handle_timer_connect(sd_event_source *source, uint64_t usec, void *data)
{
	struct qmp *qmp = data;
	uint64_t now_ns = clock_now_ns();
	int r;

	if (qmp->deadline_ns == 0) {
		qmp->deadline_ns = now_ns + QMP_GREETING_TIMEOUT_MS * NS_PER_MS;
	}
	r = connect_now(qmp);
	if (r < 0) {
		disconnect(qmp);
		handle_connect_error(qmp, r);
		return 0;
	}
	set_timer(qmp, QMP_GREETING_TIMEOUT_MS, handle_timer_silence);
	return 0;
}

int
qmp_create(sd_event *event, const char *path, bool wait, const struct qmp_handler *handler,
	void *data, struct qmp **ret_qmp)
{
	struct qmp *qmp;
	int r;

	if (strlen(path) >= sizeof(qmp->address.sun_path)) {
		log_error("%s: longer than the path of a UNIX socket can be", path);
		return -EINVAL;
	}
	qmp = calloc(1, sizeof(*qmp));
	if (qmp == NULL) {
		return -ENOMEM;
	}
	qmp->event = sd_event_ref(event);
	qmp->handler = handler;
	qmp->data = data;
	qmp->wait = wait;
	qmp->fd = -1;
	qmp->connection = BROKER_NO_HOLD;
	qmp->address.sun_family = AF_UNIX;
	snprintf(qmp->address.sun_path, sizeof(qmp->address.sun_path), "%s", path);

	r = sd_event_add_time_relative(
		event, &qmp->timer, CLOCK_MONOTONIC, 0, 1, handle_timer_connect, qmp);
	if (r < 0) {
		qmp_destroy(qmp);
		return r;
	}
	*ret_qmp = qmp;
	return 0;
}

void
qmp_destroy(struct qmp *qmp)
{
	if (qmp == NULL) {
		return;
	}
	disconnect(qmp);
	if (qmp->handling) {
		qmp->destroyed = true;
		return;
	}
	sd_event_unref(qmp->event);
	free(qmp->line);
	free(qmp);
}
