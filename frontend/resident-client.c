#include "resident-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "control-server.h"
#include "report.h"
#include "view.h"

void
resident_client_close(struct resident_client *client)
{
	typist_destroy(client->typist);
	scanout_fetch_destroy(client->fetch);
	capture_destroy(client->capture);
	for (uint32_t i = 0; i < client->n_pictures; i++) {
		control_cursor_finish(&client->pictures[i].cursor);
	}
	sd_event_source_disable_unref(client->source);
	fd_close(&client->fd);
	*client = (struct resident_client){ .fd = -1 };
}

void
resident_client_respond(
	struct resident_client *client, json_object *response, const struct control_socket_fds *fds)
{
	int r = control_socket_send(client->fd, response, fds);

	if (r < 0) {
		log_limited_here(
			LOG_LEVEL_WARNING, "a control client got no response: %s", strerror(-r));
	}
	json_object_put(response);
	resident_client_close(client);
}

json_object *
resident_make_refusal(enum exit_code code, const char *text)
{
	json_object *response = json_object_new_object();

	json_object_object_add(response, "error", json_object_new_string(text));
	json_object_object_add(response, "code", json_object_new_int(code));
	return response;
}

void
resident_client_refuse(struct resident_client *client, enum exit_code code, const char *text)
{
	resident_client_respond(client, resident_make_refusal(code, text), NULL);
}

bool
resident_has_vm(struct resident_client *client)
{
	if (client->resident->views->gone) {
		resident_client_refuse(
			client, EXIT_VM_GONE, "the VM is gone; its viewer waits for it");
		return false;
	}
	return true;
}

int64_t
resident_get_number(json_object *request, const char *key, int64_t low, int64_t high)
{
	json_object *value;
	int64_t number = low;

	if (json_object_object_get_ex(request, key, &value)) {
		number = json_object_get_int64(value);
	}
	return number < low ? low : number > high ? high : number;
}

const char *
resident_get_text(json_object *request, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(request, key, &value) &&
			       json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : NULL;
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
handle_list_request(struct resident_client *client)
{
	const struct resident *resident = client->resident;
	json_object *response = json_object_new_object();
	json_object *consoles = json_object_new_array();

	json_object_object_add(response, "name", json_object_new_string(resident->identity->name));
	json_object_object_add(response, "uuid", json_object_new_string(resident->identity->uuid));
	json_object_object_add(response, "viewer", json_object_new_int64(getpid()));
	json_object_object_add(response, "job", json_object_new_string(resident->job));
	json_object_object_add(response, "gone", json_object_new_boolean(resident->views->gone));
	for (uint32_t i = 0; i < resident->views->n_views; i++) {
		json_object_array_add(consoles, describe_console(resident->views->views[i]));
	}
	json_object_object_add(response, "consoles", consoles);
	resident_client_respond(client, response, NULL);
}

static void
handle_typed(void *data, int error)
{
	struct resident_client *client = data;

	if (error == -ENOTCONN) {
		resident_client_refuse(
			client, EXIT_VM_GONE, "not all was typed: another viewer has the VM");
	} else if (error < 0) {
		resident_client_refuse(
			client, EXIT_FAILED, "not all was typed: the console went away");
	} else {
		resident_client_respond(client, json_object_new_object(), NULL);
	}
}

/* A job that is soon done takes no work for others. */
static bool
is_staying(const struct resident *resident)
{
	return strcmp(resident->job, RESIDENT_JOB_SCREENSHOT) != 0 &&
	       strcmp(resident->job, RESIDENT_JOB_TYPING) != 0;
}

static void
send_away(struct resident_client *client)
{
	json_object *again = json_object_new_object();

	json_object_object_add(again, "again", json_object_new_boolean(true));
	resident_client_respond(client, again, NULL);
}

static void
handle_type_request(struct resident_client *client, json_object *message)
{
	struct resident *resident = client->resident;
	int32_t console =
		(int32_t)resident_get_number(message, "console", CLI_CONSOLE_FIRST, INT32_MAX);
	struct view *view = view_list_choose(resident->views, console);
	json_object *strokes = NULL, *begun;
	struct typing typing;
	int r;

	json_object_object_get_ex(message, "strokes", &strokes);
	if (control_socket_typing_from_json(strokes, &typing) < 0) {
		resident_client_refuse(client, EXIT_USAGE, "no strokes that make sense");
		return;
	}
	if (view == NULL) {
		resident_client_refuse(client, EXIT_FAILED, "there is no such console");
		return;
	}
	r = typist_create(resident->event, resident->views, view_head(view)->console, &typing,
		handle_typed, client, &client->typist);
	if (r < 0) {
		resident_client_refuse(client, EXIT_FAILED, strerror(-r));
		return;
	}
	/* From here on it is not to be typed again, whatever becomes of us. */
	begun = json_object_new_object();
	json_object_object_add(begun, "begun", json_object_new_boolean(true));
	control_socket_send(client->fd, begun, NULL);
	json_object_put(begun);
}

/* From here on commands are served on the first of the fds. */
static void
handle_control_request(
	struct resident_client *client, json_object *message, struct control_socket_fds *fds)
{
	struct resident *resident = client->resident;
	const struct control_peer_options options = {
		.directory = resident_get_text(message, "directory"),
		.artifacts = resident_get_text(message, "artifacts"),
		.console = (int32_t)resident_get_number(
			message, "console", CLI_CONSOLE_ALL, INT32_MAX),
		.timeout_ms = (uint32_t)resident_get_number(
			message, "timeout_ms", 1, RESIDENT_MAX_WAIT_MS),
	};
	int r;

	if (fds->n_fds != 2) {
		resident_client_refuse(client, EXIT_USAGE, "control takes two descriptors");
		return;
	}
	r = control_server_add(
		resident->control, fd_take(&fds->fds[0]), fd_take(&fds->fds[1]), &options);
	if (r == -ESHUTDOWN) {
		send_away(client);
		return;
	}
	if (r < 0) {
		resident_client_refuse(client, EXIT_FAILED,
			r == -EBUSY ? "the viewer has too many scripts to do" : strerror(-r));
		return;
	}
	resident_client_respond(client, json_object_new_object(), NULL);
}

int
resident_handle_readable(sd_event_source *source, int fd, uint32_t revents, void *data)
{
	struct resident_client *client = data;
	json_object *message;
	struct control_socket_fds fds;
	const char *name;
	int r = control_socket_receive(fd, &message, &fds);

	if (r == -EAGAIN) {
		return 0;
	}
	if (r < 0) {
		if (r == -EBADMSG) {
			log_limited_here(LOG_LEVEL_WARNING,
				"a control client sent no request; it is disconnected");
		}
		resident_client_close(client);
		return 0;
	}
	name = resident_get_text(message, "command");
	name = name != NULL ? name : "";
	if (client->capture != NULL || client->typist != NULL) {
		resident_client_refuse(client, EXIT_USAGE, "one request at a time");
	} else if (strcmp(name, "list") == 0) {
		handle_list_request(client);
	} else if (strcmp(name, "screenshot") == 0) {
		if (resident_has_vm(client)) {
			resident_take_picture(client, message);
		}
	} else if (strcmp(name, "type") != 0 && strcmp(name, "control") != 0) {
		resident_client_refuse(client, EXIT_USAGE, "unknown command");
	} else if (!is_staying(client->resident)) {
		send_away(client);
	} else if (strcmp(name, "type") == 0) {
		if (resident_has_vm(client)) {
			handle_type_request(client, message);
		}
	} else {
		handle_control_request(client, message, &fds);
	}
	control_socket_fds_close(&fds);
	json_object_put(message);
	return 0;
}
