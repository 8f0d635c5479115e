#pragma once

#include <sys/stat.h>

#include "base/rate.h"
#include "buffer-budget.h"
#include "qemu-dbus/adapter.h"
#include "qemu-dbus/attach.h"
#include "qemu-dbus/console.h"
#include "qemu-dbus/control.h"
#include "qemu-dbus/input-queue.h"
#include "qemu-dbus/power.h"
#include "qemu-dbus/qmp.h"
#include "qemu-dbus/registrar.h"
#include "qemu-dbus/sync.h"
#include "qemu-dbus/touch.h"
#include "qemu-dbus/vm-list.h"
#include "qemu-dbus/wire-hub.h"

/* How often a bus is looked at while `wait` waits for the VM. */
#define QEMU_GUEST_RETRY_MS 100

enum qemu_guest_state {
	QEMU_GUEST_NEW,
	QEMU_GUEST_SURVEYING, /* asking QMP, who hands out the control connection */
	QEMU_GUEST_SEARCHING, /* for the VM on a bus */
	QEMU_GUEST_READING,   /* the objects on the control connection */
	QEMU_GUEST_ATTACHED,
	QEMU_GUEST_LOSING, /* the control connection is gone, the reason not clear yet */
	QEMU_GUEST_TAKEN_OVER,
	QEMU_GUEST_OVER, /* nothing is told any more */
};

/* The adapter's guest: who it is, how far attaching got, and its consoles. */
struct qemu_guest {
	struct guest base;
	sd_event *event;
	enum qemu_guest_state state;

	char *qmp_path, *address, *vm;
	struct stat qmp_status; /* of its socket when we attached; all 0: not known */
	bool session_bus, wait;
	int fd; /* the target's, until the control connection takes it */

	struct guest_identity identity;
	bool identified; /* the frontend knows and agrees */
	bool gl;         /* of the display; true when unknown */
	uint32_t n_surveyed;
	uint32_t needs_gl[GUEST_MAX_HEADS]; /* numbers of consoles that kill a QEMU without GL */
	bool wait_was_logged;

	struct attach *attach;
	struct vm_list *vm_list;
	struct control control;
	sd_event_source *exit;  /* the end of the loop, before the bus closes itself there */
	sd_event_source *timer; /* takeover, retry: one at a time, by state */

	struct console consoles[GUEST_MAX_HEADS];
	struct rate new_consoles;
	struct wire_hub hub; /* of their listeners */
	struct registrar registrar;
	struct sync sync;
	struct input_queue input_queue;
	struct touch_table touches;
	struct qmp *power_qmp; /* NULL: no power request is under way */
	enum guest_power power;
	uint64_t last_serial;
	struct buffer_budget *budget; /* of its pictures; outlives the guest with them */
	uint32_t n_complaints;        /* logged about what the VM can cause as often as it likes */
};

/* Logs nothing. Leaves everything and tells closed(error); the last thing a handler does. */
void qemu_guest_close(struct qemu_guest *guest, int error);
