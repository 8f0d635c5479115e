#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "fuzz.h"
#include "qemu-dbus/qmp.h"

/*
 * What a QMP server may say. A real socket in a real event loop, without waiting anywhere. The
 * first byte cuts the rest into the pieces that are read: 0: one, odd: line by line, even: so many
 * bytes. The second tells in which callback the connection is given up.
 */

#define MAX_CALLS 4
/* Connect, greeting, end: what is dispatched for one piece is far less. */
#define MAX_STEPS 64

enum moment {
	MOMENT_NEVER,
	MOMENT_READY,
	MOMENT_REPLY,
	MOMENT_FAILED,
	N_MOMENTS,
};

struct server {
	struct sockaddr_un address;
	char directory[64];
	int listen_fd;
	sd_event *event;
};

struct client {
	struct qmp *qmp;
	enum moment leave_at;
	uint32_t n_calls;
	bool failed;
};

static struct server server = { .listen_fd = -1 };

static void
remove_server(void)
{
	fd_close(&server.listen_fd);
	server.event = sd_event_unref(server.event);
	unlink(server.address.sun_path);
	rmdir(server.directory);
}

static void
create_server(void)
{
	const char *parent = getenv("TMPDIR");

	snprintf(server.directory, sizeof(server.directory), "%s/vitrine-fuzz-XXXXXX",
		parent != NULL ? parent : "/tmp");
	FUZZ_EXPECT(mkdtemp(server.directory) != NULL);
	server.address.sun_family = AF_UNIX;
	snprintf(server.address.sun_path, sizeof(server.address.sun_path), "%s/qmp",
		server.directory);
	server.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	FUZZ_EXPECT(bind(server.listen_fd, (struct sockaddr *)&server.address,
			    sizeof(server.address)) == 0);
	FUZZ_EXPECT(listen(server.listen_fd, 1) == 0);
	FUZZ_EXPECT(sd_event_new(&server.event) >= 0);
	atexit(remove_server);
}

static bool
leave(struct client *client, enum moment moment)
{
	if (client->leave_at != moment) {
		return false;
	}
	qmp_destroy(client->qmp);
	client->qmp = NULL;
	return true;
}

static void
handle_reply(void *data, struct json_object *result, const char *error)
{
	struct client *client = data;

	FUZZ_EXPECT(client->qmp != NULL && !client->failed);
	FUZZ_EXPECT((result != NULL) != (error != NULL));
	if (error != NULL) {
		FUZZ_EXPECT(strlen(error) < QMP_LINE_MAX);
	} else {
		qmp_string(result, "status");
	}
	if (client->n_calls == MAX_CALLS) {
		leave(client, MOMENT_REPLY);
		return;
	}
	/* Some with arguments, some with an fd. */
	client->n_calls++;
	qmp_call(client->qmp, "fuzz", client->n_calls % 2 ? json_object_new_object() : NULL,
		client->n_calls == 3 ? STDIN_FILENO : -1, handle_reply, client);
}

static void
handle_ready(void *data)
{
	struct client *client = data;

	FUZZ_EXPECT(client->qmp != NULL && !client->failed && client->n_calls == 0);
	if (!leave(client, MOMENT_READY)) {
		client->n_calls++;
		qmp_call(client->qmp, "fuzz", NULL, -1, handle_reply, client);
	}
}

static void
handle_failed(void *data, int error)
{
	struct client *client = data;

	FUZZ_EXPECT(client->qmp != NULL && !client->failed);
	FUZZ_EXPECT(error < 0);
	client->failed = true;
	leave(client, MOMENT_FAILED);
}

static const struct qmp_handler handler = {
	.ready = handle_ready,
	.failed = handle_failed,
};

/* Until nothing is left to be done at once. */
static void
run_event_loop(void)
{
	uint32_t n_steps = 0;

	while (sd_event_run(server.event, 0) > 0) {
		FUZZ_EXPECT(++n_steps < MAX_STEPS);
	}
}

static size_t
piece_size(uint8_t cut, const uint8_t *data, size_t size)
{
	const uint8_t *end;

	if (cut == 0) {
		return size;
	}
	if (cut % 2 == 0) {
		return cut < size ? cut : size;
	}
	end = memchr(data, '\n', size);
	return end != NULL ? (size_t)(end - data) + 1 : size;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct client client = { 0 };
	uint8_t cut;
	int fd;

	if (size < 2) {
		return 0;
	}
	if (server.listen_fd < 0) {
		create_server();
	}
	cut = data[0];
	client.leave_at = data[1] % N_MOMENTS;
	data += 2;
	size -= 2;
	FUZZ_EXPECT(qmp_create(server.event, server.address.sun_path, false, &handler, &client,
			    &client.qmp) == 0);
	run_event_loop();
	fd = accept4(server.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	FUZZ_EXPECT(fd >= 0);
	while (size > 0 && client.qmp != NULL && !client.failed) {
		ssize_t n = send(fd, data, piece_size(cut, data, size), MSG_NOSIGNAL);

		if (n <= 0) {
			break;
		}
		data += n;
		size -= (size_t)n;
		run_event_loop();
	}
	shutdown(fd, SHUT_WR);
	run_event_loop();
	FUZZ_EXPECT(client.qmp == NULL || client.failed);
	qmp_destroy(client.qmp);
	close(fd);
	return 0;
}
