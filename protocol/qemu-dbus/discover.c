#include "qemu-dbus/discover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "qemu-dbus/control.h"
#include "qemu-dbus/properties.h"
#include "qemu-dbus/qmp.h"
#include "qemu-dbus/survey.h"
#include "qemu-dbus/vm-list.h"

/* One way or the other: by QMP (qmp, survey) or on a bus (vm_list, then its VMs one by one). */
struct qemu_discovery {
	qemu_discovery_fn done;
	void *data;

	struct qmp *qmp;
	struct survey *survey;

	struct vm_list *vm_list;
	sd_bus *bus;
	uint32_t current; /* VM whose objects are being read */
	char owners[VM_LIST_MAX][VM_LIST_OWNER_SIZE];

	uint32_t n_vms;
	struct qemu_vm vms[VM_LIST_MAX];
};

static int
compare_consoles(const void *a, const void *b)
{
	const struct qemu_vm_console *left = a, *right = b;

	return (left->console > right->console) - (left->console < right->console);
}

static void
sort_consoles(struct qemu_vm *vm)
{
	qsort(vm->consoles, vm->n_consoles, sizeof(vm->consoles[0]), compare_consoles);
}

static void
handle_survey_done(void *data, const struct survey_result *result)
{
	struct qemu_discovery *discovery = data;

	discovery->vms[0] = result->vm;
	discovery->n_vms = 1;
	sort_consoles(&discovery->vms[0]);
	qmp_destroy(discovery->qmp);
	discovery->qmp = NULL;
	discovery->done(discovery->data, 0, discovery->vms, discovery->n_vms);
}

static void
handle_qmp_failed(void *data, int error)
{
	struct qemu_discovery *discovery = data;

	discovery->done(discovery->data, error, NULL, 0);
}

static void
handle_qmp_ready(void *data)
{
	struct qemu_discovery *discovery = data;
	int r;

	survey_destroy(discovery->survey);
	discovery->survey = NULL;
	r = survey_create(
		discovery->qmp, SURVEY_ALL, handle_survey_done, discovery, &discovery->survey);

	if (r < 0) {
		handle_qmp_failed(discovery, r);
	}
}

static const struct qmp_handler qmp_handler = {
	.ready = handle_qmp_ready,
	.failed = handle_qmp_failed,
};

/* A VM that gives no sensible answer is listed without consoles. */
static void
read_consoles(struct qemu_vm *vm, sd_bus_message *reply)
{
	const char *path;
	int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}")) > 0) {
		struct console_properties properties = { 0 };
		uint32_t number;

		r = sd_bus_message_read(reply, "o", &path);
		if (r >= 0) {
			r = console_properties_read_interfaces(&properties, reply);
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(reply);
		}
		if (r >= 0 && properties.is_graphic && vm->n_consoles < QEMU_VM_MAX_CONSOLES &&
			console_number_from_path(path, &number)) {
			struct qemu_vm_console *console = &vm->consoles[vm->n_consoles++];

			console->console = number;
			console->head = properties.head;
			console->width = properties.width;
			console->height = properties.height;
			snprintf(console->label, sizeof(console->label), "%s", properties.label);
			console_gpu(&properties, number, console->gpu);
		}
	}
	sort_consoles(vm);
}

static void ask_current(struct qemu_discovery *discovery);

static int
handle_reply_objects(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct qemu_discovery *discovery = data;
	struct qemu_vm *vm = &discovery->vms[discovery->current];
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	if (error != NULL) {
		log_warning(
			"%s: %s; it is listed without consoles", vm->identity.name, error->message);
	} else {
		read_consoles(vm, reply);
	}
	discovery->current++;
	ask_current(discovery);
	return 0;
}

static void
ask_current(struct qemu_discovery *discovery)
{
	int r;

	if (discovery->current == discovery->n_vms) {
		discovery->done(discovery->data, 0, discovery->vms, discovery->n_vms);
		return;
	}
	r = sd_bus_call_method_async(discovery->bus, NULL, discovery->owners[discovery->current],
		QEMU_ROOT_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
		handle_reply_objects, discovery, "");
	if (r < 0) {
		log_error("virtual machines on the bus: %s; giving up", strerror(-r));
		discovery->done(discovery->data, r, NULL, 0);
	}
}

static void
handle_vm_list_done(void *data, int error, const struct vm_list_entry *entries, uint32_t n_entries)
{
	struct qemu_discovery *discovery = data;

	if (error < 0) {
		discovery->done(discovery->data, error, NULL, 0);
		return;
	}
	for (uint32_t i = 0; i < n_entries; i++) {
		discovery->vms[i].identity = entries[i].identity;
		snprintf(discovery->owners[i], VM_LIST_OWNER_SIZE, "%s", entries[i].owner);
	}
	discovery->n_vms = n_entries;
	discovery->bus = vm_list_take_bus(discovery->vm_list);
	ask_current(discovery);
}

int
qemu_discover(sd_event *event, const struct qemu_target *target, qemu_discovery_fn done, void *data,
	struct qemu_discovery **ret_discovery)
{
	struct qemu_discovery *discovery;
	int r;

	if (target->qmp_path == NULL && target->address == NULL && !target->session_bus) {
		return -EINVAL;
	}
	discovery = calloc(1, sizeof(*discovery));
	if (discovery == NULL) {
		return -ENOMEM;
	}
	discovery->done = done;
	discovery->data = data;
	r = target->qmp_path != NULL ? qmp_create(event, target->qmp_path, target->wait,
					       &qmp_handler, discovery, &discovery->qmp)
				     : vm_list_create(event, target->address, false,
					       handle_vm_list_done, discovery, &discovery->vm_list);
	if (r < 0) {
		qemu_discovery_destroy(discovery);
		return r;
	}
	*ret_discovery = discovery;
	return 0;
}

void
qemu_discovery_destroy(struct qemu_discovery *discovery)
{
	if (discovery == NULL) {
		return;
	}
	qmp_destroy(discovery->qmp);
	survey_destroy(discovery->survey);
	vm_list_destroy(discovery->vm_list);
	if (discovery->bus != NULL) {
		sd_bus_detach_event(discovery->bus);
		sd_bus_close(discovery->bus);
		sd_bus_unref(discovery->bus);
	}
	free(discovery);
}
