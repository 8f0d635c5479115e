#pragma once

#include <systemd/sd-event.h>

#include "session.h"

/*
 * Serves commands, a line each (script/command.h), and answers each with a line of JSON
 * (session.h): to whoever connects to a socket of its own (--control), and to connections that the
 * resident is handed. For this user only.
 */

struct control_server;

/* At the same time; more are told so and closed. */
#define CONTROL_SERVER_MAX_CLIENTS 16
/* Of the socket; more wait. */
#define CONTROL_SERVER_MAX_CONNECTIONS_PER_S 100
/* Answers that a client has not read, in bytes; then it is disconnected. */
#define CONTROL_SERVER_MAX_BACKLOG (1024 * 1024)

/* The context is for clients of the socket; it is copied. Returns 0 or -ENOMEM. */
int control_server_create(
	const struct session_context *context, struct control_server **ret_server);
/* Ends what is under way. NULL is fine. */
void control_server_destroy(struct control_server *server);

/*
 * Makes the socket, mode 0600, in the place of one that nobody serves any more. Returns 0, or
 * negative errno, logged.
 */
int control_server_listen(struct control_server *server, const char *path);

/* How a connection that is handed over differs from those of the socket. */
struct control_peer_options {
	const char *directory, *artifacts; /* copied; NULL as in the context */
	int32_t console;
	uint32_t timeout_ms;
};

/*
 * Serves a stream socket. Takes both fds over, also when it fails; output_fd may be -1. Returns 0,
 * -EBUSY (too many), -ESHUTDOWN (after control_server_close), or negative errno.
 */
int control_server_add(struct control_server *server, int fd, int output_fd,
	const struct control_peer_options *options);

/* From the event loop, or at once; once. */
typedef void (*control_server_idle_fn)(void *data);
/* Takes nobody over any more; idle is called when the last one has left. */
void control_server_close(struct control_server *server, control_server_idle_fn idle, void *data);

/* The VM is gone: commands under way are answered. */
void control_server_handle_closed(struct control_server *server);
