#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

struct console;
struct qemu_guest;

/* QEMU looks for what guests drew every 30 ms (GUI_REFRESH_INTERVAL_DEFAULT), give or take. */
#define SYNC_REFRESH_MS 40
/* QEMU 9.0 drops answers that wait behind a picture: a missing one must not be the end. */
#define SYNC_PING_TIMEOUT_MS 1000

/*
 * "Everything that the VMM had to show has been delivered." QEMU's refresh runs at once when the
 * first listener is registered, but up to 30 ms later for the consoles after it; so: wait that
 * long, let QEMU's main loop come round twice, then wait for an answer on each listener's own
 * connection, behind all that was written there.
 */
enum sync_state {
	SYNC_IDLE,
	SYNC_WAITING, /* for a refresh */
	SYNC_ASKING,  /* QEMU's main loop */
	SYNC_PINGING, /* the listeners */
};

struct sync {
	enum sync_state state;
	uint32_t n_requests;   /* not begun */
	uint32_t n_running;    /* answered by the round that runs */
	uint32_t n_questions;  /* left to ask in SYNC_ASKING */
	uint32_t pinged;       /* a bit for each console that has not answered */
	uint32_t n_registered; /* consoles, ever */
	uint64_t refreshed_ns; /* when all consoles have been refreshed, CLOCK_MONOTONIC */
	sd_event_source *timer;
};

/* From the frontend's operation: nothing is told from inside. Returns 0 or negative errno. */
int sync_request(struct qemu_guest *guest);
/* Begins if there is anything to do and registering is over. */
void sync_run(struct qemu_guest *guest);
void sync_console_registered(struct qemu_guest *guest);
/* Its listener was closed by us: no answer will come. */
void sync_console_closed(struct qemu_guest *guest, struct console *console);
void sync_finish(struct qemu_guest *guest);
