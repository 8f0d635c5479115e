#include "qemu-dbus/objects.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/identity.h"
#include "qemu-dbus/loss.h"
#include "qemu-dbus/qemu-guest.h"

static struct console *
find_console(struct qemu_guest *guest, const char *path)
{
	uint32_t number;

	if (!console_number_from_path(path, &number)) {
		return NULL;
	}
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		struct console *console = &guest->consoles[i];

		if (console->state != CONSOLE_ABSENT && console->head.console == number) {
			return console;
		}
	}
	return NULL;
}

static struct console *
find_place(struct qemu_guest *guest)
{
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (guest->consoles[i].state == CONSOLE_ABSENT) {
			return &guest->consoles[i];
		}
	}
	return NULL;
}

/* Reads a new object's "a{sa{sv}}", whatever it is. Returns 0 or negative errno. */
static int
read_console(struct qemu_guest *guest, const char *path, sd_bus_message *message)
{
	struct console_properties properties = { 0 };
	struct console *console;
	uint32_t number;
	int r = console_properties_read_interfaces(&properties, message);

	if (r < 0 || !properties.is_graphic || !console_number_from_path(path, &number) ||
		find_console(guest, path) != NULL) {
		return r;
	}
	console = find_place(guest);
	if (console == NULL) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &guest->n_complaints)) {
			log_warning("console %u: more than %d consoles; this one is not shown",
				number, GUEST_MAX_HEADS);
		}
		return 0;
	}
	if (!rate_take(&guest->new_consoles, clock_now_ns())) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &guest->n_complaints)) {
			log_warning("console %u: consoles come too often; this one is not shown",
				number);
		}
		return 0;
	}
	console_init(console, guest, number, &properties);
	return 0;
}

/* The VM's "a{sa{sv}}": for who it is, where QMP has not told. */
static int
read_vm(struct qemu_guest *guest, sd_bus_message *message)
{
	const char *name, *value;
	int r = sd_bus_message_enter_container(message, 'a', "{sa{sv}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sa{sv}")) > 0) {
		r = sd_bus_message_skip(message, "s");
		if (r >= 0) {
			r = sd_bus_message_enter_container(message, 'a', "{sv}");
		}
		while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
			r = sd_bus_message_read(message, "s", &name);
			if (r >= 0 && strcmp(name, "Name") == 0) {
				r = sd_bus_message_read(message, "v", "s", &value);
				identity_set_name(&guest->identity, r >= 0 ? value : NULL);
			} else if (r >= 0 && strcmp(name, "UUID") == 0) {
				r = sd_bus_message_read(message, "v", "s", &value);
				identity_set_uuid(&guest->identity, r >= 0 ? value : NULL);
			} else if (r >= 0) {
				r = sd_bus_message_skip(message, "v");
			}
			if (r >= 0) {
				r = sd_bus_message_exit_container(message);
			}
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(message);
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(message);
		}
	}
	return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int
read_all(struct qemu_guest *guest, sd_bus_message *reply)
{
	const char *path;
	int r = sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}");

	while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}")) > 0) {
		r = sd_bus_message_read(reply, "o", &path);
		if (r >= 0 && strcmp(path, QEMU_VM_PATH) == 0 && !guest->identified) {
			r = read_vm(guest, reply);
		} else if (r >= 0) {
			r = read_console(guest, path, reply);
		}
		if (r >= 0) {
			r = sd_bus_message_exit_container(reply);
		}
	}
	return r < 0 ? r : 0;
}

/* In the order of their numbers: the reply's order is that of a hash table. */
static void
tell_new_consoles(struct qemu_guest *guest)
{
	struct console *next;

	do {
		next = NULL;
		for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
			struct console *console = &guest->consoles[i];

			if (console->state == CONSOLE_NEW &&
				(next == NULL || console->head.console < next->head.console)) {
				next = console;
			}
		}
		if (next != NULL) {
			console_tell_added(next);
		}
	} while (next != NULL && !guest_is_over(guest));
}

static bool
identify(struct qemu_guest *guest)
{
	int r = 0;

	if (!guest->identified) {
		r = guest->base.listener->identified(guest->base.data, &guest->identity);
		guest->identified = true;
	}
	if (r < 0) {
		qemu_guest_close(guest, r);
	}
	return !guest_is_over(guest);
}

static void
handle_control_objects(void *data, sd_bus_message *reply)
{
	struct qemu_guest *guest = data;

	if (reply == NULL) {
		qemu_guest_close(guest, -ETIMEDOUT);
		return;
	}
	if (read_all(guest, reply) < 0) {
		log_error("this is not QEMU's display: its objects make no sense; giving up");
		qemu_guest_close(guest, -EPROTO);
		return;
	}
	if (!identify(guest)) {
		return;
	}
	guest->state = QEMU_GUEST_ATTACHED;
	tell_new_consoles(guest);
	emit_ready(guest);
	if (!guest_is_over(guest)) {
		registrar_run(guest);
	}
}

static void
handle_control_properties_changed(void *data, sd_bus_message *signal)
{
	struct qemu_guest *guest = data;
	struct console *console = find_console(guest, sd_bus_message_get_path(signal));
	struct console_properties properties;
	const char *interface;

	/* Before the objects were read all of this is still to come. */
	if (console == NULL || guest->state != QEMU_GUEST_ATTACHED ||
		sd_bus_message_read(signal, "s", &interface) < 0) {
		return;
	}
	properties = console->properties;
	if (console_properties_read(&properties, interface, signal) < 0) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &guest->n_complaints)) {
			log_warning("console %u: QEMU's news about it make no sense; ignored",
				console->head.console);
		}
		return;
	}
	console_set_properties(console, &properties);
}

static void
handle_control_interfaces_added(void *data, sd_bus_message *signal)
{
	struct qemu_guest *guest = data;
	const char *path;

	if (guest->state != QEMU_GUEST_ATTACHED || sd_bus_message_read(signal, "o", &path) < 0 ||
		read_console(guest, path, signal) < 0) {
		return;
	}
	tell_new_consoles(guest);
	if (!guest_is_over(guest)) {
		registrar_run(guest);
	}
}

static void
handle_control_interfaces_removed(void *data, sd_bus_message *signal)
{
	struct qemu_guest *guest = data;
	struct console *console;
	const char *path;

	if (guest->state != QEMU_GUEST_ATTACHED || sd_bus_message_read(signal, "o", &path) < 0) {
		return;
	}
	console = find_console(guest, path);
	if (console == NULL) {
		return;
	}
	touch_forget_console(&guest->touches, console->head.console);
	input_queue_forget(&guest->input_queue, console);
	emit_head_removed(guest, &console->head);
	if (!guest_is_over(guest)) {
		console_finish(console);
		sync_console_closed(guest, console);
	}
}

static void
handle_control_lost(void *data)
{
	loss_of_control(data);
}

const struct control_handler objects_handler = {
	.objects = handle_control_objects,
	.properties_changed = handle_control_properties_changed,
	.interfaces_added = handle_control_interfaces_added,
	.interfaces_removed = handle_control_interfaces_removed,
	.lost = handle_control_lost,
};

int
objects_read(struct qemu_guest *guest)
{
	guest->state = QEMU_GUEST_READING;
	return control_read_objects(&guest->control);
}
