#include "qemu-dbus/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static int
handle_reply_objects(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct control *control = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	if (control->broken) {
		return 0;
	}
	if (error != NULL) {
		log_error("QEMU's display does not answer: %s; giving up", error->message);
		reply = NULL;
	}
	control->handler->objects(control->data, reply);
	return 0;
}

static int
handle_signal_properties_changed(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct control *control = data;

	control->handler->properties_changed(control->data, signal);
	return 0;
}

static int
handle_signal_interfaces_added(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct control *control = data;

	control->handler->interfaces_added(control->data, signal);
	return 0;
}

static int
handle_signal_interfaces_removed(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct control *control = data;

	control->handler->interfaces_removed(control->data, signal);
	return 0;
}

static void
set_broken(struct control *control)
{
	if (!control->broken) {
		control->broken = true;
		control->handler->lost(control->data);
	}
}

static int
handle_signal_disconnected(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	set_broken(data);
	return 0;
}

static int
handle_signal_name_owner_changed(sd_bus_message *signal, void *data, sd_bus_error *ret_error)
{
	struct control *control = data;
	const char *name, *old_owner, *new_owner;

	if (sd_bus_message_read(signal, "sss", &name, &old_owner, &new_owner) >= 0 &&
		strcmp(name, control->destination) == 0 && new_owner[0] == '\0') {
		set_broken(control);
	}
	return 0;
}

/* Matches are local peer to peer, and sent to the daemon (without waiting) on a bus. */
static int
add_match(struct control *control, const char *rule, sd_bus_message_handler_t handler)
{
	char text[512];

	if (control->destination[0] != '\0') {
		snprintf(text, sizeof(text), "type='signal',sender='%s',%s", control->destination,
			rule);
	} else {
		snprintf(text, sizeof(text), "type='signal',%s", rule);
	}
	return sd_bus_add_match_async(control->bus, NULL, text, handler, NULL, control);
}

static int
add_matches(struct control *control)
{
	int r = add_match(control,
		"interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',"
		"path_namespace='" QEMU_ROOT_PATH "'",
		handle_signal_properties_changed);

	if (r >= 0) {
		r = add_match(control,
			"interface='org.freedesktop.DBus.ObjectManager',member='InterfacesAdded',"
			"path='" QEMU_ROOT_PATH "'",
			handle_signal_interfaces_added);
	}
	if (r >= 0) {
		r = add_match(control,
			"interface='org.freedesktop.DBus.ObjectManager',member='InterfacesRemoved',"
			"path='" QEMU_ROOT_PATH "'",
			handle_signal_interfaces_removed);
	}
	if (r >= 0) {
		r = sd_bus_match_signal_async(control->bus, NULL, "org.freedesktop.DBus.Local",
			"/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local", "Disconnected",
			handle_signal_disconnected, NULL, control);
	}
	return r;
}

int
control_open_fd(struct control *control, sd_event *event, int fd,
	const struct control_handler *handler, void *data)
{
	int r;

	*control = (struct control){ .handler = handler, .data = data };
	r = sd_bus_new(&control->bus);
	if (r < 0) {
		close(fd);
		return r;
	}
	r = sd_bus_set_fd(control->bus, fd, fd);
	if (r < 0) {
		close(fd);
	}
	if (r >= 0) {
		r = sd_bus_negotiate_fds(control->bus, 1);
	}
	if (r >= 0) {
		r = add_matches(control);
	}
	if (r >= 0) {
		r = sd_bus_start(control->bus);
	}
	if (r >= 0) {
		r = sd_bus_attach_event(control->bus, event, SD_EVENT_PRIORITY_NORMAL);
	}
	if (r < 0) {
		control_close(control);
	}
	return r < 0 ? r : 0;
}

int
control_open_bus(struct control *control, sd_bus *bus, const char *destination,
	const struct control_handler *handler, void *data)
{
	int r;

	*control = (struct control){ .handler = handler, .data = data };
	snprintf(control->destination, sizeof(control->destination), "%s", destination);
	control->bus = bus;
	r = add_matches(control);
	if (r >= 0) {
		r = sd_bus_match_signal_async(bus, NULL, "org.freedesktop.DBus",
			"/org/freedesktop/DBus", "org.freedesktop.DBus", "NameOwnerChanged",
			handle_signal_name_owner_changed, NULL, control);
	}
	if (r < 0) {
		control_close(control);
	}
	return r < 0 ? r : 0;
}

void
control_close(struct control *control)
{
	if (control->bus != NULL) {
		sd_bus_detach_event(control->bus);
		sd_bus_close(control->bus);
		control->bus = sd_bus_unref(control->bus);
	}
	control->broken = true;
}

bool
control_is_open(const struct control *control)
{
	return control->bus != NULL && !control->broken;
}

int
control_new_call(struct control *control, const char *path, const char *interface,
	const char *member, sd_bus_message **ret_call)
{
	const char *destination = control->destination[0] != '\0' ? control->destination : NULL;

	if (!control_is_open(control)) {
		return -ENOTCONN;
	}
	return sd_bus_message_new_method_call(
		control->bus, ret_call, destination, path, interface, member);
}

/* Takes the call over. timeout_us: 0 is sd-bus's 25 s. */
static int
send_within(struct control *control, sd_bus_message *call, sd_bus_message_handler_t reply,
	void *data, uint64_t timeout_us)
{
	int r = -ENOTCONN;

	if (control_is_open(control) && reply != NULL) {
		r = sd_bus_call_async(control->bus, NULL, call, reply, data, timeout_us);
	} else if (control_is_open(control)) {
		r = sd_bus_message_set_expect_reply(call, 0);
		if (r >= 0) {
			r = sd_bus_send(control->bus, call, NULL);
		}
	}
	sd_bus_message_unref(call);
	return r < 0 ? r : 0;
}

int
control_send(
	struct control *control, sd_bus_message *call, sd_bus_message_handler_t reply, void *data)
{
	/*
	 * A QEMU whose main loop stands still, in a debugger or while it saves a snapshot, answers
	 * when it goes on. Only the connection's end makes waiting useless, and that fails the
	 * call.
	 */
	return send_within(control, call, reply, data, UINT64_MAX);
}

int
control_read_objects(struct control *control)
{
	sd_bus_message *call;
	int r = control_new_call(control, QEMU_ROOT_PATH, "org.freedesktop.DBus.ObjectManager",
		"GetManagedObjects", &call);

	return r < 0 ? r : send_within(control, call, handle_reply_objects, control, 0);
}

int
control_ask(struct control *control, const char *path, const char *interface, const char *property,
	sd_bus_message_handler_t reply, void *data)
{
	sd_bus_message *call;
	int r = control_new_call(control, path, "org.freedesktop.DBus.Properties", "Get", &call);

	if (r < 0) {
		return r;
	}
	r = sd_bus_message_append(call, "ss", interface, property);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	return control_send(control, call, reply, data);
}
