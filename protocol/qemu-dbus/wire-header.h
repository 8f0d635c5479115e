#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/*
 * The header of a D-Bus message (D-Bus specification, "Message Format"), for connections between
 * two programs on one machine: the byte order must be this machine's. Of fields that are not in the
 * specification only numbers and paths can be skipped.
 */

/* QEMU's longest header takes some 200 bytes. */
#define WIRE_HEADER_MAX 4096
/* Of all but a byte array at its end: ScanoutDMABUF2 with four planes takes 120 bytes. */
#define WIRE_BODY_MAX 4096
/* The specification's limit on an array. */
#define WIRE_TAIL_MAX (64u * 1024 * 1024)
/* Room for more than a picture needs, so that the surplus is an error of that message alone. */
#define WIRE_MAX_FDS (4 * BUFFER_MAX_PLANES)

enum wire_type {
	WIRE_CALL = 1,
	WIRE_RETURN = 2,
	WIRE_ERROR = 3,
	WIRE_SIGNAL = 4,
};

#define WIRE_FLAG_NO_REPLY 1u

enum wire_field {
	WIRE_FIELD_PATH = 1,
	WIRE_FIELD_INTERFACE = 2,
	WIRE_FIELD_MEMBER = 3,
	WIRE_FIELD_ERROR_NAME = 4,
	WIRE_FIELD_REPLY_SERIAL = 5,
	WIRE_FIELD_DESTINATION = 6,
	WIRE_FIELD_SENDER = 7,
	WIRE_FIELD_SIGNATURE = 8,
	WIRE_FIELD_UNIX_FDS = 9,
};

struct wire_header {
	uint8_t type, flags;
	uint32_t serial, reply_serial; /* the latter 0 when there is none */
	uint32_t n_fds;
	/* Absent ones are "". They lie in the data or in the memory. */
	const char *path, *interface, *member, *signature;
	uint32_t header_size; /* bytes up to the body */
	/*
	 * The body. When the signature is numbers of four bytes and a byte array, the bytes of the
	 * array are the tail, and the body is what comes before, the array's length included; the
	 * two sizes need not agree with that length. Else all of it is body.
	 */
	uint32_t body_size, tail_size;
	uint32_t tail_start; /* in the body, by the signature; 0: there is no tail */
	bool has_tail;       /* which may be empty */
};

struct wire_memory;

/*
 * Reads the header of the message that data starts with; memory, which may be NULL, spares checking
 * once more what it has kept. Returns 0; -EAGAIN (there is more of it to
 * come); -EBADMSG (no D-Bus), -EMSGSIZE (beyond a limit) or -ENOTSUP (another machine's byte
 * order), after none of which anything more can be made of the connection.
 */
int wire_header_read(const uint8_t *data, size_t size, struct wire_memory *memory,
	struct wire_header *ret_header);
