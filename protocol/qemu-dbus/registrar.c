#include "qemu-dbus/registrar.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/loss.h"
#include "qemu-dbus/qemu-guest.h"

static struct console *
next_waiting(struct qemu_guest *guest)
{
	struct console *next = NULL;

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		struct console *console = &guest->consoles[i];

		if (console->state == CONSOLE_WAITING &&
			(next == NULL || console->head.console < next->head.console)) {
			next = console;
		}
	}
	return next;
}

static bool
would_kill_qemu(const struct qemu_guest *guest, const struct console *console)
{
	for (uint32_t i = 0; !guest->gl && i < guest->n_surveyed; i++) {
		if (guest->needs_gl[i] == console->head.console) {
			return true;
		}
	}
	return false;
}

static void
give_up_on(struct console *console)
{
	listener_close(&console->listener);
	console->state = CONSOLE_SILENT;
}

static int
handle_reply_register(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct console *console = data;
	const sd_bus_error *error = sd_bus_message_get_error(reply);

	/* The connection's end fails all calls: that is told once, elsewhere. */
	if (error != NULL && console->state == CONSOLE_REGISTERING &&
		sd_bus_is_open(console->guest->control.bus) > 0) {
		log_limited(LOG_LEVEL_ERROR, &console->guest->n_complaints,
			"console %u: QEMU does not show it: %s; it stays without a picture",
			console->head.console, error->message);
		give_up_on(console);
	}
	return 0;
}

/* QEMU's main loop came round: the registration is over. */
static int
handle_reply_barrier(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct qemu_guest *guest = data;
	struct console *console = guest->registrar.current;

	guest->registrar.current = NULL;
	if (console != NULL && console->state == CONSOLE_REGISTERING) {
		console->state = CONSOLE_LISTENING;
		sync_console_registered(guest);
		if (!listener_is_open(&console->listener)) {
			loss_of_listener(console);
		}
	}
	/* Not when the connection's end has just failed this call. */
	if (control_is_open(&guest->control) && sd_bus_is_open(guest->control.bus) > 0) {
		registrar_run(guest);
	}
	return 0;
}

static int
start_registering(struct qemu_guest *guest, struct console *console)
{
	AUTO_FD int peer_fd = -1;
	sd_bus_message *call;
	int r = listener_open(&console->listener, console, &peer_fd);

	if (r < 0) {
		return r;
	}
	r = control_new_call(
		&guest->control, console->path, QEMU_CONSOLE_INTERFACE, "RegisterListener", &call);
	if (r < 0) {
		return r;
	}
	/* The message has a duplicate of the fd from here on. */
	r = sd_bus_message_append(call, "h", peer_fd);
	if (r < 0) {
		sd_bus_message_unref(call);
		return r;
	}
	r = control_send(&guest->control, call, handle_reply_register, console);
	if (r < 0) {
		return r;
	}
	return control_ask(&guest->control, console->path, QEMU_CONSOLE_INTERFACE, "Label",
		handle_reply_barrier, guest);
}

void
registrar_run(struct qemu_guest *guest)
{
	struct console *console;

	while (guest->registrar.current == NULL && (console = next_waiting(guest)) != NULL) {
		int r;

		if (would_kill_qemu(guest, console)) {
			log_limited(LOG_LEVEL_ERROR, &guest->n_complaints,
				"console %u: its picture exists as dma-buf only, and QEMU would "
				"exit if it were asked for: start QEMU with -display "
				"dbus,p2p=on,gl=on; this console stays without a picture",
				console->head.console);
			console->state = CONSOLE_SILENT;
			continue;
		}
		console->state = CONSOLE_REGISTERING;
		r = start_registering(guest, console);
		if (r < 0) {
			log_limited(LOG_LEVEL_ERROR, &guest->n_complaints,
				"console %u: cannot ask for its picture: %s; it stays without one",
				console->head.console, strerror(-r));
			give_up_on(console);
			continue;
		}
		guest->registrar.current = console;
	}
	sync_run(guest);
}

bool
registrar_is_idle(struct qemu_guest *guest)
{
	return guest->registrar.current == NULL && next_waiting(guest) == NULL;
}
