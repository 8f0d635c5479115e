#pragma once

#include "qemu-dbus/wire-header.h"

/*
 * The headers of the last few kinds of calls. A peer sends the same ones over and over, and all but
 * the serial and the body's size is byte for byte what was checked before. Zero-initialise.
 */

/* QEMU has five kinds for a picture and a cursor, of whichever sort. */
#define WIRE_MEMORY_KINDS 6
/* Longer ones are not kept. QEMU's take some 200 bytes. */
#define WIRE_MEMORY_HEADER_MAX 256

struct wire_memory {
	struct {
		struct wire_header header; /* its texts lie in bytes; header_size 0: not used */
		uint8_t bytes[WIRE_MEMORY_HEADER_MAX];
	} kinds[WIRE_MEMORY_KINDS];
	uint32_t next; /* to be replaced */
};

/*
 * What was kept of a call whose header is the same as the one of that size that data starts with,
 * apart from the serial and the body's size; NULL when there is none.
 */
const struct wire_header *wire_memory_find(
	const struct wire_memory *memory, const uint8_t *data, uint32_t header_size);

/* Keeps a call's good header, which data starts with, instead of the one that was kept first. */
void wire_memory_keep(
	struct wire_memory *memory, const uint8_t *data, const struct wire_header *header);
