#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wayland-server-protocol.h>

#include "command.h"
#include "compositor.h"
#include "fractional-scale-v1-server-protocol.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-server-protocol.h"
#include "linux-dmabuf-v1-server-protocol.h"
#include "pointer-constraints-unstable-v1-server-protocol.h"
#include "presentation-time-server-protocol.h"
#include "record.h"
#include "relative-pointer-unstable-v1-server-protocol.h"
#include "tablet-v2-server-protocol.h"
#include "xdg-decoration-unstable-v1-server-protocol.h"
#include "xdg-output-unstable-v1-server-protocol.h"
#include "xdg-shell-server-protocol.h"

/*
 * Events as they are wanted, whatever sense they make: for a compositor that means it ill. What
 * ends a connection by the rules of libwayland itself is not to be had.
 */

#define MAX_ARGUMENTS 20
#define MAX_FILE_SIZE (1 << 20)

static const struct wl_interface *const interfaces[] = {
	&wl_buffer_interface,
	&wl_keyboard_interface,
	&wl_output_interface,
	&wl_pointer_interface,
	&wl_registry_interface,
	&wl_seat_interface,
	&wl_shm_interface,
	&wl_surface_interface,
	&wl_touch_interface,
	&wp_fractional_scale_v1_interface,
	&wp_presentation_feedback_interface,
	&wp_presentation_interface,
	&xdg_toplevel_interface,
	&zwp_confined_pointer_v1_interface,
	&zwp_keyboard_shortcuts_inhibitor_v1_interface,
	&zwp_linux_buffer_params_v1_interface,
	&zwp_linux_dmabuf_feedback_v1_interface,
	&zwp_linux_dmabuf_v1_interface,
	&zwp_locked_pointer_v1_interface,
	&zwp_relative_pointer_v1_interface,
	&zwp_tablet_tool_v2_interface,
	&zwp_tablet_v2_interface,
	&zxdg_output_v1_interface,
	&zxdg_toplevel_decoration_v1_interface,
};

#define N_INTERFACES (sizeof(interfaces) / sizeof(interfaces[0]))

static const struct wl_interface *
find_interface(const char *name)
{
	for (size_t i = 0; i < N_INTERFACES; i++) {
		if (strcmp(interfaces[i]->name, name) == 0) {
			return interfaces[i];
		}
	}
	return NULL;
}

/* The nth object of the interface that the client has, counted round and round. */
struct search {
	const char *name;
	uint32_t n_found, wanted;
	struct wl_resource *found;
};

static enum wl_iterator_result
look_at(struct wl_resource *resource, void *data)
{
	struct search *search = data;

	if (strcmp(wl_resource_get_class(resource), search->name) == 0) {
		if (search->n_found == search->wanted) {
			search->found = resource;
		}
		search->n_found++;
	}
	return WL_ITERATOR_CONTINUE;
}

static struct wl_resource *
find_object(struct wl_client *client, const char *name, uint32_t nth)
{
	struct search search = { .name = name, .wanted = UINT32_MAX };

	wl_client_for_each_resource(client, look_at, &search);
	if (search.n_found == 0) {
		return NULL;
	}
	search.wanted = nth % search.n_found;
	search.n_found = 0;
	wl_client_for_each_resource(client, look_at, &search);
	return search.found;
}

/* ["memory", SIZE, TEXT]: so large, with this at its start; ["socket"]; ["unreadable"]. */
static int
open_file(json_object *value)
{
	const char *kind = json_object_get_string(json_object_array_get_idx(value, 0));
	int fds[2];
	int fd;

	if (strcmp(kind, "socket") == 0) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0) {
			abort();
		}
		close(fds[1]);
		return fds[0];
	}
	if (strcmp(kind, "unreadable") == 0) {
		if (pipe(fds) < 0) {
			abort();
		}
		close(fds[0]);
		return fds[1];
	}
	fd = memfd_create("mini-compositor-raw", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, json_object_get_int(json_object_array_get_idx(value, 1)) %
					    MAX_FILE_SIZE) < 0) {
		abort();
	}
	value = json_object_array_get_idx(value, 2);
	if (value != NULL && write(fd, json_object_get_string(value),
				     (size_t)json_object_get_string_len(value)) < 0) {
		abort();
	}
	return fd;
}

/* [BYTE, ...]: what it takes is kept in the array, to be released. */
static void
read_array(json_object *value, struct wl_array *array)
{
	wl_array_init(array);
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		uint8_t *byte = wl_array_add(array, 1);

		*byte = (uint8_t)json_object_get_int(json_object_array_get_idx(value, i));
	}
}

static bool
read_argument(struct wl_client *client, char type, const struct wl_interface *interface,
	json_object *value, union wl_argument *ret_argument)
{
	struct wl_resource *resource;

	switch (type) {
	case 'i':
		ret_argument->i = (int32_t)json_object_get_int64(value);
		return true;
	case 'u':
		ret_argument->u = (uint32_t)json_object_get_int64(value);
		return true;
	case 'f':
		ret_argument->f = (wl_fixed_t)json_object_get_int64(value);
		return true;
	case 's':
		ret_argument->s = json_object_get_string(value);
		return ret_argument->s != NULL;
	case 'o':
		resource = find_object(client, interface != NULL ? interface->name : "wl_surface",
			(uint32_t)json_object_get_int64(value));
		/* Every object begins so. */
		ret_argument->o = (struct wl_object *)resource;
		return resource != NULL;
	case 'a':
		ret_argument->a = calloc(1, sizeof(*ret_argument->a));
		read_array(value, ret_argument->a);
		return true;
	case 'h':
		ret_argument->h = open_file(value);
		return true;
	default:
		return false; /* one that makes an object */
	}
}

