#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "qemu-dbus/wire-connection.h"

struct listener;

#define LISTENER_PATH "/org/qemu/Display1/Listener"
#define LISTENER_INTERFACE "org.qemu.Display1.Listener"

/*
 * One of the methods that QEMU calls (ui/dbus-display1.xml). A negative errno refuses the call:
 * it is answered with an error, and the consequence is told.
 */
struct listener_method {
	const char *interface, *member, *signature;
	const char *consequence;
	/* Answers it now or keeps its answer, unless it has a tail. */
	int (*call)(struct listener *listener, struct wire_call *call);
	/* Where pixels follow. The second answers, or keeps the answer. */
	void (*tail)(struct listener *listener, const uint8_t *bytes, size_t size);
	int (*tail_end)(struct listener *listener, uint32_t reply_to);
};

/* No interface ("") is any. NULL when there is no such method. */
const struct listener_method *listener_method_find(const char *interface, const char *member);

/*
 * What the listener implements besides LISTENER_INTERFACE, ending with NULL. QEMU <= 10.2 asks for
 * this list and breaks a rule of its library when it is missing, which is fatal with
 * G_DEBUG=fatal-criticals (ui/dbus-listener.c, dbus_display_listener_implements).
 */
extern const char *const listener_interfaces[];

/* One of those, or LISTENER_INTERFACE. */
bool listener_knows_interface(const char *interface);
