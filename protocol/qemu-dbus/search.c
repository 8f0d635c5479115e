#include "qemu-dbus/search.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/identity.h"
#include "qemu-dbus/objects.h"
#include "qemu-dbus/qemu-guest.h"

static void
fail(struct qemu_guest *guest, int error, const char *what)
{
	log_error("%s: %s; giving up", what, strerror(-error));
	qemu_guest_close(guest, error);
}

static void
open_fd(struct qemu_guest *guest)
{
	int r = control_open_fd(
		&guest->control, guest->event, fd_take(&guest->fd), &objects_handler, guest);

	if (r >= 0) {
		r = objects_read(guest);
	}
	if (r < 0) {
		fail(guest, r, "no connection to QEMU's display");
	}
}

static void
list_vms(const struct vm_list_entry *entries, uint32_t n_entries)
{
	char text[512] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < n_entries && length < sizeof(text); i++) {
		const struct guest_identity *identity = &entries[i].identity;
		int n = snprintf(text + length, sizeof(text) - length, "%s%s (%s)",
			i > 0 ? ", " : "", identity->name[0] != '\0' ? identity->name : "no name",
			identity->uuid[0] != '\0' ? identity->uuid : "no UUID");
		length += (size_t)n;
	}
	log_error("there are several virtual machines on this bus, choose one by name or UUID: %s",
		text);
}

/* NULL when there is none, or more than one, with the error for that. */
static const struct vm_list_entry *
choose_vm(const struct qemu_guest *guest, const struct vm_list_entry *entries, uint32_t n_entries,
	int *ret_error)
{
	const struct vm_list_entry *chosen = NULL;

	*ret_error = -ENODEV;
	for (uint32_t i = 0; i < n_entries; i++) {
		if (guest->vm != NULL && !identity_matches(&entries[i].identity, guest->vm)) {
			continue;
		}
		if (chosen != NULL) {
			*ret_error = -ENOTUNIQ;
			return NULL;
		}
		chosen = &entries[i];
	}
	return chosen;
}

static void use_bus(struct qemu_guest *guest);

static int
handle_timer_again(sd_event_source *source, uint64_t usec, void *data)
{
	use_bus(data);
	return 0;
}

static void
wait_for_vm(struct qemu_guest *guest)
{
	int r;

	if (!guest->wait_was_logged) {
		guest->wait_was_logged = true;
		log_warning("waiting for the virtual machine on this bus");
	}
	guest->timer = sd_event_source_disable_unref(guest->timer);
	r = sd_event_add_time_relative(guest->event, &guest->timer, CLOCK_MONOTONIC,
		QEMU_GUEST_RETRY_MS * US_PER_MS, 1, handle_timer_again, guest);
	if (r < 0) {
		fail(guest, r, "waiting");
	}
}

static void
take_vm(struct qemu_guest *guest, sd_bus *bus, const struct vm_list_entry *entry)
{
	int r = control_open_bus(&guest->control, bus, entry->owner, &objects_handler, guest);

	if (r >= 0) {
		r = objects_read(guest);
	}
	if (r < 0) {
		fail(guest, r, "no connection to QEMU's display");
	}
}

static void
handle_vm_list_done(void *data, int error, const struct vm_list_entry *entries, uint32_t n_entries)
{
	struct qemu_guest *guest = data;
	struct vm_list *list = guest->vm_list;
	const struct vm_list_entry *chosen;

	guest->vm_list = NULL;
	if (error < 0) {
		vm_list_destroy(list);
		qemu_guest_close(guest, error);
		return;
	}
	chosen = choose_vm(guest, entries, n_entries, &error);
	if (chosen != NULL) {
		take_vm(guest, vm_list_take_bus(list), chosen);
	} else if (error == -ENODEV && guest->wait) {
		wait_for_vm(guest);
	} else {
		if (error == -ENOTUNIQ) {
			list_vms(entries, n_entries);
		} else if (guest->vm != NULL) {
			log_error("no virtual machine \"%s\" on this bus", guest->vm);
		} else {
			log_error("no virtual machine on this bus: QEMU has to be started with "
				  "-display dbus");
		}
		qemu_guest_close(guest, error);
	}
	vm_list_destroy(list);
}

static void
use_bus(struct qemu_guest *guest)
{
	int r;

	guest->state = QEMU_GUEST_SEARCHING;
	r = vm_list_create(guest->event, guest->address, guest->wait, handle_vm_list_done, guest,
		&guest->vm_list);
	if (r < 0) {
		fail(guest, r, "looking for virtual machines");
	}
}

static int
handle_timer_start(sd_event_source *source, uint64_t usec, void *data)
{
	struct qemu_guest *guest = data;

	if (guest->fd >= 0) {
		open_fd(guest);
	} else {
		use_bus(guest);
	}
	return 0;
}

int
search_start(struct qemu_guest *guest)
{
	int r = sd_event_add_time_relative(
		guest->event, &guest->timer, CLOCK_MONOTONIC, 0, 1, handle_timer_start, guest);

	return r < 0 ? r : 0;
}
