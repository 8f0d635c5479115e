#include "qemu-dbus/sync.h"

#include <errno.h>

#include "base/clock.h"
#include "qemu-dbus/emit.h"
#include "qemu-dbus/qemu-guest.h"

#define N_QUESTIONS 2

static void
finish_round(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;
	uint32_t n = sync->n_running;

	sync->state = SYNC_IDLE;
	sync->n_running = 0;
	/* Whoever waits for the present picture waits for its size as well. */
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		picture_settle(&guest->consoles[i].picture);
	}
	for (; n > 0; n--) {
		emit_synced(guest);
	}
	sync_run(guest);
}

static int handle_reply_question(sd_bus_message *reply, void *data, sd_bus_error *ret_error);

/* What a listener showed may have made us ask for a size: that answer comes before this one's. */
static bool
ask_behind_sizes(struct qemu_guest *guest)
{
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (guest->consoles[i].size_was_asked) {
			guest->sync.state = SYNC_ASKING;
			guest->sync.n_questions = 0;
			return control_ask(&guest->control, QEMU_VM_PATH, QEMU_VM_INTERFACE, "Name",
				       handle_reply_question, guest) >= 0;
		}
	}
	return false;
}

static void
end_pinging(struct qemu_guest *guest)
{
	if (!ask_behind_sizes(guest)) {
		finish_round(guest);
	}
}

static void
clear_ping(struct console *console)
{
	struct qemu_guest *guest = console->guest;
	struct sync *sync = &guest->sync;
	uint32_t bit = UINT32_C(1) << (console - guest->consoles);

	if (sync->state == SYNC_PINGING && (sync->pinged & bit) != 0) {
		sync->pinged &= ~bit;
		if (sync->pinged == 0) {
			end_pinging(guest);
		}
	}
}

static void
ping_listeners(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;

	sync->state = SYNC_PINGING;
	sync->pinged = 0;
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		struct console *console = &guest->consoles[i];

		if (console->state == CONSOLE_LISTENING &&
			listener_ping(&console->listener, guest->event,
				SYNC_PING_TIMEOUT_MS * US_PER_MS, clear_ping) >= 0) {
			sync->pinged |= UINT32_C(1) << i;
		}
	}
	if (sync->pinged == 0) {
		end_pinging(guest);
	}
}

static void
ask(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;

	sync->state = SYNC_ASKING;
	if (sync->n_questions > 0) {
		sync->n_questions--;
		if (control_ask(&guest->control, QEMU_VM_PATH, QEMU_VM_INTERFACE, "Name",
			    handle_reply_question, guest) >= 0) {
			return;
		}
	}
	ping_listeners(guest);
}

static int
handle_reply_question(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	struct qemu_guest *guest = data;

	if (guest->sync.state == SYNC_ASKING) {
		ask(guest);
	}
	return 0;
}

static int
handle_timer_refreshed(sd_event_source *source, uint64_t usec, void *data)
{
	struct qemu_guest *guest = data;

	guest->sync.n_questions = N_QUESTIONS;
	ask(guest);
	return 0;
}

static int
begin_round(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;
	uint64_t now_ns = clock_now_ns();
	uint64_t delay_us =
		sync->refreshed_ns > now_ns ? (sync->refreshed_ns - now_ns) / NS_PER_US : 0;
	int r;

	/* Even without a delay: nothing may be told from inside an operation. */
	sync->timer = sd_event_source_disable_unref(sync->timer);
	r = sd_event_add_time_relative(guest->event, &sync->timer, CLOCK_MONOTONIC, delay_us, 1,
		handle_timer_refreshed, guest);
	if (r < 0) {
		return r;
	}
	sync->state = SYNC_WAITING;
	sync->n_running = sync->n_requests;
	sync->n_requests = 0;
	return 0;
}

static bool
may_begin(struct qemu_guest *guest)
{
	switch (guest->state) {
	case QEMU_GUEST_ATTACHED:
	case QEMU_GUEST_LOSING:
		return registrar_is_idle(guest);
	case QEMU_GUEST_TAKEN_OVER:
		return true;
	default:
		return false;
	}
}

void
sync_run(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;

	if (sync->state == SYNC_IDLE && sync->n_requests > 0 && may_begin(guest) &&
		begin_round(guest) < 0) {
		/* No memory for a timer: the next occasion tries again. */
		sync->state = SYNC_IDLE;
	}
}

int
sync_request(struct qemu_guest *guest)
{
	if (guest_is_over(guest)) {
		return -ENOTCONN;
	}
	guest->sync.n_requests++;
	sync_run(guest);
	return 0;
}

void
sync_console_registered(struct qemu_guest *guest)
{
	struct sync *sync = &guest->sync;

	if (sync->n_registered++ > 0) {
		sync->refreshed_ns = clock_now_ns() + SYNC_REFRESH_MS * NS_PER_MS;
	}
}

void
sync_console_closed(struct qemu_guest *guest, struct console *console)
{
	clear_ping(console);
}

void
sync_finish(struct qemu_guest *guest)
{
	guest->sync.timer = sd_event_source_disable_unref(guest->sync.timer);
}
