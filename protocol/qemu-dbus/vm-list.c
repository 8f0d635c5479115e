#include "qemu-dbus/vm-list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "qemu-dbus/control.h"
#include "qemu-dbus/identity.h"

struct vm_list {
	sd_event *event;
	sd_bus *bus;
	vm_list_fn done;
	void *data;
	bool wait;
	sd_event_source *start;
	char *address;

	uint32_t n_entries, n_pending;
	struct vm_list_entry entries[VM_LIST_MAX];
};

static int
finish(struct vm_list *list, int error)
{
	list->done(list->data, error, list->entries, error < 0 ? 0 : list->n_entries);
	return 0;
}

static const char *
bus_text(const struct vm_list *list)
{
	return list->address != NULL ? list->address : "the session bus";
}

static void
read_identity(struct guest_identity *identity, sd_bus_message *reply)
{
	const char *key, *value;

	if (sd_bus_message_enter_container(reply, 'a', "{sv}") < 0) {
		return;
	}
	while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
		if (sd_bus_message_read(reply, "s", &key) < 0) {
			return;
		}
		if (strcmp(key, "Name") != 0 && strcmp(key, "UUID") != 0) {
			sd_bus_message_skip(reply, "v");
		} else if (sd_bus_message_read(reply, "v", "s", &value) < 0) {
			return;
		} else if (key[0] == 'N') {
			identity_set_name(identity, value);
		} else {
			identity_set_uuid(identity, value);
		}
		sd_bus_message_exit_container(reply);
	}
}

/* Replies come in any order; the sender tells whose it is. */
static int
handle_reply_vm(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct vm_list *list = data;
	const char *sender = sd_bus_message_get_sender(reply);

	for (uint32_t i = 0; sender != NULL && i < list->n_entries; i++) {
		if (strcmp(list->entries[i].owner, sender) == 0 &&
			sd_bus_message_get_error(reply) == NULL) {
			read_identity(&list->entries[i].identity, reply);
		}
	}
	if (--list->n_pending > 0) {
		return 0;
	}
	return finish(list, 0);
}

static int
ask_entries(struct vm_list *list)
{
	for (uint32_t i = 0; i < list->n_entries; i++) {
		int r = sd_bus_call_method_async(list->bus, NULL, list->entries[i].owner,
			QEMU_VM_PATH, "org.freedesktop.DBus.Properties", "GetAll", handle_reply_vm,
			list, "s", QEMU_VM_INTERFACE);
		if (r < 0) {
			return r;
		}
		list->n_pending++;
	}
	return 0;
}

static int
handle_reply_owners(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct vm_list *list = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);
	const char *owner;
	int r = 0;

	if (sd_bus_error_has_name(error, "org.freedesktop.DBus.Error.NameHasNoOwner")) {
		return finish(list, 0);
	}
	if (error != NULL) {
		log_error("%s: %s; giving up", bus_text(list), error->message);
		return finish(list, -sd_bus_error_get_errno(error));
	}
	r = sd_bus_message_enter_container(reply, 'a', "s");
	while (r >= 0 && list->n_entries < VM_LIST_MAX &&
		(r = sd_bus_message_read_basic(reply, 's', &owner)) > 0) {
		struct vm_list_entry *entry = &list->entries[list->n_entries++];
		snprintf(entry->owner, sizeof(entry->owner), "%s", owner);
	}
	if (r >= 0) {
		r = ask_entries(list);
	}
	if (r < 0) {
		log_error("%s: no list of virtual machines: %s; giving up", bus_text(list),
			strerror(-r));
		return finish(list, r);
	}
	return list->n_pending > 0 ? 0 : finish(list, 0);
}

static int
open_bus(struct vm_list *list)
{
	AUTO_FD int fd = broker_connect_bus(list->address);
	int r;

	if (fd == -ENOTSUP) {
		log_error("%s: only unix:path= and unix:abstract= lead to a bus here",
			bus_text(list));
	}
	if (fd < 0) {
		return fd;
	}
	r = sd_bus_new(&list->bus);
	if (r >= 0) {
		r = sd_bus_set_fd(list->bus, fd, fd);
	}
	if (r >= 0) {
		fd_take(&fd);
		r = sd_bus_set_bus_client(list->bus, 1);
	}
	if (r >= 0) {
		r = sd_bus_negotiate_fds(list->bus, 1);
	}
	if (r >= 0) {
		r = sd_bus_start(list->bus);
	}
	if (r >= 0) {
		r = sd_bus_attach_event(list->bus, list->event, SD_EVENT_PRIORITY_NORMAL);
	}
	if (r >= 0) {
		r = sd_bus_call_method_async(list->bus, NULL, "org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus", "ListQueuedOwners",
			handle_reply_owners, list, "s", "org.qemu");
	}
	return r;
}

static int
handle_start(sd_event_source *source, void *data)
{
	struct vm_list *list = data;
	int r = open_bus(list);

	if (r >= 0) {
		return 0;
	}
	if (list->wait && (r == -ENOENT || r == -ECONNREFUSED)) {
		return finish(list, 0);
	}
	log_error("%s: no connection to this bus: %s; giving up", bus_text(list), strerror(-r));
	return finish(list, r);
}

int
vm_list_create(sd_event *event, const char *address, bool wait, vm_list_fn done, void *data,
	struct vm_list **ret_list)
{
	struct vm_list *list = calloc(1, sizeof(*list));
	int r;

	if (list == NULL) {
		return -ENOMEM;
	}
	list->event = sd_event_ref(event);
	list->done = done;
	list->data = data;
	list->wait = wait;
	if (address != NULL) {
		list->address = strdup(address);
		if (list->address == NULL) {
			vm_list_destroy(list);
			return -ENOMEM;
		}
	}
	r = sd_event_add_defer(event, &list->start, handle_start, list);
	if (r < 0) {
		vm_list_destroy(list);
		return r;
	}
	*ret_list = list;
	return 0;
}

void
vm_list_destroy(struct vm_list *list)
{
	if (list == NULL) {
		return;
	}
	list->start = sd_event_source_disable_unref(list->start);
	if (list->bus != NULL) {
		sd_bus_detach_event(list->bus);
		sd_bus_close(list->bus);
	}
	list->bus = sd_bus_unref(list->bus);
	sd_event_unref(list->event);
	free(list->address);
	free(list);
}

sd_bus *
vm_list_take_bus(struct vm_list *list)
{
	sd_bus *bus = list->bus;

	list->bus = NULL;
	return bus;
}
