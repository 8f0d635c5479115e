#include "qemu-dbus/survey.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "qemu-dbus/identity.h"

#define PATH_SIZE 256
#define PCI_PREFIX "pci/0000/"

struct survey {
	struct qmp *qmp;
	enum survey_depth depth;
	survey_done_fn done;
	void *data;
	struct survey_result result;

	bool needs_types; /* there is a device whose consoles must be looked at, or all are wanted
			   */
	uint32_t current; /* console that is being asked for */
	char devices[QEMU_VM_MAX_CONSOLES][PATH_SIZE];
	char device[PATH_SIZE]; /* on the way up from it to the root bus */
	uint32_t n_bridges;
};

static void
get_property(struct survey *survey, const char *path, const char *property, qmp_reply_fn reply)
{
	struct json_object *arguments = json_object_new_object();

	json_object_object_add(arguments, "path", json_object_new_string(path));
	json_object_object_add(arguments, "property", json_object_new_string(property));
	qmp_call(survey->qmp, "qom-get", arguments, -1, reply, survey);
}

/* Empty when the reply was an error or no string. */
static void
copy_string(char *text, size_t size, struct json_object *value)
{
	const char *string =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

	text_copy(text, size, string);
}

static struct qemu_vm_console *
current_console(struct survey *survey)
{
	return &survey->result.vm.consoles[survey->current];
}

/* As QEMU's qemu_console_get_label: the device's id or type, with the head where there are more. */
static void
set_labels(struct survey *survey)
{
	struct qemu_vm *vm = &survey->result.vm;
	static const char with_id[] = "/machine/peripheral/";

	for (uint32_t i = 0; i < vm->n_consoles; i++) {
		struct qemu_vm_console *console = &vm->consoles[i];
		const char *device = survey->devices[i];
		const char *base = console->type;
		bool several = false;

		if (strncmp(device, with_id, strlen(with_id)) == 0) {
			base = device + strlen(with_id);
		}
		for (uint32_t j = 0; j < vm->n_consoles; j++) {
			several = several || (j != i && strcmp(device, survey->devices[j]) == 0);
		}
		if (several) {
			snprintf(console->label, sizeof(console->label), "%.100s.%u", base,
				console->head);
		} else {
			snprintf(console->label, sizeof(console->label), "%.100s", base);
		}
		/* What was cut may have been a character. */
		text_clean(console->label);
	}
}

static void ask_console(struct survey *survey);

static void
next_console(struct survey *survey)
{
	survey->current++;
	ask_console(survey);
}

static void ask_address(struct survey *survey);

static void
handle_reply_parent_bus(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	char *end;

	/* A bus is a child of the device that owns it: "/machine/peripheral/bridge/bridge". */
	copy_string(survey->device, sizeof(survey->device), result);
	end = strrchr(survey->device, '/');
	if (end == NULL || end == survey->device || survey->n_bridges >= SURVEY_MAX_BRIDGES) {
		next_console(survey);
		return;
	}
	*end = '\0';
	survey->n_bridges++;
	ask_address(survey);
}

/* PCI's device number and function in one: "addr" is an integer in spite of its declared type. */
static void
handle_reply_address(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	struct qemu_vm_console *console = current_console(survey);
	char below[GUEST_TEXT_SIZE];
	int32_t address =
		json_object_is_type(result, json_type_int) ? json_object_get_int(result) : -1;

	if (address < 0 || address > UINT8_MAX) {
		next_console(survey); /* the root bus, or no PCI device */
		return;
	}
	/* As QEMU writes it on D-Bus, "pci/0000/01.0/00.0": from the end to the start. */
	snprintf(below, sizeof(below), "%s",
		survey->n_bridges > 0 ? console->gpu + strlen(PCI_PREFIX) - 1 : "");
	snprintf(console->gpu, sizeof(console->gpu), PCI_PREFIX "%02x.%x%.100s", address >> 3,
		address & 7, below);
	get_property(survey, survey->device, "parent_bus", handle_reply_parent_bus);
}

static void
ask_address(struct survey *survey)
{
	get_property(survey, survey->device, "addr", handle_reply_address);
}

static void
handle_reply_type(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	struct qemu_vm_console *console = current_console(survey);

	copy_string(console->type, sizeof(console->type), result);
	if (survey->depth == SURVEY_ALL) {
		ask_address(survey);
	} else {
		next_console(survey);
	}
}

static void
handle_reply_device(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	char *device = survey->devices[survey->current];

	copy_string(device, PATH_SIZE, result);
	if (device[0] == '\0') {
		next_console(survey); /* a text console */
		return;
	}
	snprintf(survey->device, sizeof(survey->device), "%s", device);
	survey->n_bridges = 0;
	get_property(survey, device, "type", handle_reply_type);
}

static void
get_console_property(struct survey *survey, const char *property, qmp_reply_fn reply)
{
	char path[32];

	snprintf(path, sizeof(path), "/backend/console[%u]", current_console(survey)->console);
	get_property(survey, path, property, reply);
}

static void
handle_reply_head(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;

	if (result != NULL) {
		current_console(survey)->head = (uint32_t)json_object_get_int64(result);
	}
	get_console_property(survey, "device", handle_reply_device);
}

