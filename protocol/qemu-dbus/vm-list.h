#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "guest.h"

/* VMs on one bus; what QEMU's name queue could hold beyond that is not looked at. */
#define VM_LIST_MAX 64
/* The longest name that D-Bus allows. */
#define VM_LIST_OWNER_SIZE 256

struct vm_list_entry {
	char owner[VM_LIST_OWNER_SIZE]; /* unique name on the bus */
	struct guest_identity identity;
};

struct vm_list;

/* What to call from the event loop, once; after error (logged already) there are no entries. */
typedef void (*vm_list_fn)(
	void *data, int error, const struct vm_list_entry *entries, uint32_t n_entries);

/*
 * Finds the VMs on a bus: all that own or wait for the name org.qemu, with their name and UUID.
 * address NULL is the user's session bus. With `wait` a missing bus is no error, but a list without
 * entries. Returns 0 or negative errno.
 */
int vm_list_create(sd_event *event, const char *address, bool wait, vm_list_fn done, void *data,
	struct vm_list **ret_list);
/* Legal inside the callback. Closes the bus. NULL is fine. */
void vm_list_destroy(struct vm_list *list);

/* For the callback: moves the bus, attached to the event loop, to the caller. */
sd_bus *vm_list_take_bus(struct vm_list *list);
