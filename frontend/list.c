#include "list.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/text.h"
#include "qemu-dbus/discover.h"
#include "remote.h"
#include "resident.h"

struct list {
	const struct options *options;
	sd_event *event;
	json_object *vms;
};

static json_object *
describe_vm(const struct qemu_vm *vm)
{
	json_object *json = json_object_new_object();
	json_object *consoles = json_object_new_array();

	json_object_object_add(json, "name", json_object_new_string(vm->identity.name));
	json_object_object_add(json, "uuid", json_object_new_string(vm->identity.uuid));
	if (vm->version[0] != '\0') {
		json_object_object_add(json, "version", json_object_new_string(vm->version));
	}
	json_object_object_add(json, "viewer", NULL);
	for (uint32_t i = 0; i < vm->n_consoles; i++) {
		const struct qemu_vm_console *console = &vm->consoles[i];
		json_object *entry = json_object_new_object();

		json_object_object_add(entry, "console", json_object_new_int64(console->console));
		json_object_object_add(entry, "label", json_object_new_string(console->label));
		json_object_object_add(entry, "gpu", json_object_new_string(console->gpu));
		json_object_object_add(entry, "head", json_object_new_int64(console->head));
		if (console->type[0] != '\0') {
			json_object_object_add(
				entry, "type", json_object_new_string(console->type));
		}
		if (console->width != 0) {
			json_object_object_add(
				entry, "width", json_object_new_int64(console->width));
			json_object_object_add(
				entry, "height", json_object_new_int64(console->height));
		}
		json_object_array_add(consoles, entry);
	}
	json_object_object_add(json, "consoles", consoles);
	return json;
}

static const char *
get_string(json_object *json, const char *key)
{
	json_object *value;
	const char *text = NULL;

	if (json_object_object_get_ex(json, key, &value)) {
		text = json_object_get_string(value);
	}
	return text != NULL ? text : "";
}

static int64_t
get_int(json_object *json, const char *key)
{
	json_object *value;

	return json_object_object_get_ex(json, key, &value) ? json_object_get_int64(value) : 0;
}

/* A resident on a bus is found twice: by its socket and on the bus. */
static bool
is_listed(json_object *vms, const struct guest_identity *identity)
{
	for (size_t i = 0; i < json_object_array_length(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		if (identity->uuid[0] != '\0' &&
			strcmp(get_string(vm, "uuid"), identity->uuid) == 0) {
			return true;
		}
	}
	return false;
}

static void
handle_discovered(void *data, int error, const struct qemu_vm *vms, uint32_t n_vms)
{
	struct list *list = data;

	for (uint32_t i = 0; i < n_vms; i++) {
		AUTO_FD int fd = -1;
		char key[CONTROL_SOCKET_KEY_SIZE];
		json_object *vm = NULL;

		if (is_listed(list->vms, &vms[i].identity)) {
			continue;
		}
		/* Whoever shows it knows more: sizes, what is on, and how it gets to the screen. */
		control_socket_key(&vms[i].identity, list->options->qmp_path, key);
		if (remote_open(key, &fd) < 0 ||
			remote_list(fd, list->options->timeout_ms, &vm) != EXIT_DONE) {
			vm = describe_vm(&vms[i]);
		}
		json_object_array_add(list->vms, vm);
	}
	sd_event_exit(list->event, error < 0 ? EXIT_CANNOT_ATTACH : EXIT_DONE);
}

static int
handle_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct list *list = data;

	log_error("no answer within the time-out");
	return sd_event_exit(list->event, EXIT_TIMED_OUT);
}

static enum exit_code
discover(struct list *list, const struct qemu_target *target)
{
	struct qemu_discovery *discovery = NULL;
	sd_event_source *timeout = NULL;
	int code = EXIT_FAILED;
	int r;

	r = sd_event_new(&list->event);
	if (r >= 0) {
		r = sd_event_add_time_relative(list->event, &timeout, CLOCK_MONOTONIC,
			list->options->timeout_ms * UINT64_C(1000), 1, handle_timeout, list);
	}
	if (r >= 0) {
		r = qemu_discover(list->event, target, handle_discovered, list, &discovery);
	}
	if (r >= 0) {
		code = sd_event_loop(list->event);
	} else {
		log_error("cannot look for VMs: %s", strerror(-r));
	}
	qemu_discovery_destroy(discovery);
	sd_event_source_disable_unref(timeout);
	list->event = sd_event_unref(list->event);
	return code < 0 ? EXIT_FAILED : (enum exit_code)code;
}