static void
ask_console(struct survey *survey)
{
	if (survey->current == survey->result.vm.n_consoles) {
		set_labels(survey);
		survey->done(survey->data, &survey->result);
	} else if (survey->depth == SURVEY_ALL) {
		get_console_property(survey, "head", handle_reply_head);
	} else {
		get_console_property(survey, "device", handle_reply_device);
	}
}

/* The user's devices, by type: "child<virtio-vga>". */
static void
handle_reply_devices(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	static const char child[] = "child<";
	size_t n =
		json_object_is_type(result, json_type_array) ? json_object_array_length(result) : 0;

	for (size_t i = 0; i < n; i++) {
		const char *type = qmp_string(json_object_array_get_idx(result, i), "type");

		if (type != NULL && strncmp(type, child, strlen(child)) == 0 &&
			survey_type_needs_gl(type + strlen(child))) {
			survey->needs_types = true;
		}
	}
}

static void
handle_reply_backend(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	struct qemu_vm *vm = &survey->result.vm;
	size_t n =
		json_object_is_type(result, json_type_array) ? json_object_array_length(result) : 0;

	for (size_t i = 0; i < n && vm->n_consoles < QEMU_VM_MAX_CONSOLES; i++) {
		const char *name = qmp_string(json_object_array_get_idx(result, i), "name");
		uint32_t number;
		char end;

		if (name != NULL && sscanf(name, "console[%9u%c", &number, &end) == 2 &&
			end == ']') {
			struct qemu_vm_console *console = &vm->consoles[vm->n_consoles++];

			console->console = number;
			/* Its name where the address stays unknown, as console_gpu() makes it. */
			snprintf(console->gpu, sizeof(console->gpu), "console/%u", number);
		}
	}
	if (survey->depth == SURVEY_FOR_ATTACHING && (survey->result.gl || !survey->needs_types)) {
		survey->done(survey->data, &survey->result);
		return;
	}
	ask_console(survey);
}

static void
handle_reply_display_options(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	struct survey_result *found = &survey->result;
	struct json_object *p2p;
	const char *type = qmp_string(result, "type");
	const char *gl = qmp_string(result, "gl");

	text_copy(found->display_type, sizeof(found->display_type), type != NULL ? type : "none");
	found->gl = gl != NULL && strcmp(gl, "off") != 0;
	if (strcmp(found->display_type, "dbus") == 0) {
		found->display = json_object_object_get_ex(result, "p2p", &p2p) &&
						 json_object_get_boolean(p2p)
					 ? SURVEY_DISPLAY_P2P
					 : SURVEY_DISPLAY_BUS;
	}
}

static void
handle_reply_version(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;
	static const char *const parts[] = { "major", "minor", "micro" };
	int numbers[3] = { 0, 0, 0 };
	struct json_object *qemu, *value;

	if (json_object_object_get_ex(result, "qemu", &qemu)) {
		for (int i = 0; i < 3; i++) {
			if (json_object_object_get_ex(qemu, parts[i], &value)) {
				numbers[i] = json_object_get_int(value);
			}
		}
		snprintf(survey->result.vm.version, sizeof(survey->result.vm.version), "%u.%u.%u",
			(unsigned int)numbers[0] % 1000, (unsigned int)numbers[1] % 1000,
			(unsigned int)numbers[2] % 1000);
	}
}

static void
handle_reply_uuid(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;

	identity_set_uuid(&survey->result.vm.identity, qmp_string(result, "UUID"));
}

static void
handle_reply_name(void *data, struct json_object *result, const char *error)
{
	struct survey *survey = data;

	identity_set_name(&survey->result.vm.identity, qmp_string(result, "name"));
}

static void
list_children(struct survey *survey, const char *path, qmp_reply_fn reply)
{
	struct json_object *arguments = json_object_new_object();

	json_object_object_add(arguments, "path", json_object_new_string(path));
	qmp_call(survey->qmp, "qom-list", arguments, -1, reply, survey);
}

int
survey_create(struct qmp *qmp, enum survey_depth depth, survey_done_fn done, void *data,
	struct survey **ret_survey)
{
	struct survey *survey = calloc(1, sizeof(*survey));

	if (survey == NULL) {
		return -ENOMEM;
	}
	survey->qmp = qmp;
	survey->depth = depth;
	survey->done = done;
	survey->data = data;
	/* None of these needs the answer to another: one round trip for all. */
	qmp_call(qmp, "query-name", NULL, -1, handle_reply_name, survey);
	qmp_call(qmp, "query-uuid", NULL, -1, handle_reply_uuid, survey);
	qmp_call(qmp, "query-version", NULL, -1, handle_reply_version, survey);
	qmp_call(qmp, "query-display-options", NULL, -1, handle_reply_display_options, survey);
	list_children(survey, "/machine/peripheral", handle_reply_devices);
	list_children(survey, "/machine/peripheral-anon", handle_reply_devices);
	list_children(survey, "/backend", handle_reply_backend);
	*ret_survey = survey;
	return 0;
}

void
survey_destroy(struct survey *survey)
{
	free(survey);
}

bool
survey_type_needs_gl(const char *type)
{
	static const char prefix[] = "vhost-user-";

	return strncmp(type, prefix, strlen(prefix)) == 0;
}
