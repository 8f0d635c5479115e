#include "command.h"

#include <string.h>
#include <wayland-server-protocol.h>

#include "control.h"
#include "output.h"
#include "picture.h"
#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"
#include "xdg-shell-server-protocol.h"

#define MAX_STATES 16

const char command_no_window[] = "there is no such window";

json_object *
command_get(const struct command *command, const char *key)
{
	json_object *value = NULL;

	json_object_object_get_ex(command->request, key, &value);
	return value;
}

int32_t
command_get_int(const struct command *command, const char *key, int32_t otherwise)
{
	json_object *value = command_get(command, key);

	return value != NULL ? json_object_get_int(value) : otherwise;
}

double
command_get_double(const struct command *command, const char *key)
{
	return json_object_get_double(command_get(command, key));
}

bool
command_get_bool(const struct command *command, const char *key, bool otherwise)
{
	json_object *value = command_get(command, key);

	return value != NULL ? json_object_get_boolean(value) : otherwise;
}

const char *
command_get_text(const struct command *command, const char *key, const char *otherwise)
{
	json_object *value = command_get(command, key);

	return value != NULL ? json_object_get_string(value) : otherwise;
}

/* The surface named by its number, else the oldest window. */
struct surface *
command_get_surface(const struct command *command)
{
	struct surface *surface;
	int32_t number = command_get_int(command, "surface", 0);

	if (number != 0) {
		return surface_find(command->compositor, (uint32_t)number);
	}
	wl_list_for_each(surface, &command->compositor->surfaces, link)
	{
		if (surface->shell != NULL && surface->shell->toplevel != NULL) {
			return surface;
		}
	}
	return NULL;
}

struct seat *
command_get_seat(const struct command *command)
{
	struct compositor *compositor = command->compositor;
	uint32_t index = (uint32_t)command_get_int(command, "seat", 0);

	return &compositor->seats[index < compositor->n_seats ? index : 0];
}

struct shell_surface *
command_get_window(const struct command *command)
{
	struct surface *surface = command_get_surface(command);

	return surface != NULL && surface->shell != NULL && surface->shell->toplevel != NULL
		       ? surface->shell
		       : NULL;
}

struct wl_client *
command_get_client(const struct command *command)
{
	struct surface *surface = command_get_surface(command);
	struct wl_list *clients = wl_display_get_client_list(command->compositor->display);

	if (surface != NULL) {
		return wl_resource_get_client(surface->resource);
	}
	return wl_list_empty(clients) ? NULL : wl_client_from_link(clients->next);
}

static const char *
run_configure(struct command *command)
{
	struct shell_surface *window = command_get_window(command);
	json_object *states = command_get(command, "states");
	const char *names[MAX_STATES + 1] = { "activated", NULL };
	uint32_t serial;

	if (window == NULL) {
		return command_no_window;
	}
	if (states != NULL) {
		size_t n = json_object_array_length(states);
		if (n > MAX_STATES) {
			return "too many states";
		}
		for (size_t i = 0; i < n; i++) {
			names[i] = json_object_get_string(json_object_array_get_idx(states, i));
		}
		names[n] = NULL;
	}
	serial = shell_surface_configure(window, command_get_int(command, "width", 0),
		command_get_int(command, "height", 0), names);
	if (serial == 0) {
		return "there is no such state";
	}
	record_int(command->reply, "serial", serial);
	return NULL;
}

static const char *
run_close(struct command *command)
{
	struct shell_surface *window = command_get_window(command);

	if (window == NULL) {
		return command_no_window;
	}
	xdg_toplevel_send_close(window->toplevel);
	return NULL;
}

static const char *
run_frame_policy(struct command *command)
{
	const char *policy = command_get_text(command, "policy", "");
	struct compositor *compositor = command->compositor;

	if (strcmp(policy, "auto") == 0) {
		compositor->frame_policy = FRAME_AUTO;
		frames_restart(compositor);
	} else if (strcmp(policy, "manual") == 0) {
		compositor->frame_policy = FRAME_MANUAL;
	} else if (strcmp(policy, "never") == 0) {
		compositor->frame_policy = FRAME_NEVER;
	} else {
		return "the policy is auto, manual or never";
	}
	return NULL;
}

static const char *
run_frame(struct command *command)
{
	record_int(command->reply, "fired", frames_fire(command->compositor));
	return NULL;
}

static const char *
run_release_policy(struct command *command)
{
	const char *policy = command_get_text(command, "policy", "");
	enum release_policy *release_policy = &command->compositor->buffers.release_policy;

	if (strcmp(policy, "replaced") == 0) {
		*release_policy = RELEASE_REPLACED;
	} else if (strcmp(policy, "at-once") == 0) {
		*release_policy = RELEASE_AT_ONCE;
	} else if (strcmp(policy, "held") == 0) {
		*release_policy = RELEASE_HELD;
	} else {
		return "the policy is replaced, at-once or held";
	}
	return NULL;
}

