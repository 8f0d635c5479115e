#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/* Paths and names of QEMU's objects (ui/dbus-display1.xml). */
#define QEMU_ROOT_PATH "/org/qemu/Display1"
#define QEMU_VM_PATH QEMU_ROOT_PATH "/VM"
#define QEMU_CONSOLE_PREFIX QEMU_ROOT_PATH "/Console_"
#define QEMU_VM_INTERFACE "org.qemu.Display1.VM"
#define QEMU_CONSOLE_INTERFACE "org.qemu.Display1.Console"
#define QEMU_KEYBOARD_INTERFACE "org.qemu.Display1.Keyboard"
#define QEMU_MOUSE_INTERFACE "org.qemu.Display1.Mouse"
#define QEMU_TOUCH_INTERFACE "org.qemu.Display1.MultiTouch"

/* "/org/qemu/Display1/Console_" and ten digits. */
#define QEMU_CONSOLE_PATH_SIZE 48

struct control_handler {
	/* Answer to control_read_objects; borrowed. NULL: logged already. */
	void (*objects)(void *data, sd_bus_message *reply);
	/* PropertiesChanged, InterfacesAdded, InterfacesRemoved: the handler reads the arguments.
	 */
	void (*properties_changed)(void *data, sd_bus_message *signal);
	void (*interfaces_added)(void *data, sd_bus_message *signal);
	void (*interfaces_removed)(void *data, sd_bus_message *signal);
	/* The connection ended or, on a bus, the VM left it. */
	void (*lost)(void *data);
};

/*
 * The connection on which QEMU is asked and told things; peer to peer or through a bus. Zero-
 * initialise. Calls go out without blocking; replies come from the event loop.
 */
struct control {
	sd_bus *bus;
	char destination[256]; /* QEMU's unique name on a bus; empty peer to peer */
	const struct control_handler *handler;
	void *data;
	bool broken; /* the end was noticed */
};

/* Over our end of a socket pair, which is taken over in every case. */
int control_open_fd(struct control *control, sd_event *event, int fd,
	const struct control_handler *handler, void *data);
/* Over a bus connection that is started and attached already; taken over in every case. */
int control_open_bus(struct control *control, sd_bus *bus, const char *destination,
	const struct control_handler *handler, void *data);
/* NULL-safe in its members; may be called twice. */
void control_close(struct control *control);

bool control_is_open(const struct control *control);

int control_read_objects(struct control *control);

/* A call to be filled with arguments and sent. */
int control_new_call(struct control *control, const char *path, const char *interface,
	const char *member, sd_bus_message **ret_call);

/*
 * Sends and forgets the call (its reference is taken over). The reply handler may be NULL: QEMU is
 * told that no reply is wanted.
 */
int control_send(
	struct control *control, sd_bus_message *call, sd_bus_message_handler_t reply, void *data);

/*
 * Asks for a property. QEMU answers from its main loop, in turn: the reply says that everything it
 * was asked before is done.
 */
int control_ask(struct control *control, const char *path, const char *interface,
	const char *property, sd_bus_message_handler_t reply, void *data);
