#include "command.h"
#include "output.h"
#include "shell.h"
#include "compositor.h"

/* Moves a window: "surface", "output" (default: where it is), "x", "y" on it, and "also", a list of
 * further outputs that it is seen on in part. */
static const char *
run_place(struct command *command)
{
	struct shell_surface *window = command_get_window(command);
	json_object *also = command_get(command, "also");
	struct output *output;
	uint64_t bits = 0;

	if (window == NULL) {
		return command_no_window;
	}
	output = command_get(command, "output") != NULL ? command_get_output(command, "output")
							: window->placement.output;
	if (output == NULL) {
		return command_no_output;
	}
	for (size_t i = 0; also != NULL && i < json_object_array_length(also); i++) {
		const char *name = json_object_get_string(json_object_array_get_idx(also, i));
		struct output *other = name != NULL ? output_find(command->compositor, name) : NULL;

		if (other == NULL) {
			return command_no_output;
		}
		bits |= UINT64_C(1) << other->index;
	}
	window_place(window, output, command_get_int(command, "x", window->placement.x),
		command_get_int(command, "y", window->placement.y), bits);
	return NULL;
}

/* As the user's key does it: "surface", "on" (default: true), "output" (default: where it is). */
static const char *
run_fullscreen(struct command *command)
{
	struct shell_surface *window = command_get_window(command);
	struct output *output = command_get_output(command, "output");

	if (window == NULL) {
		return command_no_window;
	}
	if (command_get(command, "output") != NULL && output == NULL) {
		return command_no_output;
	}
	window_fullscreen(window, command_get_bool(command, "on", true), output);
	return NULL;
}

/* "surface", "on" (default: true). */
static const char *
run_maximize(struct command *command)
{
	struct shell_surface *window = command_get_window(command);

	if (window == NULL) {
		return command_no_window;
	}
	window_maximize(window, command_get_bool(command, "on", true));
	return NULL;
}

/* "fullscreen": grant, refuse, here or short; "unplugged": fullscreen or floating. See window.h. */
static const char *
run_window_policy(struct command *command)
{
	struct window_policy *policy = &command->compositor->window_policy;
	const char *fullscreen = command_get_text(command, "fullscreen", NULL);
	const char *unplugged = command_get_text(command, "unplugged", NULL);

	if (fullscreen != NULL && !window_policy_set_fullscreen(policy, fullscreen)) {
		return "fullscreen is grant, refuse, here or short";
	}
	if (unplugged != NULL && !window_policy_set_unplugged(policy, unplugged)) {
		return "unplugged is fullscreen or floating";
	}
	return NULL;
}

const struct command_row window_commands[] = {
	{ "fullscreen", run_fullscreen },
	{ "maximize", run_maximize },
	{ "place", run_place },
	{ "window_policy", run_window_policy },
	{ NULL, NULL },
};
