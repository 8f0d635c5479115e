#pragma once

#include <json-c/json.h>
#include <wayland-server-core.h>

struct compositor;

struct control {
	struct wl_list connections;
	struct wl_event_source *source;
	int fd;
};

/*
 * Listens on a UNIX stream socket: one JSON object a line with "command", each
 * answered by one line, {"ok": true, ...} or {"ok": false, "error": TEXT}.
 * Events that a command causes are on their way to the client before the
 * answer. Returns 0 or negative errno.
 */
int control_listen(struct compositor *compositor, const char *path);
void control_finish(struct control *control);

/*
 * Runs a command (command.c); adds what it answers to reply.
 * Returns NULL, or what was wrong.
 */
const char *command_run(struct compositor *compositor, json_object *request, json_object *reply);
