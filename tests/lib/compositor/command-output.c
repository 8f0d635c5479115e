#include "command.h"

#include <string.h>

#include "output.h"
#include "record.h"
#include "compositor.h"

static const char no_spec[] = "the spec is like " OUTPUT_SPEC_SYNTAX;

const char command_no_output[] = "there is no output of that name";

struct output *
command_get_output(const struct command *command, const char *key)
{
	return output_find(command->compositor, command_get_text(command, key, ""));
}

/* "spec": all of it may be missing. Answers with the name, "output". */
static const char *
run_output_add(struct command *command)
{
	struct output_spec spec = output_spec_default;
	struct output *output;

	if (!output_spec_parse(&spec, command_get_text(command, "spec", ""))) {
		return no_spec;
	}
	output = output_add(command->compositor, &spec);
	if (output == NULL) {
		return "an output of that name is there, or there are too many";
	}
	record_text(command->reply, "output", output->spec.name);
	return NULL;
}

/* "output": its name; "spec": what is to be different. */
static const char *
run_output_change(struct command *command)
{
	struct output *output = command_get_output(command, "output");
	struct output_spec spec = output_spec_default;

	if (output == NULL) {
		return command_no_output;
	}
	spec = output->spec;
	spec.name[0] = '\0';
	if (!output_spec_parse(&spec, command_get_text(command, "spec", ""))) {
		return no_spec;
	}
	if (spec.name[0] != '\0') {
		return "the name of an output stays";
	}
	memcpy(spec.name, output->spec.name, sizeof(spec.name));
	output_change(output, &spec);
	return NULL;
}

/* "output". "destroy": true forgets the global at once, so that binding it is an error; "leave":
 * false keeps from the windows on it that they left it. */
static const char *
run_output_remove(struct command *command)
{
	struct output *output = command_get_output(command, "output");

	if (output == NULL) {
		return command_no_output;
	}
	output_remove(output, command_get_bool(command, "destroy", false),
		command_get_bool(command, "leave", true));
	return NULL;
}

/* Answers with "outputs", in their order. */
static const char *
run_outputs(struct command *command)
{
	json_object *array = json_object_new_array();
	struct output *output;

	wl_list_for_each(output, &command->compositor->outputs, link)
	{
		json_object *object = json_object_new_object();

		record_text(object, "output", output->spec.name);
		record_int(object, "x", output->spec.x);
		record_int(object, "y", output->spec.y);
		record_int(object, "width", output_logical_width(output));
		record_int(object, "height", output_logical_height(output));
		record_int(object, "physical_width", output_physical_width(output));
		record_int(object, "physical_height", output_physical_height(output));
		record_double(object, "scale", output->spec.scale_120 / 120.0);
		json_object_array_add(array, object);
	}
	json_object_object_add(command->reply, "outputs", array);
	return NULL;
}

const struct command_row output_commands[] = {
	{ "output_add", run_output_add },
	{ "output_change", run_output_change },
	{ "output_remove", run_output_remove },
	{ "outputs", run_outputs },
	{ NULL, NULL },
};
