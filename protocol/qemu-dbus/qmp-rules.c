#include "qemu-dbus/qmp-rules.h"

#include <json-c/json.h>
#include <stddef.h>
#include <string.h>

#define MAX_ARGUMENTS 2
#define MAX_VALUES 5

/* All of an argument's values that are allowed; none: any text. */
struct argument {
	const char *name;
	const char *values[MAX_VALUES];
};

struct rule {
	const char *command;
	struct argument arguments[MAX_ARGUMENTS];
	bool wants_fd;
};

static const struct rule rules[] = {
	{ .command = "qmp_capabilities" },
	{ .command = "query-name" },
	{ .command = "query-uuid" },
	{ .command = "query-version" },
	{ .command = "query-display-options" },
	{ .command = "qom-list", .arguments = { { "path", {} } } },
	{
		.command = "qom-get",
		.arguments = { { "path", {} },
			{ "property", { "addr", "device", "head", "parent_bus", "type" } } },
	},
	{
		.command = "getfd",
		.arguments = { { "fdname", { QMP_FD_NAME } } },
		.wants_fd = true,
	},
	{
		.command = "add_client",
		.arguments = { { "protocol", { "@dbus-display" } }, { "fdname", { QMP_FD_NAME } } },
	},
	{ .command = "system_powerdown" },
	{ .command = "system_reset" },
};

/* NULL: not a text. A NUL in it is no end: QEMU and we must read the same. */
static const char *
text_of(struct json_object *value)
{
	const char *text;

	if (!json_object_is_type(value, json_type_string)) {
		return NULL;
	}
	text = json_object_get_string(value);
	return strlen(text) == (size_t)json_object_get_string_len(value) ? text : NULL;
}

static const struct rule *
find_rule(struct json_object *message)
{
	struct json_object *value;
	const char *command;

	if (!json_object_object_get_ex(message, "execute", &value)) {
		return NULL;
	}
	command = text_of(value);
	for (size_t i = 0; command != NULL && i < sizeof(rules) / sizeof(rules[0]); i++) {
		if (strcmp(command, rules[i].command) == 0) {
			return &rules[i];
		}
	}
	return NULL;
}

static bool
allows_argument(const struct argument *argument, struct json_object *arguments)
{
	struct json_object *value;
	const char *text;

	if (!json_object_object_get_ex(arguments, argument->name, &value)) {
		return false;
	}
	text = text_of(value);
	if (text == NULL || argument->values[0] == NULL) {
		return text != NULL;
	}
	for (size_t i = 0; i < MAX_VALUES && argument->values[i] != NULL; i++) {
		if (strcmp(text, argument->values[i]) == 0) {
			return true;
		}
	}
	return false;
}

/* All that there are, and no more. */
static bool
allows_arguments(const struct rule *rule, struct json_object *arguments)
{
	int n = 0;

	while (n < MAX_ARGUMENTS && rule->arguments[n].name != NULL) {
		if (!allows_argument(&rule->arguments[n++], arguments)) {
			return false;
		}
	}
	return arguments == NULL || (json_object_is_type(arguments, json_type_object) &&
					    json_object_object_length(arguments) == n);
}

bool
qmp_rules_allow(struct json_object *message)
{
	const struct rule *rule;
	struct json_object *arguments = NULL, *id = NULL;
	int n = 1;

	if (!json_object_is_type(message, json_type_object)) {
		return false;
	}
	rule = find_rule(message);
	n += json_object_object_get_ex(message, "arguments", &arguments);
	n += json_object_object_get_ex(message, "id", &id);
	return rule != NULL && json_object_object_length(message) == n &&
	       (id == NULL || json_object_is_type(id, json_type_int)) &&
	       allows_arguments(rule, arguments);
}

bool
qmp_rules_wants_fd(struct json_object *message)
{
	return find_rule(message)->wants_fd;
}
