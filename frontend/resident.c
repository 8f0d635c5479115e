#include "resident.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "capture.h"
#include "cli.h"
#include "control-socket.h"
#include "exit-code.h"
#include "report.h"
#include "typist.h"
#include "view.h"

#define RESIDENT_MAX_CONNECTIONS_PER_S 100
/* A wait that a client may ask for; more would keep its slot for ever. */
#define RESIDENT_MAX_WAIT_MS (CLI_MAX_TIMEOUT_S * 1000)
#define REFUSAL_SIZE 256

struct client {
	struct resident *resident; /* NULL: the slot is free */
	int fd;
	sd_event_source *source;
	struct capture *capture; /* while a screenshot is waited for */
	struct scanout_fetch *fetch;
	enum fetch_way way;
	uint32_t n_pictures;
	uint32_t consoles[GUEST_MAX_HEADS]; /* of the pictures */
	struct typist *typist;              /* while something is typed */
};

struct resident {
	const struct guest_identity *identity;
	const struct view_list *views;
	const struct fetch_means *means;
	sd_event *event;
	const char *job;
	struct sockaddr_un address, lock_address;
	int lock_fd, socket_fd;
	sd_event_source *source;
	struct client clients[RESIDENT_MAX_CLIENTS];
};

static void
client_close(struct client *client)
{
	typist_destroy(client->typist);
	scanout_fetch_destroy(client->fetch);
	capture_destroy(client->capture);
	sd_event_source_disable_unref(client->source);
	fd_close(&client->fd);
	*client = (struct client){ .fd = -1 };
}

/* One request, one response: whatever became of it, the client is done. */
static void
client_respond(struct client *client, json_object *response, const struct control_socket_fds *fds)
{
	int r = control_socket_send(client->fd, response, fds);

	if (r < 0) {
		log_warning("a control client got no response: %s", strerror(-r));
	}
	json_object_put(response);
	client_close(client);
}

static json_object *
make_refusal(enum exit_code code, const char *text)
{
	json_object *response = json_object_new_object();

	json_object_object_add(response, "error", json_object_new_string(text));
	json_object_object_add(response, "code", json_object_new_int(code));
	return response;
}

static void
client_refuse(struct client *client, enum exit_code code, const char *text)
{
	client_respond(client, make_refusal(code, text), NULL);
}

static json_object *
describe_console(const struct view *view)
{
	const struct guest_head *head = view_head(view);
	const struct scanout *scanout = view_scanout(view);
	struct view_status status = view_status(view);
	json_object *json = json_object_new_object();

	json_object_object_add(json, "console", json_object_new_int64(head->console));
	json_object_object_add(json, "label", json_object_new_string(head->label));
	json_object_object_add(json, "gpu", json_object_new_string(head->gpu));
	json_object_object_add(json, "head", json_object_new_int64(head->index));
	json_object_object_add(json, "on", json_object_new_boolean(view_is_on(view)));
	json_object_object_add(
		json, "width", json_object_new_int(scanout != NULL ? scanout->source.width : 0));
	json_object_object_add(
		json, "height", json_object_new_int(scanout != NULL ? scanout->source.height : 0));
	report_verdict(json, &status);
	json_object_object_add(
		json, "updates", json_object_new_int64((int64_t)status.counts.received));
	json_object_object_add(
		json, "answered", json_object_new_int64((int64_t)status.counts.answered));
	json_object_object_add(
		json, "answered_late", json_object_new_int64((int64_t)status.counts.by_deadline));
	json_object_object_add(
		json, "presented", json_object_new_int64((int64_t)status.picture.presented));
	json_object_object_add(
		json, "copied_bytes", json_object_new_int64((int64_t)status.picture.copied_bytes));
	return json;
}