/* Whoever wrote it: this may be a terminal. */
static void
print_clean(const char *text)
{
	char *clean = strdup(text);

	if (clean != NULL) {
		text_clean(clean);
		fputs(clean, stdout);
		free(clean);
	}
}

static void
print_verdict(json_object *console)
{
	const char *reason = get_string(console, "reason");

	if (get_int(console, "on") == 0) {
		printf("  off");
		return;
	}
	printf("  ");
	print_clean(get_string(console, "verdict"));
	if (reason[0] != '\0') {
		printf("\n    ");
		print_clean(reason);
	}
}

/* json-c escapes the control characters of ASCII, and no others. */
static void
print_json(json_object *vms)
{
	char *text = strdup(json_object_to_json_string_ext(
		vms, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		print_clean(line);
		printf("\n");
	}
	free(text);
}

static void
print_text(json_object *vms)
{
	for (size_t i = 0; i < json_object_array_length(vms); i++) {
		json_object *vm = json_object_array_get_idx(vms, i);
		const char *name = get_string(vm, "name");
		const char *uuid = get_string(vm, "uuid");
		int64_t viewer = get_int(vm, "viewer");
		json_object *consoles;

		print_clean(name[0] != '\0' ? name : "(no name)");
		printf("  ");
		print_clean(uuid[0] != '\0' ? uuid : "(no UUID)");
		printf("\n");
		if (viewer != 0 && strcmp(get_string(vm, "job"), RESIDENT_JOB_HEADLESS) == 0) {
			printf("  held without windows by vitrine, process %lld\n",
				(long long)viewer);
		} else if (viewer != 0) {
			printf("  shown by vitrine, process %lld\n", (long long)viewer);
		} else {
			printf("  not shown by any vitrine of this user\n");
		}
		if (get_int(vm, "gone") != 0) {
			printf("  gone: its viewer waits for it\n");
		}
		if (!json_object_object_get_ex(vm, "consoles", &consoles) ||
			!json_object_is_type(consoles, json_type_array)) {
			continue;
		}
		for (size_t k = 0; k < json_object_array_length(consoles); k++) {
			json_object *console = json_object_array_get_idx(consoles, k);

			printf("  console %lld  ", (long long)get_int(console, "console"));
			print_clean(get_string(console, "label"));
			if (get_int(console, "width") != 0) {
				printf("  %lldx%lld", (long long)get_int(console, "width"),
					(long long)get_int(console, "height"));
			}
			if (viewer != 0) {
				print_verdict(console);
			}
			printf("\n");
		}
	}
}

enum exit_code
list_run(const struct options *options)
{
	struct list list = { .options = options, .vms = json_object_new_array() };
	bool targeted = options->qmp_path != NULL || options->address != NULL;
	struct qemu_target target = {
		.qmp_path = options->qmp_path,
		.fd = -1,
		.address = options->address,
		.session_bus = !targeted,
		.wait = options->wait,
	};
	enum exit_code code = EXIT_DONE;

	if (options->address != NULL && strcmp(options->address, "session") == 0) {
		target.address = NULL;
		target.session_bus = true;
	}
	if (!targeted) {
		code = remote_list_all(options->timeout_ms, list.vms);
	}
	if (targeted || getenv("DBUS_SESSION_BUS_ADDRESS") != NULL) {
		enum exit_code found = discover(&list, &target);
		/* Without a target the bus is only a second place to look. */
		code = targeted ? found : code;
	}
	if (options->json) {
		print_json(list.vms);
	} else if (json_object_array_length(list.vms) == 0 && code == EXIT_DONE) {
		fprintf(stderr, "vitrine: no VM found\n");
	} else {
		print_text(list.vms);
	}
	json_object_put(list.vms);
	return code;
}