/* libwayland has copies. */
static void
free_arguments(const char *types, union wl_argument *arguments, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		if (types[i] == 'a') {
			wl_array_release(arguments[i].a);
			free(arguments[i].a);
		} else if (types[i] == 'h') {
			close(arguments[i].h);
		}
	}
}

/* The signature without its version, which is returned, and without question marks. */
static int
read_signature(const char *signature, char types[static MAX_ARGUMENTS + 1])
{
	int since = 1;
	uint32_t n = 0;

	if (*signature >= '0' && *signature <= '9') {
		since = (int)strtol(signature, NULL, 10);
	}
	for (; *signature != '\0' && n < MAX_ARGUMENTS; signature++) {
		if (*signature >= 'a' && *signature <= 'z') {
			types[n++] = *signature;
		}
	}
	types[n] = '\0';
	return since;
}

static const char *
post(struct wl_resource *resource, const struct wl_message *event, uint32_t opcode,
	json_object *values)
{
	union wl_argument arguments[MAX_ARGUMENTS];
	struct wl_client *client = wl_resource_get_client(resource);
	char types[MAX_ARGUMENTS + 1];
	bool is_good;
	uint32_t n = 0;

	if (read_signature(event->signature, types) > wl_resource_get_version(resource)) {
		return "the client's version has no such event";
	}
	is_good = json_object_array_length(values) == strlen(types);
	while (is_good && types[n] != '\0') {
		is_good = read_argument(client, types[n], event->types[n],
			json_object_array_get_idx(values, n), &arguments[n]);
		n += is_good;
	}
	if (is_good) {
		wl_resource_post_event_array(resource, opcode, arguments);
	}
	free_arguments(types, arguments, n);
	return is_good ? NULL : "it cannot have these arguments";
}

/*
 * "interface", "nth" (object of it, counted round and round), "event", "arguments": numbers, texts,
 * objects by their number, arrays as lists of bytes, files as open_file() has them. Fixed-point
 * numbers are 256ths.
 */
static const char *
run_send(struct command *command)
{
	const char *name = command_get_text(command, "interface", "");
	const char *event = command_get_text(command, "event", "");
	const struct wl_interface *interface = find_interface(name);
	struct wl_client *client = command_get_client(command);
	struct wl_resource *resource =
		client != NULL
			? find_object(client, name, (uint32_t)command_get_int(command, "nth", 0))
			: NULL;

	if (interface == NULL || resource == NULL) {
		return "there is no such object";
	}
	for (int i = 0; i < interface->event_count; i++) {
		const char *error;

		if (strcmp(interface->events[i].name, event) != 0) {
			continue;
		}
		error = post(resource, &interface->events[i], (uint32_t)i,
			command_get(command, "arguments"));
		/* Objects that such an event is the end of. */
		if (error == NULL && interface == &wp_presentation_feedback_interface && i > 0) {
			wl_resource_destroy(resource);
		}
		return error;
	}
	return "there is no such event";
}

/* Answers with "events": [INTERFACE, EVENT, types of arguments] of all that "send" takes. */
static const char *
run_events(struct command *command)
{
	json_object *events = json_object_new_array();
	char types[MAX_ARGUMENTS + 1];

	for (size_t i = 0; i < N_INTERFACES; i++) {
		for (int k = 0; k < interfaces[i]->event_count; k++) {
			json_object *event = json_object_new_array();

			read_signature(interfaces[i]->events[k].signature, types);
			json_object_array_add(event, json_object_new_string(interfaces[i]->name));
			json_object_array_add(
				event, json_object_new_string(interfaces[i]->events[k].name));
			json_object_array_add(event, json_object_new_string(types));
			json_object_array_add(events, event);
		}
	}
	json_object_object_add(command->reply, "events", events);
	return NULL;
}

/* "commands": one after the other, before the client hears of any. Answers with "refused", how many
 * were. */
static const char *
run_batch(struct command *command)
{
	json_object *commands = command_get(command, "commands");
	int32_t n_refused = 0;

	for (size_t i = 0; commands != NULL && i < json_object_array_length(commands); i++) {
		json_object *reply = json_object_new_object();

		n_refused += command_run(command->compositor,
				     json_object_array_get_idx(commands, i), reply) != NULL;
		json_object_put(reply);
	}
	record_int(command->reply, "refused", n_refused);
	return NULL;
}

/* One that was removed comes back. */
static const char *
run_seat_add(struct command *command)
{
	struct seat *seat = command_get_seat(command);

	if (seat->global != NULL) {
		return "it is there";
	}
	seat_announce(seat);
	return NULL;
}

const struct command_row raw_commands[] = {
	{ "batch", run_batch },
	{ "events", run_events },
	{ "seat_add", run_seat_add },
	{ "send", run_send },
	{ NULL, NULL },
};
