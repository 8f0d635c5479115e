#include "control-server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "control-peer.h"
#include "control-socket.h"
#include "socket-place.h"

struct control_server {
	struct session_context context;
	struct control_peer *clients[CONTROL_SERVER_MAX_CLIENTS];
	uint32_t n_clients; /* of the socket, ever */
	int fd;             /* -1: it does not listen */
	struct broker_hold place;
	sd_event_source *source;
	control_server_idle_fn idle; /* NULL: it goes on */
	void *data;
};

static bool
is_idle(const struct control_server *server)
{
	for (int i = 0; i < CONTROL_SERVER_MAX_CLIENTS; i++) {
		if (server->clients[i] != NULL) {
			return false;
		}
	}
	return true;
}

static void
handle_client_gone(void *data, struct control_peer *gone)
{
	struct control_server *server = data;

	for (int i = 0; i < CONTROL_SERVER_MAX_CLIENTS; i++) {
		if (server->clients[i] == gone) {
			server->clients[i] = NULL;
		}
	}
	control_peer_destroy(gone);
	if (server->idle != NULL && is_idle(server)) {
		server->idle(server->data);
	}
}

void
control_server_close(struct control_server *server, control_server_idle_fn idle, void *data)
{
	if (is_idle(server)) {
		idle(data);
		return;
	}
	log_info("others still go through this viewer: it stays until they are done");
	server->idle = idle;
	server->data = data;
}

int
control_server_create(const struct session_context *context, struct control_server **ret_server)
{
	struct control_server *server = calloc(1, sizeof(*server));

	if (server == NULL) {
		return -ENOMEM;
	}
	server->context = *context;
	server->fd = -1;
	server->place = BROKER_NO_HOLD;
	*ret_server = server;
	return 0;
}

void
control_server_destroy(struct control_server *server)
{
	if (server == NULL) {
		return;
	}
	for (int i = 0; i < CONTROL_SERVER_MAX_CLIENTS; i++) {
		control_peer_destroy(server->clients[i]);
	}
	sd_event_source_disable_unref(server->source);
	fd_close(&server->fd);
	broker_finish(&server->place, false);
	free(server);
}

/* number: as in control-peer.h. */
static int
add(struct control_server *server, int fd, int output_fd, uint32_t number,
	const struct session_context *context)
{
	for (int i = 0; i < CONTROL_SERVER_MAX_CLIENTS; i++) {
		if (server->clients[i] == NULL) {
			return control_peer_create(fd, output_fd, number, context,
				handle_client_gone, server, &server->clients[i]);
		}
	}
	fd_close(&fd);
	fd_close(&output_fd);
	return -EBUSY;
}

int
control_server_add(struct control_server *server, int fd, int output_fd,
	const struct control_peer_options *options)
{
	struct session_context context = server->context;

	if (server->idle != NULL) {
		fd_close(&fd);
		fd_close(&output_fd);
		return -ESHUTDOWN;
	}
	context.directory = options->directory;
	context.artifacts = options->artifacts;
	context.console = options->console;
	context.timeout_ms = options->timeout_ms;
	return add(server, fd, output_fd, 0, &context);
}

static int
handle_connection(sd_event_source *source, int socket_fd, uint32_t revents, void *data)
{
	static const char busy[] = "{\"ok\":false,\"code\":1,\"text\":\"too many clients\"}\n";
	struct control_server *server = data;
	AUTO_FD int fd = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int spare, r;

	if (fd < 0 || !control_socket_is_from_us(fd)) {
		return 0;
	}
	/* To say so, the connection has to outlive the attempt. */
	spare = fd_dup(fd);
	r = add(server, fd_take(&fd), -1, ++server->n_clients, &server->context);
	if (r == -EBUSY) {
		log_limited_here(LOG_LEVEL_WARNING,
			"more than %d control clients; one is turned away",
			CONTROL_SERVER_MAX_CLIENTS);
		send(spare, busy, strlen(busy), MSG_NOSIGNAL | MSG_DONTWAIT);
	} else if (r < 0) {
		log_limited_here(
			LOG_LEVEL_WARNING, "cannot serve a control client: %s", strerror(-r));
	}
	fd_close(&spare);
	return 0;
}

int
control_server_listen(struct control_server *server, const char *path)
{
	int r = socket_place_take_path(path, &server->place);

	if (r >= 0) {
		server->fd = r;
		r = sd_event_add_io(server->context.event, &server->source, server->fd, EPOLLIN,
			handle_connection, server);
	}
	if (r >= 0) {
		/* A connection that cannot be accepted, for want of fds, stays readable. */
		r = sd_event_source_set_ratelimit(
			server->source, US_PER_S, CONTROL_SERVER_MAX_CONNECTIONS_PER_S);
	}
	if (r < 0) {
		log_error("cannot listen on %s: %s", path,
			r == -EADDRINUSE ? "another program does" : strerror(-r));
	}
	return r;
}

void
control_server_handle_closed(struct control_server *server)
{
	for (int i = 0; i < CONTROL_SERVER_MAX_CLIENTS; i++) {
		if (server->clients[i] != NULL) {
			control_peer_handle_closed(server->clients[i]);
		}
	}
}
