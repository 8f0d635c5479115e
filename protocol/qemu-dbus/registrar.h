#pragma once

#include "qemu-dbus/console.h"

struct qemu_guest;

/*
 * Registers consoles strictly one after the other: while QEMU registers a listener its main loop
 * stands still, until that listener has answered what it is asked (ui/dbus-console.c). The next one
 * comes when QEMU's main loop answers a question that was asked behind RegisterListener.
 */
struct registrar {
	struct console *current;
};

/* Goes on with the waiting console of the lowest number, unless one is under way. */
void registrar_run(struct qemu_guest *guest);

/* Nothing waits and nothing is under way. */
bool registrar_is_idle(struct qemu_guest *guest);
