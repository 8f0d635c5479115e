#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "command.h"
#include "compositor.h"
#include "xdg-shell-server-protocol.h"

#define UNREAD_TIMEOUT_MS 10000

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

/*
 * What compositors do after an error: but with requests unread, which makes the kernel tell the
 * client of a reset, and before the client has had the time to read anything.
 */
static void
close_at_once(struct wl_client *client)
{
	pid_t pid;

	wl_client_get_credentials(client, &pid, NULL, NULL);
	kill(pid, SIGSTOP);
	wl_client_flush(client);
	wl_client_destroy(client);
	kill(pid, SIGCONT);
}

static const char *
run_error(struct command *command)
{
	bool closes = command_get_bool(command, "unread", false);
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
	if (closes) {
		const char *error = wait_unread(client);

		if (error != NULL) {
			return error;
		}
	}
	wl_resource_post_error(found, (uint32_t)command_get_int(command, "code", 0), "%s",
		command_get_text(command, "message", "as the test wants it"));
	if (closes) {
		close_at_once(client);
	}
	return NULL;
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

static uint32_t new_client_delay_ms;

static void
handle_client_created(struct wl_listener *listener, void *data)
{
	usleep(new_client_delay_ms * 1000);
}

/* As one that is busy: each new client waits for its first answer "ms", and all others with it. */
static const char *
run_delay_clients(struct command *command)
{
	static struct wl_listener listener = { .notify = handle_client_created };

	if (listener.link.next == NULL) {
		wl_display_add_client_created_listener(command->compositor->display, &listener);
	}
	new_client_delay_ms = (uint32_t)command_get_int(command, "ms", 0);
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
	{ "delay_clients", run_delay_clients },
	{ "disconnect", run_disconnect },
	{ "error", run_error },
	{ "ping_client", run_ping_client },
	{ NULL, NULL },
};
