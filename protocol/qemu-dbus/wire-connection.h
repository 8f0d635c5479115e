#pragma once

#include "qemu-dbus/wire-header.h"
#include "qemu-dbus/wire-hub.h"
#include "qemu-dbus/wire-reader.h"
#include "qemu-dbus/wire-writer.h"

/*
 * A private D-Bus connection on a UNIX socket on which the peer calls and we answer, with a system
 * call for all that came at once and one for all the answers to it. Nothing is allocated after it
 * was created.
 *
 * Limits: those of wire-header.h, and what follows. Beyond them the connection is given up.
 */

/* More than the largest message without its tail; or a tail's piece. */
#define WIRE_INPUT_SIZE 65536
/* Answers that the peer does not read, as much as its socket buffer does not take. */
#define WIRE_OUTPUT_SIZE 16384
/* How often one wake reads: large pictures come in pieces, and others wait meanwhile. */
#define WIRE_READS_MAX 8

struct wire_connection;

/* Everything in it is borrowed for the length of the call. */
struct wire_call {
	const struct wire_header *header;
	uint32_t reply_to; /* its serial; 0: no reply is wanted */
	struct wire_reader body;
	uint32_t n_fds; /* those that came; the header may have promised others */
	const int *fds;
};

/* Called from the loop. The connection may be destroyed in each of them. */
struct wire_handler {
	void (*call)(void *data, struct wire_call *call);
	/* The tail of the last call, in pieces, and its end. */
	void (*tail)(void *data, const uint8_t *bytes, size_t size);
	void (*tail_end)(void *data);
	/* The answer of any kind to a call of ours. */
	void (*reply)(void *data, uint32_t serial);
	/* All that was there has been read: the peer may have more to say, or not. */
	void (*read_all)(void *data);
	/*
	 * Nothing comes any more: -ECONNRESET (the peer ended it), -EPROTO (its handshake failed),
	 * -EMFILE (an fd was lost on the way), -ENOBUFS (it does not read), or an error of
	 * wire_header_read().
	 */
	void (*closed)(void *data, int error);
};

/*
 * Takes fd over in any case. Our side of the handshake, and all that can be said before the
 * peer's, is written before this returns. Returns 0 or negative errno.
 */
int wire_connection_create(struct wire_hub *hub, sd_event *event, int fd,
	const struct wire_handler *handler, void *data, struct wire_connection **ret_connection);

/* Writes what was said, as far as the peer's socket takes it. NULL is fine. */
void wire_connection_destroy(struct wire_connection *connection);

/*
 * Where to say something, with room for WIRE_REPLY_MAX bytes. It is sent when the loop comes
 * round, or once the connections of the hub that are readable now have been read. NULL when there
 * is no room: the peer does not read, and `closed` will come.
 */
struct wire_writer *wire_connection_writer(struct wire_connection *connection);

/* Sends at once. */
void wire_connection_flush(struct wire_connection *connection);
