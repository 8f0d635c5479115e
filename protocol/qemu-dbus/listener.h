#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>

#include "qemu-dbus/answers.h"
#include "qemu-dbus/wire-connection.h"

struct console;
struct listener_method;

/*
 * The messages that a peer gets wrong are logged up to this number per listener; after that only
 * its error replies tell.
 */
#define LISTENER_MAX_COMPLAINTS 8

/*
 * Our end of the private connection on which QEMU sends one console's pictures: a D-Bus peer that
 * serves org.qemu.Display1.Listener and its two extensions. Zero-initialise.
 */
struct listener {
	struct console *console;
	struct wire_connection *connection; /* NULL while closed */
	struct answers answers;
	uint32_t n_complaints;

	/* The call whose tail is coming; NULL: it is of no use. */
	const struct listener_method *tail_method;
	uint32_t tail_reply_to;

	uint32_t ping_serial; /* 0: none is under way */
	sd_event_source *ping_timer;
	void (*pong)(struct console *console);
};

/*
 * Starts serving on one end of a new socket pair; our side of the handshake is written before this
 * returns, so that QEMU never waits for it. The other end is for RegisterListener and the caller's.
 * Returns 0 or negative errno.
 */
int listener_open(struct listener *listener, struct console *console, int *ret_peer_fd);

/* Sends the answers that are due and closes. May be called twice. */
void listener_close(struct listener *listener);

bool listener_is_open(const struct listener *listener);

/* The frontend is done with this update; nothing happens when it is not one of this listener's. */
void listener_update_done(struct listener *listener, uint64_t serial);

/*
 * Asks the peer for a sign of life: everything that it sent before has been handled when pong is
 * called, which is at the reply (of any kind) or after that time. One at a time. Returns 0 or
 * negative errno.
 */
int listener_ping(struct listener *listener, sd_event *event, uint64_t timeout_us,
	void (*pong)(struct console *console));
