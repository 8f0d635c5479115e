#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "guest.h"

/*
 * The adapter for QEMU's D-Bus display (-display dbus), QEMU 7.2 to 11.x. Sources: QEMU's
 * ui/dbus-display1.xml for every message, ui/dbus*.c for what QEMU does with them.
 *
 * Peer to peer (qmp_path or fd), QEMU has one control connection: the next viewer's takes it away.
 * On a bus (address or session_bus) several viewers get along.
 */
struct qemu_target {
	/*
	 * QMP's UNIX socket. Alone: the display is asked for through it. Together with one of the
	 * others only questions are asked there (name, UUID, kinds of display device). It is closed
	 * as soon as that is done, since QMP serves one client at a time, and opened again for
	 * power requests.
	 */
	const char *qmp_path;
	int fd;              /* a connected peer-to-peer socket, or -1; taken over by create */
	const char *address; /* of a D-Bus bus that QEMU is on, or NULL */
	bool session_bus;    /* QEMU is on the user's session bus */
	const char *vm;      /* on a bus: the name or UUID of the wanted VM; NULL: the only one */
	bool wait;           /* until the socket or the VM is there */
	uint64_t max_memory; /* bytes, see buffer_budget_create(); 0: BUFFER_BUDGET_DEFAULT_BYTES */
};

/*
 * Makes the guest; guest_open() then starts. The target's strings are copied. What goes wrong while
 * attaching is logged and told by closed():
 *   -ENOENT -ECONNREFUSED -EACCES  no such socket, nobody listens, not ours (without `wait`)
 *   -EBUSY                         another program holds the QMP socket
 *   -ENOTSUP                       QEMU runs without a D-Bus display that can be reached this way
 *   -ENODEV -ENOTUNIQ              on a bus: no such VM; several, and none was chosen
 *   -EPROTO -ETIMEDOUT             the peer does not speak QMP or D-Bus, or does not answer
 * Returns 0, -EINVAL (no way or contradicting ways to reach a VM), -ENOMEM. The fd is taken over in
 * every case.
 */
int qemu_guest_create(sd_event *event, const struct qemu_target *target,
	const struct guest_listener *listener, void *data, struct guest **ret_guest);
