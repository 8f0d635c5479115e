#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "adapter.h"
#include "guest.h"

/*
 * Describes VMs without disturbing a viewer that is attached: by questions to QMP, or by property
 * reads on a bus; never by add_client or RegisterListener.
 */

#define QEMU_VM_MAX_CONSOLES GUEST_MAX_HEADS
#define QEMU_VM_TYPE_SIZE 64
#define QEMU_VM_VERSION_SIZE 32

struct qemu_vm_console {
	uint32_t console; /* QEMU's number */
	uint32_t head;    /* connector number on its GPU */
	char label[GUEST_TEXT_SIZE];
	char gpu[GUEST_TEXT_SIZE];    /* as guest_head.gpu, "pci/0000/02.0" */
	char type[QEMU_VM_TYPE_SIZE]; /* QEMU's device type, "virtio-vga"; empty on a bus */
	uint32_t width, height;       /* pixels; 0 when unknown, as always by QMP */
};

struct qemu_vm {
	struct guest_identity identity;
	char version[QEMU_VM_VERSION_SIZE]; /* "10.0.2"; empty on a bus */
	uint32_t n_consoles;
	struct qemu_vm_console consoles[QEMU_VM_MAX_CONSOLES];
};

struct qemu_discovery;

/*
 * Called once, from the event loop. On error (already logged, errors as qemu_guest_create) there
 * are no VMs. The array is the discovery's own.
 */
typedef void (*qemu_discovery_fn)(void *data, int error, const struct qemu_vm *vms, uint32_t n_vms);

/*
 * Asks at target->qmp_path when that is set, else at target->address or the session bus, for all
 * VMs there (target->vm and target->fd are not looked at). An empty bus is no error. Returns 0,
 * -EINVAL, -ENOMEM.
 */
int qemu_discover(sd_event *event, const struct qemu_target *target, qemu_discovery_fn done,
	void *data, struct qemu_discovery **ret_discovery);

/* Legal at any time, inside the callback too. NULL is fine. */
void qemu_discovery_destroy(struct qemu_discovery *discovery);
