#include "fake-qmp.h"

#include "unit.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
send_text(struct fake_qmp *qmp, const char *text)
{
	ssize_t n = send(qmp->fd, text, strlen(text), MSG_NOSIGNAL);

	/* A client may have left again, as one that only looked who listens. */
	assert_true(n == (ssize_t)strlen(text) || (n < 0 && errno == EPIPE));
}

static const char *
string_at(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

/* The return value of qom-get as JSON text; NULL: no such property. */
static bool
qom_get(struct fake_qmp *qmp, const char *path, const char *property, char *text, size_t size)
{
	unsigned int number;

	if (sscanf(path, "/backend/console[%u]", &number) == 1) {
		if (strcmp(property, "head") == 0) {
			snprintf(text, size, "0");
		} else {
			snprintf(text, size, "\"/machine/peripheral/gpu%u\"", number);
		}
		return strcmp(property, "head") == 0 || strcmp(property, "device") == 0;
	}
	if (sscanf(path, "/machine/peripheral/gpu%u", &number) != 1) {
		return false;
	}
	if (strcmp(property, "type") == 0) {
		snprintf(text, size, "\"%s\"", qmp->types[number]);
	} else if (strcmp(property, "addr") == 0) {
		snprintf(text, size, "%u", (number + 2) * 8);
	} else if (strcmp(property, "parent_bus") == 0) {
		snprintf(text, size, "\"/machine/i440fx/pci.0\"");
	} else {
		return false;
	}
	return true;
}

static void
list_consoles(const struct fake_qmp *qmp, char *text, size_t size)
{
	size_t length = (size_t)snprintf(text, size, "[{\"name\":\"type\",\"type\":\"string\"}");

	for (uint32_t i = 0; i < qmp->n_consoles; i++) {
		length += (size_t)snprintf(text + length, size - length,
			",{\"name\":\"console[%u]\",\"type\":\"child<qemu-console>\"}", i);
	}
	snprintf(text + length, size - length, "]");
}

/* The first console's device has an id, the others have none. */
static void
list_devices(struct fake_qmp *qmp, const char *path, char *text, size_t size)
{
	bool with_id = strcmp(path, "/machine/peripheral") == 0;
	size_t length = (size_t)snprintf(text, size, "[{\"name\":\"type\",\"type\":\"string\"}");

	for (uint32_t i = 0; i < qmp->n_consoles; i++) {
		if ((i == 0) == with_id) {
			length += (size_t)snprintf(text + length, size - length,
				",{\"name\":\"device[%u]\",\"type\":\"child<%s>\"}", i,
				qmp->types[i]);
		}
	}
	snprintf(text + length, size - length, "]");
}

static bool
run_command(struct fake_qmp *qmp, const char *command, struct json_object *arguments, char *text,
	size_t size)
{
	if (qmp->fail_command != NULL && strcmp(command, qmp->fail_command) == 0) {
		return false;
	}
	snprintf(text, size, "{}");
	if (strcmp(command, "query-name") == 0 && qmp->name != NULL) {
		snprintf(text, size, "{\"name\":\"%s\"}", qmp->name);
	} else if (strcmp(command, "query-uuid") == 0) {
		snprintf(text, size, "{\"UUID\":\"%s\"}", qmp->uuid);
	} else if (strcmp(command, "query-version") == 0) {
		snprintf(text, size, "{\"qemu\":{\"major\":10,\"minor\":0,\"micro\":2}}");
	} else if (strcmp(command, "query-display-options") == 0) {
		snprintf(text, size, "%s", qmp->display);
	} else if (strcmp(command, "qom-list") == 0) {
		if (strcmp(string_at(arguments, "path"), "/backend") == 0) {
			list_consoles(qmp, text, size);
		} else {
			list_devices(qmp, string_at(arguments, "path"), text, size);
		}
	} else if (strcmp(command, "qom-get") == 0) {
		return qom_get(qmp, string_at(arguments, "path"), string_at(arguments, "property"),
			text, size);
	} else if (strcmp(command, "add_client") == 0) {
		if (strcmp(string_at(arguments, "protocol"), "@dbus-display") != 0 ||
			qmp->received_fd < 0) {
			return false;
		}
		if (qmp->add_client != NULL) {
			qmp->add_client(qmp->data, qmp->received_fd);
			qmp->received_fd = -1;
		}
	}
	return true;
}

static void
answer(struct fake_qmp *qmp, struct json_object *request)
{
	struct json_object *arguments = NULL;
	const char *command = string_at(request, "execute");
	char result[2048], text[4096];
	size_t length = strlen(qmp->log);

	json_object_object_get_ex(request, "arguments", &arguments);
	snprintf(qmp->log + length, sizeof(qmp->log) - length, "%s\n", command);
	if (qmp->chatty) {
		send_text(qmp, "{\"event\":\"RTC_CHANGE\",\"data\":{\"offset\":1},"
			       "\"timestamp\":{\"seconds\":1,\"microseconds\":2}}\r\n");
	}
	if (run_command(qmp, command, arguments, result, sizeof(result))) {
		snprintf(text, sizeof(text), "{\"return\": %s, \"id\": %s}\r\n", result,
			string_at(request, "id"));
	} else {
		snprintf(text, sizeof(text),
			"{\"id\": %s, \"error\": {\"class\": \"GenericError\", \"desc\": \"no\"}}\r\n",
			string_at(request, "id"));
	}
	if (qmp->fd >= 0) {
		send_text(qmp, text);
	}
}

static void
take_fd(struct fake_qmp *qmp, struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);

	if (header != NULL && header->cmsg_type == SCM_RIGHTS) {
		assert_int_equal(header->cmsg_len, CMSG_LEN(sizeof(int)));
		assert_int_equal(qmp->received_fd, -1);
		memcpy(&qmp->received_fd, CMSG_DATA(header), sizeof(int));
	}
}