static void
handle_list_request(struct client *client)
{
	const struct resident *resident = client->resident;
	json_object *response = json_object_new_object();
	json_object *consoles = json_object_new_array();

	json_object_object_add(response, "name", json_object_new_string(resident->identity->name));
	json_object_object_add(response, "uuid", json_object_new_string(resident->identity->uuid));
	json_object_object_add(response, "viewer", json_object_new_int64(getpid()));
	json_object_object_add(response, "job", json_object_new_string(resident->job));
	for (uint32_t i = 0; i < resident->views->n_views; i++) {
		json_object_array_add(consoles, describe_console(resident->views->views[i]));
	}
	json_object_object_add(response, "consoles", consoles);
	client_respond(client, response, NULL);
}

static void
refuse_unread(struct client *client, int error)
{
	uint32_t i;
	const char *reason = scanout_fetch_reason(client->fetch, &i);
	char text[REFUSAL_SIZE];

	snprintf(text, sizeof(text), "console %u: cannot read the picture: %s", client->consoles[i],
		reason);
	client_refuse(client, error == -ETIMEDOUT ? EXIT_TIMED_OUT : EXIT_FAILED, text);
}

static void
handle_fetched(void *data, int error)
{
	struct client *client = data;
	json_object *response, *pictures;
	struct control_socket_fds fds = { 0 };

	if (error < 0) {
		refuse_unread(client, error);
		return;
	}
	response = json_object_new_object();
	pictures = json_object_new_array();
	for (uint32_t i = 0; i < client->n_pictures; i++) {
		json_object *json = control_socket_scanout_to_json(
			scanout_fetch_scanout(client->fetch, i), &fds);
		json_object_object_add(json, "console", json_object_new_int64(client->consoles[i]));
		json_object_array_add(pictures, json);
	}
	json_object_object_add(response, "pictures", pictures);
	scanout_fetch_give_away(client->fetch);
	client_respond(client, response, &fds);
}

static void
handle_capture_ready(void *data, const struct view_list *chosen, bool last)
{
	struct client *client = data;
	struct resident *resident = client->resident;
	const struct fetch_means means = {
		.way = client->way,
		.gpu = resident->means->gpu,
		.device = view_device(chosen->views[0]),
	};
	struct scanout scanouts[GUEST_MAX_HEADS];
	int r;

	client->n_pictures = chosen->n_views;
	for (uint32_t i = 0; i < chosen->n_views; i++) {
		client->consoles[i] = view_head(chosen->views[i])->console;
		scanouts[i] = *view_scanout(chosen->views[i]);
	}
	r = scanout_fetch_create(resident->event, &means, scanouts, client->n_pictures,
		handle_fetched, client, &client->fetch);
	if (r < 0) {
		client_refuse(client, EXIT_FAILED, strerror(-r));
	}
}

static void
handle_capture_timed_out(void *data, const char *why)
{
	client_refuse(data, EXIT_TIMED_OUT, why);
}

static const struct capture_listener capture_listener = {
	.ready = handle_capture_ready,
	.timed_out = handle_capture_timed_out,
};

static int64_t
get_number(json_object *request, const char *key, int64_t low, int64_t high)
{
	json_object *value;
	int64_t number = low;

	if (json_object_object_get_ex(request, key, &value)) {
		number = json_object_get_int64(value);
	}
	return number < low ? low : number > high ? high : number;
}

static void
handle_screenshot_request(struct client *client, json_object *message)
{
	struct resident *resident = client->resident;
	json_object *path = NULL;
	struct capture_request request = {
		.console = (int32_t)get_number(message, "console", CLI_CONSOLE_ALL, INT32_MAX),
		.wait_stable_ms =
			(uint32_t)get_number(message, "wait_stable_ms", 0, RESIDENT_MAX_WAIT_MS),
		.timeout_ms = (uint32_t)get_number(message, "timeout_ms", 0, RESIDENT_MAX_WAIT_MS),
	};
	int r;

	client->way = resident->means->way;
	if (json_object_object_get_ex(message, "path", &path)) {
		client->way = fetch_way_from_path(json_object_get_string(path));
	}
	r = capture_create(resident->event, resident->views, &request, &capture_listener, client,
		&client->capture);
	if (r < 0) {
		client_refuse(client, EXIT_FAILED, strerror(-r));
	}
}

