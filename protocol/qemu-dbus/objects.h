#pragma once

#include "qemu-dbus/control.h"

struct console;
struct qemu_guest;

/*
 * QEMU's object tree, on the control connection, turned into heads: read once when attaching, then
 * followed by its signals.
 */
extern const struct control_handler objects_handler;

/* Asks for all objects. Returns 0 or negative errno. */
int objects_read(struct qemu_guest *guest);
