#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "compositor.h"
#include "xdg-shell-server-protocol.h"

#define UNREAD_TIMEOUT_MS 5000

static enum wl_iterator_result
find_class(struct wl_resource *resource, void *data)
{
	struct wl_resource **found = ((void **)data)[0];
	const char *class = ((void **)data)[1];

	if (*found == NULL && strcmp(wl_resource_get_class(resource), class) == 0) {
		*found = resource;
		return WL_ITERATOR_STOP;
	}
	return WL_ITERATOR_CONTINUE;
}

/* Until the client has sent something, which is left where it is. */
static const char *
wait_unread(struct wl_client *client)
{
	int n_bytes = 0;

	for (int i = 0; i < UNREAD_TIMEOUT_MS; i++) {
		if (ioctl(wl_client_get_fd(client), FIONREAD, &n_bytes) == 0 && n_bytes > 0) {
			return NULL;
		}
		usleep(1000);
	}
	return "the client has sent nothing";
}

static bool
is_stopped(pid_t pid)
{
	char path[64], text[256];
	const char *state;
	FILE *file;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	n = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
	if (file != NULL) {
		fclose(file);
	}
	text[n] = '\0';
	state = strrchr(text, ')');
	return state != NULL && state[1] == ' ' && state[2] == 'T';
}

/*
 * What compositors do after an error: but with requests unread, which makes the kernel tell the
 * client of a reset, and before the client, which is stopped meanwhile, can read anything.
 */
static const char *
close_at_once(struct wl_client *client, pid_t pid)
{
	kill(pid, SIGSTOP);
	for (int i = 0; i < UNREAD_TIMEOUT_MS && !is_stopped(pid); i++) {
		usleep(1000);
	}
	if (!is_stopped(pid)) {
		kill(pid, SIGCONT);
		return "the client cannot be stopped";
	}
	wl_client_flush(client);
	wl_client_destroy(client);
	kill(pid, SIGCONT);
	return NULL;
}

/* "unread_of": the pid of the client's process; it has something to be read by then. */
static const char *
run_error(struct command *command)
{
	pid_t pid = command_get_int(command, "unread_of", 0);
	struct wl_client *client = command_get_client(command);
	const char *interface = command_get_text(command, "interface", "wl_surface");
	struct wl_resource *found = NULL;
	void *search[] = { &found, (void *)interface };

	if (client == NULL) {
		return command_no_window;
	}
	wl_client_for_each_resource(client, find_class, search);
	if (found == NULL) {
		return "the client has no object of that interface";
	}
	if (pid != 0) {
		const char *error = wait_unread(client);

		if (error != NULL) {
			return error;
		}
	}
	wl_resource_post_error(found, (uint32_t)command_get_int(command, "code", 0), "%s",
		command_get_text(command, "message", "as the test wants it"));
	return pid != 0 ? close_at_once(client, pid) : NULL;
}

/* Asks the client of a window whether it lives: it is heard of as "pong". */
static const char *
run_ping_client(struct command *command)
{
	struct wl_client *client = command_get_client(command);
	struct wl_resource *found = NULL;
	void *search[] = { &found, (void *)xdg_wm_base_interface.name };

	if (client == NULL) {
		return command_no_window;
	}
	wl_client_for_each_resource(client, find_class, search);
	if (found == NULL) {
		return "the client has no xdg_wm_base";
	}
	xdg_wm_base_send_ping(found, (uint32_t)command_get_int(command, "serial", 1));
	return NULL;
}

static const char *
run_disconnect(struct command *command)
{
	struct wl_client *client = command_get_client(command);

	if (client == NULL) {
		return command_no_window;
	}
	wl_client_destroy(client);
	return NULL;
}

static uint32_t answer_delay_ms;

static void
handle_request(void *data, enum wl_protocol_logger_type direction,
	const struct wl_protocol_logger_message *message)
{
	if (direction == WL_PROTOCOL_LOGGER_REQUEST &&
		strcmp(message->message->name, "sync") == 0) {
		usleep(answer_delay_ms * 1000);
	}
}

/* As one that is busy: whoever waits for its answers waits "ms" for each, and all others with it.
 */
static const char *
run_delay_answers(struct command *command)
{
	static struct wl_protocol_logger *logger;

	if (logger == NULL) {
		logger = wl_display_add_protocol_logger(
			command->compositor->display, handle_request, NULL);
	}
	answer_delay_ms = (uint32_t)command_get_int(command, "ms", 0);
	return NULL;
}

static enum wl_iterator_result
count_object(struct wl_resource *resource, void *data)
{
	const char *class = wl_resource_get_class(resource);
	json_object *counts = data;
	json_object *count = NULL;

	json_object_object_get_ex(counts, class, &count);
	json_object_object_add(counts, class, json_object_new_int(json_object_get_int(count) + 1));
	return WL_ITERATOR_CONTINUE;
}

/* The objects that the client of "surface" has, or the first client: answers with "objects", how
 * many there are of each interface. */
static const char *
run_count_objects(struct command *command)
{
	struct wl_client *client = command_get_client(command);
	json_object *counts;

	if (client == NULL) {
		return command_no_window;
	}
	counts = json_object_new_object();
	wl_client_for_each_resource(client, count_object, counts);
	json_object_object_add(command->reply, "objects", counts);
	return NULL;
}

const struct command_row client_commands[] = {
	{ "count_objects", run_count_objects },
	{ "delay_answers", run_delay_answers },
	{ "disconnect", run_disconnect },
	{ "error", run_error },
	{ "ping_client", run_ping_client },
	{ NULL, NULL },
};
