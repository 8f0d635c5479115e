#pragma once

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct compositor;
struct output;
struct seat;
struct shell_surface;
struct surface;
struct wl_client;

/* A command under way: what it asks for, and what its answer says besides "ok". */
struct command {
	struct compositor *compositor;
	json_object *request, *reply;
};

struct command_row {
	const char *name;
	/* NULL, or what was wrong. */
	const char *(*run)(struct command *command);
};

/* Ended by a row without a name; each in the file of its name. */
extern const struct command_row client_commands[], input_commands[], output_commands[],
	play_commands[], raw_commands[], tablet_commands[], window_commands[];

extern const char command_no_window[], command_no_output[];

/* What the request says; `otherwise` where it says nothing. */
json_object *command_get(const struct command *command, const char *key);
int32_t command_get_int(const struct command *command, const char *key, int32_t otherwise);
double command_get_double(const struct command *command, const char *key);
bool command_get_bool(const struct command *command, const char *key, bool otherwise);
const char *command_get_text(const struct command *command, const char *key, const char *otherwise);

/* The surface that "surface" numbers, else the oldest window; NULL: there is none. */
struct surface *command_get_surface(const struct command *command);
/* The same, where it is a window. */
struct shell_surface *command_get_window(const struct command *command);
/* That "seat" numbers, from 0, the default. */
struct seat *command_get_seat(const struct command *command);
/* The output that the request names so; NULL: there is none. */
struct output *command_get_output(const struct command *command, const char *key);
/* Of that surface, else the oldest one. */
struct wl_client *command_get_client(const struct command *command);