static void
handle_typed(void *data, int error)
{
	struct client *client = data;

	if (error < 0) {
		client_refuse(client, EXIT_FAILED, "not all was typed: the console went away");
	} else {
		client_respond(client, json_object_new_object(), NULL);
	}
}

static void
handle_type_request(struct client *client, json_object *message)
{
	struct resident *resident = client->resident;
	int32_t console = (int32_t)get_number(message, "console", CLI_CONSOLE_FIRST, INT32_MAX);
	struct view *view = view_list_choose(resident->views, console);
	json_object *strokes = NULL, *again;
	struct typing typing;
	int r;

	if (strcmp(resident->job, RESIDENT_JOB_WINDOWS) != 0 &&
		strcmp(resident->job, RESIDENT_JOB_HEADLESS) != 0) {
		again = json_object_new_object();
		json_object_object_add(again, "again", json_object_new_boolean(true));
		client_respond(client, again, NULL);
		return;
	}
	json_object_object_get_ex(message, "strokes", &strokes);
	if (control_socket_typing_from_json(strokes, &typing) < 0) {
		client_refuse(client, EXIT_USAGE, "no strokes that make sense");
		return;
	}
	if (view == NULL) {
		client_refuse(client, EXIT_FAILED, "there is no such console");
		return;
	}
	r = typist_create(resident->event, resident->views, view_head(view)->console, &typing,
		handle_typed, client, &client->typist);
	if (r < 0) {
		client_refuse(client, EXIT_FAILED, strerror(-r));
	}
}

static int
handle_client_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct client *client = data;
	json_object *message, *command = NULL;
	struct control_socket_fds fds;
	const char *name = "";
	int r = control_socket_receive(fd, &message, &fds);

	if (r == -EAGAIN) {
		return 0;
	}
	if (r < 0) {
		if (r == -EBADMSG) {
			log_warning("a control client sent no request; it is disconnected");
		}
		client_close(client);
		return 0;
	}
	control_socket_fds_close(&fds);
	if (json_object_object_get_ex(message, "command", &command) &&
		json_object_is_type(command, json_type_string)) {
		name = json_object_get_string(command);
	}
	if (client->capture != NULL || client->typist != NULL) {
		client_refuse(client, EXIT_USAGE, "one request at a time");
	} else if (strcmp(name, "list") == 0) {
		handle_list_request(client);
	} else if (strcmp(name, "screenshot") == 0) {
		handle_screenshot_request(client, message);
	} else if (strcmp(name, "type") == 0) {
		handle_type_request(client, message);
	} else {
		client_refuse(client, EXIT_USAGE, "unknown command");
	}
	json_object_put(message);
	return 0;
}

static void
turn_away(int fd)
{
	json_object *response = make_refusal(EXIT_FAILED, "the viewer has too many requests open");

	log_warning("more than %d control clients; one is turned away", RESIDENT_MAX_CLIENTS);
	/* If that cannot be sent either, the closed connection says it. */
	control_socket_send(fd, response, NULL);
	json_object_put(response);
}