static const char *
run_release(struct command *command)
{
	record_int(command->reply, "released", buffers_release(command->compositor));
	return NULL;
}

static const char *
run_fail_imports(struct command *command)
{
	command->compositor->dmabuf.fail_imports = (uint32_t)command_get_int(command, "count", 1);
	return NULL;
}

static const char *
run_stop(struct command *command)
{
	wl_display_terminate(command->compositor->display);
	return NULL;
}

static const char *
run_feedback(struct command *command)
{
	struct dmabuf *dmabuf = &command->compositor->dmabuf;
	json_object *formats = command_get(command, "formats");

	if (!json_object_is_type(formats, json_type_array)) {
		return "formats is a list like [\"XR24:0x0\"]";
	}
	dmabuf->device = (uint32_t)command_get_int(command, "device", (int32_t)dmabuf->device);
	dmabuf_clear_formats(dmabuf);
	for (size_t i = 0; i < json_object_array_length(formats); i++) {
		if (!dmabuf_add_format(dmabuf,
			    json_object_get_string(json_object_array_get_idx(formats, i)))) {
			return "a format is like XR24:0x0 or XR24:0x0:scanout";
		}
	}
	dmabuf_send_feedback(dmabuf);
	return NULL;
}

static const char *
run_presentation(struct command *command)
{
	struct presentation *presentation = &command->compositor->presentation;

	presentation->refresh_ns =
		(uint32_t)command_get_int(command, "refresh_ns", (int32_t)presentation->refresh_ns);
	presentation->zero_copy = command_get_bool(command, "zero_copy", presentation->zero_copy);
	presentation->vsync = command_get_bool(command, "vsync", presentation->vsync);
	presentation->discards = command_get_bool(command, "discard", presentation->discards);
	presentation_set_silent(command_get_bool(command, "silent", false));
	presentation->delay_ns =
		(uint32_t)command_get_int(command, "delay_ns", (int32_t)presentation->delay_ns);
	return NULL;
}

/* "surface": of the windows the oldest, unless it is told; "file", "background": 0xRRGGBB, and
 * "scale_120". */
static const char *
run_screenshot(struct command *command)
{
	struct surface *surface = command_get_surface(command);
	const char *file = command_get_text(command, "file", NULL);
	int32_t scale_120 = command_get_int(command, "scale_120", 120);
	const char *error;

	if (surface == NULL) {
		return command_no_window;
	}
	if (file == NULL) {
		return "it needs a file";
	}
	if (scale_120 < 1 || scale_120 > OUTPUT_MAX_SCALE * 120) {
		return "there is no such scale";
	}
	error = picture_write(surface, scale_120,
		(uint32_t)command_get_int(command, "background", 0xff00ff), file);
	if (error == NULL) {
		record_int(command->reply, "width", surface->width);
		record_int(command->reply, "height", surface->height);
	}
	return error;
}

/* "output": default the first; "file". Answers with "surfaces", see picture.h. */
static const char *
run_screenshot_output(struct command *command)
{
	const struct output *output = command_get(command, "output") != NULL
					      ? command_get_output(command, "output")
					      : output_first(command->compositor);
	const char *file = command_get_text(command, "file", NULL);
	json_object *surfaces;

	if (output == NULL) {
		return command_no_output;
	}
	if (file == NULL) {
		return "it needs a file";
	}
	surfaces = json_object_new_array();
	json_object_object_add(command->reply, "surfaces", surfaces);
	return picture_write_output(output, file, surfaces);
}

static const char *
run_ping(struct command *command)
{
	return NULL;
}

static const struct command_row general_commands[] = {
	{ "close", run_close },
	{ "configure", run_configure },
	{ "fail_imports", run_fail_imports },
	{ "feedback", run_feedback },
	{ "frame", run_frame },
	{ "frame_policy", run_frame_policy },
	{ "ping", run_ping },
	{ "presentation", run_presentation },
	{ "release", run_release },
	{ "release_policy", run_release_policy },
	{ "screenshot", run_screenshot },
	{ "screenshot_output", run_screenshot_output },
	{ "stop", run_stop },
	{ NULL, NULL },
};

static const struct command_row *const tables[] = {
	general_commands,
	client_commands,
	input_commands,
	output_commands,
	play_commands,
	raw_commands,
	tablet_commands,
	window_commands,
};

const char *
command_run(struct compositor *compositor, json_object *request, json_object *reply)
{
	struct command command = { .compositor = compositor, .request = request, .reply = reply };
	const char *name = command_get_text(&command, "command", "");

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct command_row *row = tables[i]; row->name != NULL; row++) {
			if (strcmp(row->name, name) == 0) {
				return row->run(&command);
			}
		}
	}
	return "there is no such command";
}