static int
handle_io_client(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct fake_qmp *qmp = data;
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	char text[4096];
	struct iovec iovec = { .iov_base = text, .iov_len = sizeof(text) - 1 };
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };
	struct json_tokener *tokener;
	ssize_t n;

	message.msg_control = &control;
	message.msg_controllen = sizeof(control);
	n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
	if (n <= 0) {
		qmp->client_left = true;
		fake_qmp_hang_up(qmp);
		return 0;
	}
	if (qmp->n_ends > 0) {
		qmp->n_ends--;
		fake_qmp_hang_up(qmp);
		return 0;
	}
	take_fd(qmp, &message);
	text[n] = '\0';
	/* Clients may send several commands without waiting. */
	tokener = json_tokener_new();
	for (ssize_t at = 0; at < n && qmp->fd >= 0;
		at += (ssize_t)json_tokener_get_parse_end(tokener)) {
		struct json_object *request =
			json_tokener_parse_ex(tokener, text + at, (int)(n - at));
		assert_non_null(request);
		answer(qmp, request);
		json_object_put(request);
	}
	json_tokener_free(tokener);
	return 0;
}

static int
handle_io_listen(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct fake_qmp *qmp = data;

	/* Serves one at a time, as QEMU: the next waits in the queue. */
	if (qmp->fd >= 0) {
		sd_event_source_set_enabled(source, SD_EVENT_OFF);
		return 0;
	}
	qmp->fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	assert_true(qmp->fd >= 0);
	qmp->client_left = false;
	assert_true(sd_event_add_io(
			    qmp->event, &qmp->io, qmp->fd, EPOLLIN, handle_io_client, qmp) >= 0);
	send_text(qmp, qmp->greeting != NULL
			       ? qmp->greeting
			       : "{\"QMP\": {\"version\": {}, \"capabilities\": []}}\r\n");
	return 0;
}

void
fake_qmp_start(struct fake_qmp *qmp, sd_event *event, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*qmp = (struct fake_qmp){
		.name = "test machine",
		.uuid = "12345678-1234-1234-1234-1234567890AB",
		.display = "{\"type\":\"dbus\",\"p2p\":true}",
		.n_consoles = 1,
		.types = { "VGA" },
		.received_fd = -1,
		.fd = -1,
		.event = event,
	};
	snprintf(qmp->path, sizeof(qmp->path), "%s", path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	qmp->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(qmp->listen_fd >= 0);
	assert_int_equal(bind(qmp->listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(qmp->listen_fd, 0), 0);
	assert_true(sd_event_add_io(event, &qmp->listen_io, qmp->listen_fd, EPOLLIN,
			    handle_io_listen, qmp) >= 0);
}

void
fake_qmp_hang_up(struct fake_qmp *qmp)
{
	qmp->io = sd_event_source_disable_unref(qmp->io);
	if (qmp->fd >= 0) {
		close(qmp->fd);
		qmp->fd = -1;
	}
	if (qmp->listen_io != NULL) {
		sd_event_source_set_enabled(qmp->listen_io, SD_EVENT_ON);
	}
}

void
fake_qmp_stop(struct fake_qmp *qmp)
{
	if (qmp->path[0] == '\0') {
		return;
	}
	fake_qmp_hang_up(qmp);
	qmp->listen_io = sd_event_source_disable_unref(qmp->listen_io);
	close(qmp->listen_fd);
	if (qmp->received_fd >= 0) {
		close(qmp->received_fd);
	}
	unlink(qmp->path);
	qmp->path[0] = '\0';
}
