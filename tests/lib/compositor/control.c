#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "record.h"
#include "compositor.h"

/* A line longer than this ends the connection. */
#define CONTROL_MAX_LINE 65536

struct control_connection {
	struct compositor *compositor;
	struct wl_list link;
	struct wl_event_source *source;
	int fd;
	size_t length;
	char line[CONTROL_MAX_LINE];
};

static void
connection_close(struct control_connection *connection)
{
	wl_list_remove(&connection->link);
	wl_event_source_remove(connection->source);
	close(connection->fd);
	free(connection);
}

static bool
answer(struct control_connection *connection, const char *line)
{
	json_object *request = json_tokener_parse(line);
	json_object *reply = json_object_new_object();
	const char *error = "not a JSON object";
	const char *text;
	size_t size;
	bool sent;

	if (json_object_is_type(request, json_type_object)) {
		error = command_run(connection->compositor, request, reply);
	}
	wl_display_flush_clients(connection->compositor->display);
	record_bool(reply, "ok", error == NULL);
	if (error != NULL) {
		record_text(reply, "error", error);
	}
	/* Whoever reads the log as well knows how far it is. */
	record_int(reply, "n_events", (int64_t)record_count());
	text = json_object_to_json_string_length(reply, JSON_C_TO_STRING_PLAIN, &size);
	sent = send(connection->fd, text, size, MSG_NOSIGNAL) == (ssize_t)size &&
	       send(connection->fd, "\n", 1, MSG_NOSIGNAL) == 1;
	json_object_put(request);
	json_object_put(reply);
	return sent;
}

static int
handle_connection_readable(int fd, uint32_t mask, void *data)
{
	struct control_connection *connection = data;
	char *end;
	ssize_t n = read(fd, connection->line + connection->length,
		sizeof(connection->line) - connection->length);

	if (n <= 0) {
		connection_close(connection);
		return 0;
	}
	connection->length += (size_t)n;
	while ((end = memchr(connection->line, '\n', connection->length)) != NULL) {
		size_t used = (size_t)(end - connection->line) + 1;
		*end = '\0';
		if (!answer(connection, connection->line)) {
			connection_close(connection);
			return 0;
		}
		connection->length -= used;
		memmove(connection->line, end + 1, connection->length);
	}
	if (connection->length == sizeof(connection->line)) {
		connection_close(connection);
	}
	return 0;
}

static int
handle_listener_readable(int fd, uint32_t mask, void *data)
{
	struct compositor *compositor = data;
	struct control_connection *connection;
	int connection_fd = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

	if (connection_fd < 0) {
		return 0;
	}
	connection = calloc(1, sizeof(*connection));
	if (connection == NULL) {
		abort();
	}
	connection->compositor = compositor;
	connection->fd = connection_fd;
	wl_list_insert(&compositor->control.connections, &connection->link);
	connection->source = wl_event_loop_add_fd(wl_display_get_event_loop(compositor->display),
		connection_fd, WL_EVENT_READABLE, handle_connection_readable, connection);
	return 0;
}

int
control_listen(struct compositor *compositor, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return -errno;
	}
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	compositor->control.fd = fd;
	compositor->control.source =
		wl_event_loop_add_fd(wl_display_get_event_loop(compositor->display), fd,
			WL_EVENT_READABLE, handle_listener_readable, compositor);
	return 0;
}

void
control_finish(struct control *control)
{
	struct control_connection *connection, *next;

	wl_list_for_each_safe(connection, next, &control->connections, link)
	{
		connection_close(connection);
	}
	if (control->source != NULL) {
		wl_event_source_remove(control->source);
		close(control->fd);
	}
}
