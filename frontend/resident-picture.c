#include "resident-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "view.h"

#define REFUSAL_SIZE 256

static void
refuse_unread(struct resident_client *client, int error)
{
	uint32_t i;
	const char *reason = scanout_fetch_reason(client->fetch, &i);
	char text[REFUSAL_SIZE];

	snprintf(text, sizeof(text), "console %u: cannot read the picture: %s",
		client->pictures[i].console, reason);
	resident_client_refuse(client, error == -ETIMEDOUT ? EXIT_TIMED_OUT : EXIT_FAILED, text);
}

static void
handle_fetched(void *data, int error)
{
	struct resident_client *client = data;
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
		json_object_object_add(
			json, "console", json_object_new_int64(client->pictures[i].console));
		if (client->pictures[i].cursor.fd >= 0) {
			json_object_object_add(json, "cursor",
				control_cursor_to_json(&client->pictures[i].cursor, &fds));
		}
		json_object_array_add(pictures, json);
	}
	json_object_object_add(response, "pictures", pictures);
	scanout_fetch_give_away(client->fetch);
	resident_client_respond(client, response, &fds);
}

static int
add_picture(struct resident_client *client, const struct view *view)
{
	uint32_t i = client->n_pictures++;
	struct cursor_image image;
	int32_t gx, gy;

	client->pictures[i].console = view_head(view)->console;
	client->pictures[i].cursor.fd = -1;
	if (!client->wants_cursor || !view_cursor(view, &image, &gx, &gy)) {
		return 0;
	}
	return control_cursor_create(&image, gx, gy, &client->pictures[i].cursor);
}

static void
handle_capture_ready(void *data, const struct view_list *chosen, bool last)
{
	struct resident_client *client = data;
	struct resident *resident = client->resident;
	const struct fetch_means means = {
		.way = client->way,
		.gpu = resident->means->gpu,
		.device = view_device(chosen->views[0]),
	};
	struct scanout scanouts[GUEST_MAX_HEADS];
	int r = 0;

	for (uint32_t i = 0; i < chosen->n_views && r >= 0; i++) {
		r = add_picture(client, chosen->views[i]);
		scanouts[i] = *view_scanout(chosen->views[i]);
	}
	if (r >= 0) {
		r = scanout_fetch_create(resident->event, &means, scanouts, client->n_pictures,
			handle_fetched, client, &client->fetch);
	}
	if (r < 0) {
		resident_client_refuse(client, EXIT_FAILED, strerror(-r));
	}
}

static void
handle_capture_timed_out(void *data, const char *why)
{
	resident_client_refuse(data, EXIT_TIMED_OUT, why);
}

static const struct capture_listener capture_listener = {
	.ready = handle_capture_ready,
	.timed_out = handle_capture_timed_out,
};

void
resident_take_picture(struct resident_client *client, json_object *message)
{
	struct resident *resident = client->resident;
	json_object *path = NULL;
	struct capture_request request = {
		.console = (int32_t)resident_get_number(
			message, "console", CLI_CONSOLE_ALL, INT32_MAX),
		.wait_stable_ms = (uint32_t)resident_get_number(
			message, "wait_stable_ms", 0, RESIDENT_MAX_WAIT_MS),
		.timeout_ms = (uint32_t)resident_get_number(
			message, "timeout_ms", 0, RESIDENT_MAX_WAIT_MS),
	};
	int r;

	client->wants_cursor = resident_get_number(message, "cursor", 0, 1) == 1;
	client->way = resident->means->way;
	if (json_object_object_get_ex(message, "path", &path)) {
		client->way = fetch_way_from_path(json_object_get_string(path));
	}
	r = capture_create(resident->event, resident->views, &request, &capture_listener, client,
		&client->capture);
	if (r < 0) {
		resident_client_refuse(client, EXIT_FAILED, strerror(-r));
	}
}
