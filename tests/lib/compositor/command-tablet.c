#include "command.h"
#include "seat.h"
#include "tablet.h"
#include "compositor.h"

/* "tool": its number. */
static uint32_t
command_tool(const struct command *command)
{
	return (uint32_t)command_get_int(command, "tool", 1);
}

static const char *
run_tablet_add(struct command *command)
{
	tablet_add(command_get_seat(command));
	return NULL;
}

static const char *
run_tablet_remove(struct command *command)
{
	tablet_remove(command_get_seat(command));
	return NULL;
}

static const char *
run_pad_add(struct command *command)
{
	tablet_add_pad(command_get_seat(command));
	return NULL;
}

/* "eraser", "pressure", "tilt": whether it is one, or has a sensor for it. */
static const char *
run_tool_add(struct command *command)
{
	tablet_add_tool(command_get_seat(command), command_tool(command),
		command_get_bool(command, "eraser", false),
		command_get_bool(command, "pressure", true),
		command_get_bool(command, "tilt", true));
	return NULL;
}

static const char *
run_tool_remove(struct command *command)
{
	tablet_remove_tool(command_get_seat(command), command_tool(command));
	return NULL;
}

/*
 * One frame, of what is named, in this order: "in" (true: near the surface), "x" and "y",
 * "pressure", "tilt" ([x, y]), "down" (true or false), "button" and "pressed", "out" (true).
 * "frame": false says that more belongs to it.
 */
static const char *
run_tool(struct command *command)
{
	struct seat *seat = command_get_seat(command);
	struct surface *surface = command_get_surface(command);
	uint32_t tool = command_tool(command);
	json_object *tilt = command_get(command, "tilt");

	if (surface == NULL) {
		return command_no_window;
	}
	if (command_get_bool(command, "in", false)) {
		tool_proximity_in(seat, tool, surface);
	}
	if (command_get(command, "x") != NULL) {
		tool_motion(seat, tool, command_get_double(command, "x"),
			command_get_double(command, "y"));
	}
	if (command_get(command, "pressure") != NULL) {
		tool_pressure(seat, tool, (uint32_t)command_get_int(command, "pressure", 0));
	}
	if (json_object_is_type(tilt, json_type_array)) {
		tool_tilt(seat, tool, json_object_get_double(json_object_array_get_idx(tilt, 0)),
			json_object_get_double(json_object_array_get_idx(tilt, 1)));
	}
	if (command_get(command, "down") != NULL) {
		tool_touch(seat, tool, command_get_bool(command, "down", true));
	}
	if (command_get(command, "button") != NULL) {
		tool_button(seat, tool, (uint32_t)command_get_int(command, "button", 0),
			command_get_bool(command, "pressed", true));
	}
	if (command_get_bool(command, "out", false)) {
		tool_proximity_out(seat, tool);
	}
	if (command_get_bool(command, "frame", true)) {
		tool_frame(seat, tool);
	}
	return NULL;
}

const struct command_row tablet_commands[] = {
	{ "pad_add", run_pad_add },
	{ "tablet_add", run_tablet_add },
	{ "tablet_remove", run_tablet_remove },
	{ "tool", run_tool },
	{ "tool_add", run_tool_add },
	{ "tool_remove", run_tool_remove },
	{ NULL, NULL },
};
