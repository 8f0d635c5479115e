#pragma once

#include "qemu-dbus/control.h"

struct console;
struct qemu_guest;

/*
 * Consoles that come, and how many at once after a rest. No VM has more for a reason: each costs
 * the host a window, and has budgets of its own for what it shows.
 */
#define OBJECTS_CONSOLES_PER_S 1
#define OBJECTS_CONSOLES_BURST 64

/*
 * QEMU's object tree, on the control connection, turned into heads: read once when attaching, then
 * followed by its signals.
 */
extern const struct control_handler objects_handler;

/* Asks for all objects. Returns 0 or negative errno. */
int objects_read(struct qemu_guest *guest);