static int
handle_connection(sd_event_source *source, int socket_fd, uint32_t revents, void *data)
{
	struct resident *resident = data;
	AUTO_FD int fd = accept4(socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (fd < 0) {
		return 0;
	}
	/* The directory keeps others out already; root may come. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 ||
		(peer.uid != getuid() && peer.uid != 0)) {
		log_warning("a control client of another user was turned away");
		return 0;
	}
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		struct client *client = &resident->clients[i];
		int r;

		if (client->resident != NULL) {
			continue;
		}
		r = sd_event_add_io(resident->event, &client->source, fd, EPOLLIN,
			handle_client_readable, client);
		if (r < 0) {
			log_warning("cannot serve a control client: %s", strerror(-r));
			return 0;
		}
		client->resident = resident;
		client->fd = fd_take(&fd);
		return 0;
	}
	turn_away(fd);
	return 0;
}

/*
 * The lock tells a living resident from a socket that was left behind. Its file goes with us, so
 * the one that we have locked may be one that somebody has just removed: then it is tried again.
 */
static int
take_lock(struct resident *resident, const char *key)
{
	const char *path = resident->lock_address.sun_path;
	struct stat ours, named;
	int r = control_socket_address(key, ".lock", &resident->lock_address);

	if (r < 0) {
		return r;
	}
	for (;;) {
		resident->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
		if (resident->lock_fd < 0) {
			r = -errno;
			log_error("cannot open %s: %s", path, strerror(-r));
			return r;
		}
		if (flock(resident->lock_fd, LOCK_EX | LOCK_NB) < 0) {
			r = errno == EWOULDBLOCK ? -EEXIST : -errno;
			fd_close(&resident->lock_fd);
			return r;
		}
		if (fstat(resident->lock_fd, &ours) == 0 && stat(path, &named) == 0 &&
			ours.st_ino == named.st_ino) {
			return 0;
		}
		fd_close(&resident->lock_fd);
	}
}

static int
start_listening(struct resident *resident, const char *key)
{
	int r = control_socket_address(key, "", &resident->address);

	if (r < 0) {
		return r;
	}
	unlink(resident->address.sun_path);
	resident->socket_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (resident->socket_fd < 0 ||
		bind(resident->socket_fd, (const struct sockaddr *)&resident->address,
			sizeof(resident->address)) < 0 ||
		listen(resident->socket_fd, RESIDENT_MAX_CLIENTS) < 0) {
		r = -errno;
		log_error("cannot listen on %s: %s", resident->address.sun_path, strerror(-r));
		return r;
	}
	r = sd_event_add_io(resident->event, &resident->source, resident->socket_fd, EPOLLIN,
		handle_connection, resident);
	if (r >= 0) {
		/* A connection that cannot be accepted, for want of fds, stays readable. */
		r = sd_event_source_set_ratelimit(
			resident->source, US_PER_S, RESIDENT_MAX_CONNECTIONS_PER_S);
	}
	return r;
}

int
resident_create(sd_event *event, const char *key, const struct guest_identity *identity,
	const char *job, const struct view_list *views, const struct fetch_means *means,
	struct resident **ret_resident)
{
	struct resident *resident = calloc(1, sizeof(*resident));
	int r;

	if (resident == NULL) {
		return -ENOMEM;
	}
	resident->event = sd_event_ref(event);
	resident->identity = identity;
	resident->job = job;
	resident->views = views;
	resident->means = means;
	resident->lock_fd = resident->socket_fd = -1;
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		resident->clients[i].fd = -1;
	}
	r = take_lock(resident, key);
	if (r >= 0) {
		r = start_listening(resident, key);
	}
	if (r < 0) {
		resident_destroy(resident);
		return r;
	}
	*ret_resident = resident;
	return 0;
}

void
resident_destroy(struct resident *resident)
{
	if (resident == NULL) {
		return;
	}
	for (int i = 0; i < RESIDENT_MAX_CLIENTS; i++) {
		if (resident->clients[i].resident != NULL) {
			client_close(&resident->clients[i]);
		}
	}
	sd_event_source_disable_unref(resident->source);
	if (resident->socket_fd >= 0) {
		unlink(resident->address.sun_path);
	}
	if (resident->lock_fd >= 0) {
		unlink(resident->lock_address.sun_path);
	}
	fd_close(&resident->socket_fd);
	fd_close(&resident->lock_fd);
	sd_event_unref(resident->event);
	free(resident);
}
