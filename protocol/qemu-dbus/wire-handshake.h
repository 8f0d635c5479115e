#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The start of a D-Bus connection (D-Bus specification, "Authentication Protocol"), as its client;
 * QEMU is the server on all of them. The peer's user is known from the socket (EXTERNAL), and fds
 * are wanted. All that we have to say does not wait for the server's lines. Zero-initialise.
 */

/* Of one of its lines. */
#define WIRE_LINE_MAX 256

struct wire_handshake {
	uint32_t n_lines; /* of the server that came */
};

/* Returns 0 or negative errno; messages may follow at once. */
int wire_handshake_send(int fd);

/* Reads the next line. Returns its size, 0 when it is not whole yet, -EPROTO when it says no. */
ssize_t wire_handshake_read(struct wire_handshake *handshake, const uint8_t *data, size_t size);

/* What comes now are messages. */
bool wire_handshake_is_over(const struct wire_handshake *handshake);
