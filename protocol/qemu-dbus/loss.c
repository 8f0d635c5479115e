#include "qemu-dbus/loss.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/qmp-connection.h"

static bool
any_listener_is_open(const struct qemu_guest *guest)
{
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		const struct console *console = &guest->consoles[i];

		if (console->state != CONSOLE_ABSENT && listener_is_open(&console->listener)) {
			return true;
		}
	}
	return false;
}

void
loss_note_qmp(struct qemu_guest *guest)
{
	if (guest->qmp_path == NULL || broker_look(guest->qmp_path, &guest->qmp_status) < 0) {
		guest->qmp_status = (struct stat){ 0 };
	}
}

/* A VM that is started again at once makes a new one. */
static bool
qmp_is_the_same(const struct qemu_guest *guest)
{
	const struct stat *before = &guest->qmp_status;
	struct stat now;

	return before->st_ino == 0 ||
	       (broker_look(guest->qmp_path, &now) >= 0 && now.st_dev == before->st_dev &&
		       now.st_ino == before->st_ino &&
		       now.st_ctim.tv_sec == before->st_ctim.tv_sec &&
		       now.st_ctim.tv_nsec == before->st_ctim.tv_nsec);
}

/*
 * Whether it still listens on QMP's socket. On QEMU 7.2 another viewer's listeners replace ours, so
 * that all our connections end as if the VM had died.
 */
static bool
qmp_is_alive(const struct qemu_guest *guest)
{
	struct broker_hold connection;
	bool is_alive;
	int fd;

	if (guest->qmp_path == NULL || !qmp_is_the_same(guest)) {
		return false;
	}
	fd = qmp_connection_open(guest->qmp_path, &connection);
	is_alive = fd >= 0 || fd == -EAGAIN;
	qmp_connection_close(&fd, &connection);
	return is_alive;
}

static void
tell_taken_over(struct qemu_guest *guest)
{
	log_warning("another viewer has taken this VM over: no input from here any more");
	guest->state = QEMU_GUEST_TAKEN_OVER;
	emit_taken_over(guest);
}

static void
close_guest(struct qemu_guest *guest)
{
	if (guest->state != QEMU_GUEST_TAKEN_OVER) {
		log_info("the VM is gone");
	}
	qemu_guest_close(guest, -ECONNRESET);
}

/* A dying QEMU closes its files in any order: by now all of them are closed. */
static int
handle_timer_takeover(sd_event_source *source, uint64_t usec, void *data)
{
	struct qemu_guest *guest = data;
	bool is_silent = !any_listener_is_open(guest);

	if (!is_silent || qmp_is_alive(guest)) {
		tell_taken_over(guest);
	}
	if (guest_is_over(guest)) {
		return 0;
	}
	if (is_silent) {
		close_guest(guest);
	} else {
		sync_run(guest);
	}
	return 0;
}

static int
set_timer(struct qemu_guest *guest, uint64_t delay_ms, sd_event_time_handler_t handler)
{
	guest->timer = sd_event_source_disable_unref(guest->timer);
	return sd_event_add_time_relative(guest->event, &guest->timer, CLOCK_MONOTONIC,
		delay_ms * US_PER_MS, 1, handler, guest);
}

void
loss_of_control(struct qemu_guest *guest)
{
	switch (guest->state) {
	case QEMU_GUEST_ATTACHED:
		break;
	case QEMU_GUEST_READING:
		log_error("QEMU closed the connection to its display; giving up");
		qemu_guest_close(guest, -ECONNRESET);
		return;
	default:
		return;
	}
	guest->state = QEMU_GUEST_LOSING;
	/* On a bus several viewers get along: the VM, or the bus, is gone. */
	if (guest->control.destination[0] != '\0' ||
		set_timer(guest, LOSS_TAKEOVER_DELAY_MS, handle_timer_takeover) < 0) {
		close_guest(guest);
	}
}

static int
handle_timer_again(sd_event_source *source, uint64_t usec, void *data)
{
	struct qemu_guest *guest = data;

	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		struct console *console = &guest->consoles[i];

		if (console->state == CONSOLE_LOST) {
			console->was_registered_again = true;
			console->state = CONSOLE_WAITING;
			log_limited(LOG_LEVEL_WARNING, &guest->n_complaints,
				"console %u: QEMU's connection for its picture broke; asking for it "
				"once more",
				console->head.console);
		}
	}
	registrar_run(guest);
	return 0;
}

void
loss_of_listener(struct console *console)
{
	struct qemu_guest *guest = console->guest;

	listener_close(&console->listener);
	if (console->state == CONSOLE_REGISTERING) {
		return; /* QEMU's answer to that is under way, and may tell why */
	}
	console->state = CONSOLE_SILENT;
	sync_console_closed(guest, console);
	switch (guest->state) {
	case QEMU_GUEST_ATTACHED:
		if (!console->was_registered_again &&
			set_timer(guest, LOSS_RETRY_DELAY_MS, handle_timer_again) >= 0) {
			console->state = CONSOLE_LOST;
			return;
		}
		log_limited(LOG_LEVEL_ERROR, &guest->n_complaints,
			"console %u: QEMU's connection for its picture broke again; it stays "
			"without one",
			console->head.console);
		picture_blank(&console->picture);
		break;
	case QEMU_GUEST_TAKEN_OVER:
		if (!any_listener_is_open(guest)) {
			close_guest(guest);
		}
		break;
	default:
		break;
	}
}
