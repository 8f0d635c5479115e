#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "qemu-dbus/wire-header.h"

/*
 * Writes D-Bus messages, one behind the other, into memory of the caller's. A message that does not
 * fit leaves no trace.
 */
struct wire_writer {
	uint8_t *data;
	size_t capacity;
	size_t size;    /* of the complete messages; the caller takes them from the front */
	size_t at;      /* in the message that is being written, behind those */
	size_t body_at; /* where its body starts */
	uint32_t last_serial;
	bool is_full;
};

/*
 * Begins a message; the fields that its type needs follow, then wire_writer_body(), then the
 * body. Returns its serial.
 */
uint32_t wire_writer_begin(struct wire_writer *writer, enum wire_type type, uint8_t flags);
void wire_writer_field_text(struct wire_writer *writer, enum wire_field field, const char *text);
void wire_writer_field_u32(struct wire_writer *writer, enum wire_field field, uint32_t number);
void wire_writer_body(struct wire_writer *writer);

void wire_writer_u32(struct wire_writer *writer, uint32_t number);
void wire_writer_string(struct wire_writer *writer, const char *text);
void wire_writer_signature(struct wire_writer *writer, const char *signature);
/* Elements of that alignment follow. Returns the place that wire_writer_array_end() wants. */
size_t wire_writer_array(struct wire_writer *writer, size_t alignment);
void wire_writer_array_end(struct wire_writer *writer, size_t place, size_t alignment);

/* Returns 0, or -ENOBUFS when the message did not fit and is not there. */
int wire_writer_end(struct wire_writer *writer);

/* The first size bytes have gone. */
void wire_writer_take(struct wire_writer *writer, size_t size);
