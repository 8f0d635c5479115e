#pragma once

#include <stdbool.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "qemu-dbus/answers.h"

struct console;

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
	sd_bus *bus; /* NULL while closed */
	sd_event_source *first_read;
	struct answers answers;
	uint32_t n_complaints;
};

/*
 * Starts serving on one end of a new socket pair; our side of the handshake is written before this
 * returns, so that QEMU never waits for it. The other end is for RegisterListener and the caller's.
 * Returns 0 or negative errno.
 */
int listener_open(
	struct listener *listener, sd_event *event, struct console *console, int *ret_peer_fd);

/* Sends the answers that are due and closes. May be called twice. */
void listener_close(struct listener *listener);

bool listener_is_open(const struct listener *listener);

/*
 * Asks the peer for a sign of life: everything that it sent before has been handled when the reply
 * (of any kind) comes. Returns 0 or negative errno.
 */
int listener_ping(
	struct listener *listener, uint64_t timeout_us, sd_bus_message_handler_t reply, void *data);
