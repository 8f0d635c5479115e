#include <string.h>
#include <wayland-server-protocol.h>

#include "command.h"
#include "seat.h"
#include "shortcuts.h"
#include "compositor.h"

#define MAX_KEYS 16

static const char no_focus[] = "nothing has the focus";

static const char *
run_keyboard_enter(struct command *command)
{
	struct surface *surface = command_get_surface(command);
	json_object *keys = command_get(command, "keys");
	uint32_t codes[MAX_KEYS];
	uint32_t n = 0;

	if (surface == NULL) {
		return command_no_window;
	}
	while (keys != NULL && n < MAX_KEYS && n < json_object_array_length(keys)) {
		codes[n] = (uint32_t)json_object_get_int(json_object_array_get_idx(keys, n));
		n++;
	}
	seat_keyboard_enter(command_get_seat(command), surface, codes, n);
	return NULL;
}

static const char *
run_keyboard_leave(struct command *command)
{
	seat_keyboard_leave(command_get_seat(command));
	return NULL;
}

static const char *
run_key(struct command *command)
{
	return seat_key(command_get_seat(command), (uint32_t)command_get_int(command, "code", 0),
		       command_get_bool(command, "pressed", true))
		       ? NULL
		       : no_focus;
}

static const char *
run_pointer_enter(struct command *command)
{
	struct surface *surface = command_get_surface(command);

	if (surface == NULL) {
		return command_no_window;
	}
	seat_pointer_enter(command_get_seat(command), surface, command_get_double(command, "x"),
		command_get_double(command, "y"));
	return NULL;
}

static const char *
run_pointer_leave(struct command *command)
{
	seat_pointer_leave(command_get_seat(command));
	return NULL;
}

/* Ends the group of events unless "frame": false says that more belong to it.
 */
static const char *
end_group(struct command *command, bool sent)
{
	if (!sent) {
		return no_focus;
	}
	if (command_get_bool(command, "frame", true)) {
		seat_frame(command_get_seat(command));
	}
	return NULL;
}

static const char *
run_motion(struct command *command)
{
	return end_group(
		command, seat_motion(command_get_seat(command), command_get_double(command, "x"),
				 command_get_double(command, "y")));
}

static const char *
run_relative(struct command *command)
{
	return end_group(
		command, seat_relative(command_get_seat(command), command_get_double(command, "dx"),
				 command_get_double(command, "dy")));
}

static const char *
run_button(struct command *command)
{
	return end_group(command, seat_button(command_get_seat(command),
					  (uint32_t)command_get_int(command, "code", 0x110),
					  command_get_bool(command, "pressed", true)));
}

static const char *
run_axis(struct command *command)
{
	return end_group(command,
		seat_axis(command_get_seat(command), command_get_bool(command, "horizontal", false),
			command_get_int(command, "value120", 120),
			command_get_bool(command, "inverted", false)));
}

static const char *
run_axis_smooth(struct command *command)
{
	return end_group(command, seat_axis_smooth(command_get_seat(command),
					  command_get_bool(command, "horizontal", false),
					  command_get_double(command, "value")));
}

static const char *
run_axis_stop(struct command *command)
{
	return end_group(command, seat_axis_stop(command_get_seat(command),
					  command_get_bool(command, "horizontal", false)));
}

/* "phase": down, motion, up or cancel. */
static const char *
run_touch(struct command *command)
{
	struct seat *seat = command_get_seat(command);
	struct surface *surface = command_get_surface(command);
	const char *phase = command_get_text(command, "phase", "down");
	int32_t id = command_get_int(command, "id", 0);
	double x = command_get_double(command, "x");
	double y = command_get_double(command, "y");

	if (surface == NULL) {
		return command_no_window;
	}
	if (strcmp(phase, "down") == 0) {
		seat_touch_down(seat, surface, id, x, y);
	} else if (strcmp(phase, "motion") == 0) {
		seat_touch_motion(seat, id, x, y);
	} else if (strcmp(phase, "up") == 0) {
		seat_touch_up(seat, id);
	} else if (strcmp(phase, "cancel") == 0) {
		seat_touch_cancel(seat);
		return NULL;
	} else {
		return "the phase is down, motion, up or cancel";
	}
	if (command_get_bool(command, "frame", true)) {
		seat_touch_frame(seat);
	}
	return NULL;
}

static const char *
run_constrain(struct command *command)
{
	return seat_constrain(command_get_seat(command), command_get_bool(command, "active", true))
		       ? NULL
		       : "no pointer is locked or confined";
}

/* "capabilities": of pointer, keyboard, touch. */
static const char *
run_seat_capabilities(struct command *command)
{
	json_object *names = command_get(command, "capabilities");
	uint32_t capabilities = 0;

	for (size_t i = 0; names != NULL && i < json_object_array_length(names); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(names, i));

		if (strcmp(name, "pointer") == 0) {
			capabilities |= WL_SEAT_CAPABILITY_POINTER;
		} else if (strcmp(name, "keyboard") == 0) {
			capabilities |= WL_SEAT_CAPABILITY_KEYBOARD;
		} else if (strcmp(name, "touch") == 0) {
			capabilities |= WL_SEAT_CAPABILITY_TOUCH;
		} else {
			return "there is no such capability";
		}
	}
	seat_set_capabilities(command_get_seat(command), capabilities);
	return NULL;
}

static const char *
run_seat_remove(struct command *command)
{
	seat_remove(command_get_seat(command));
	return NULL;
}

/* "locked": modifiers, bits as in keymap.h. */
static const char *
run_lock_modifiers(struct command *command)
{
	return seat_lock_modifiers(
		       command_get_seat(command), (uint32_t)command_get_int(command, "locked", 0))
		       ? NULL
		       : no_focus;
}

/* "keymap": KEYMAP_SYNTAX. */
static const char *
run_keymap(struct command *command)
{
	if (!keymap_parse(command_get_text(command, "keymap", ""), &command->compositor->keymap)) {
		return "there is no such keymap";
	}
	seat_send_keymap(command_get_seat(command));
	return NULL;
}

/* "active": whether the inhibitor of the surface and the seat is; see shortcuts.h. */
static const char *
run_shortcuts(struct command *command)
{
	struct surface *surface = command_get_surface(command);

	if (surface == NULL) {
		return command_no_window;
	}
	return shortcuts_set_active(surface, command_get_seat(command),
		       command_get_bool(command, "active", true))
		       ? NULL
		       : "nobody inhibits them";
}

const struct command_row input_commands[] = {
	{ "axis", run_axis },
	{ "axis_smooth", run_axis_smooth },
	{ "axis_stop", run_axis_stop },
	{ "button", run_button },
	{ "constrain", run_constrain },
	{ "key", run_key },
	{ "keyboard_enter", run_keyboard_enter },
	{ "keyboard_leave", run_keyboard_leave },
	{ "keymap", run_keymap },
	{ "lock_modifiers", run_lock_modifiers },
	{ "motion", run_motion },
	{ "pointer_enter", run_pointer_enter },
	{ "pointer_leave", run_pointer_leave },
	{ "relative", run_relative },
	{ "seat_capabilities", run_seat_capabilities },
	{ "seat_remove", run_seat_remove },
	{ "shortcuts", run_shortcuts },
	{ "touch", run_touch },
	{ NULL, NULL },
};
