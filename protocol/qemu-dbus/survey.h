#pragma once

#include "qemu-dbus/discover.h"
#include "qemu-dbus/qmp.h"

/*
 * What QMP can tell about a VM: query-name, query-uuid, query-version, query-display-options, the
 * user's devices in /machine/peripheral and /machine/peripheral-anon, and the consoles from QEMU's
 * object tree. The same in QEMU 7.2, 10.0 and 11.1: /backend has a child
 * console[N] per console with the properties `head` and `device`, a link to a device that has
 * `type`, `parent_bus` and, on PCI, `addr`.
 */

/* A device deeper than this behind PCI bridges gets a shortened address. */
#define SURVEY_MAX_BRIDGES 8

enum survey_display {
	SURVEY_DISPLAY_OTHER, /* no D-Bus display */
	SURVEY_DISPLAY_BUS,   /* D-Bus display on a bus */
	SURVEY_DISPLAY_P2P,
};

struct survey_result {
	struct qemu_vm vm;
	enum survey_display display;
	char display_type[QEMU_VM_TYPE_SIZE]; /* "gtk", "none"… for messages */
	bool gl;
};

struct survey;

enum survey_depth {
	SURVEY_FOR_ATTACHING, /* of the consoles the number; the type where one may need GL */
	SURVEY_ALL,
};

typedef void (*survey_done_fn)(void *data, const struct survey_result *result);

/*
 * Asks on a QMP connection that is ready and idle. Calls done once, with what could be found out
 * (the result is the survey's); not when the QMP fails. Returns 0 or -ENOMEM.
 */
int survey_create(struct qmp *qmp, enum survey_depth depth, survey_done_fn done, void *data,
	struct survey **ret_survey);
/* Legal inside done. The qmp goes first or at the same time. NULL is fine. */
void survey_destroy(struct survey *survey);

/*
 * Whether registering a listener for this device's console makes a QEMU with gl=off exit: its
 * picture lives in another process and exists as dma-buf only (ui/console.c, "The console requires
 * display DMABUF support"). VFIO devices of that kind refuse to start without GL.
 */
bool survey_type_needs_gl(const char *type);
