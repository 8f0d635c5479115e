#include "qemu-dbus/wire-writer.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define BODY_SIZE_PLACE 4
#define FIELDS_SIZE_PLACE 12
#define VERSION 1
#define BYTE_ORDER_MARK (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 'l' : 'B')

static void
put(struct wire_writer *writer, const void *bytes, size_t size)
{
	if (writer->is_full || size > writer->capacity - writer->size - writer->at) {
		writer->is_full = true;
		return;
	}
	memcpy(writer->data + writer->size + writer->at, bytes, size);
	writer->at += size;
}

static void
align(struct wire_writer *writer, size_t alignment)
{
	static const uint8_t zeros[8];

	put(writer, zeros, -writer->at & (alignment - 1));
}

static void
put_byte(struct wire_writer *writer, uint8_t byte)
{
	put(writer, &byte, 1);
}

/* Fills in a number whose place was kept. */
static void
set_u32(struct wire_writer *writer, size_t place, size_t number)
{
	uint32_t value = (uint32_t)number;

	if (!writer->is_full) {
		memcpy(writer->data + writer->size + place, &value, sizeof(value));
	}
}

uint32_t
wire_writer_begin(struct wire_writer *writer, enum wire_type type, uint8_t flags)
{
	writer->at = 0;
	writer->is_full = false;
	if (++writer->last_serial == 0) {
		writer->last_serial = 1;
	}
	put_byte(writer, BYTE_ORDER_MARK);
	put_byte(writer, (uint8_t)type);
	put_byte(writer, flags);
	put_byte(writer, VERSION);
	wire_writer_u32(writer, 0);
	wire_writer_u32(writer, writer->last_serial);
	wire_writer_u32(writer, 0);
	return writer->last_serial;
}

static void
begin_field(struct wire_writer *writer, enum wire_field field, const char *type)
{
	align(writer, 8);
	put_byte(writer, (uint8_t)field);
	wire_writer_signature(writer, type);
}

void
wire_writer_field_text(struct wire_writer *writer, enum wire_field field, const char *text)
{
	begin_field(writer, field,
		field == WIRE_FIELD_SIGNATURE ? "g"
		: field == WIRE_FIELD_PATH    ? "o"
					      : "s");
	if (field == WIRE_FIELD_SIGNATURE) {
		wire_writer_signature(writer, text);
	} else {
		wire_writer_string(writer, text);
	}
}

void
wire_writer_field_u32(struct wire_writer *writer, enum wire_field field, uint32_t number)
{
	begin_field(writer, field, "u");
	wire_writer_u32(writer, number);
}

void
wire_writer_body(struct wire_writer *writer)
{
	set_u32(writer, FIELDS_SIZE_PLACE, writer->at - FIELDS_SIZE_PLACE - sizeof(uint32_t));
	align(writer, 8);
	writer->body_at = writer->at;
}

void
wire_writer_u32(struct wire_writer *writer, uint32_t number)
{
	align(writer, sizeof(number));
	put(writer, &number, sizeof(number));
}

void
wire_writer_string(struct wire_writer *writer, const char *text)
{
	size_t length = strlen(text);

	wire_writer_u32(writer, (uint32_t)length);
	put(writer, text, length + 1);
}

void
wire_writer_signature(struct wire_writer *writer, const char *signature)
{
	size_t length = strlen(signature);

	assert(length <= UINT8_MAX);
	put_byte(writer, (uint8_t)length);
	put(writer, signature, length + 1);
}

size_t
wire_writer_array(struct wire_writer *writer, size_t alignment)
{
	size_t place;

	wire_writer_u32(writer, 0);
	place = writer->at - sizeof(uint32_t);
	align(writer, alignment);
	return place;
}

void
wire_writer_array_end(struct wire_writer *writer, size_t place, size_t alignment)
{
	size_t first = (place + sizeof(uint32_t) + alignment - 1) & ~(alignment - 1);

	set_u32(writer, place, writer->at - first);
}

int
wire_writer_end(struct wire_writer *writer)
{
	if (writer->is_full) {
		return -ENOBUFS;
	}
	set_u32(writer, BODY_SIZE_PLACE, writer->at - writer->body_at);
	writer->size += writer->at;
	return 0;
}

void
wire_writer_take(struct wire_writer *writer, size_t size)
{
	assert(size <= writer->size);
	writer->size -= size;
	memmove(writer->data, writer->data + size, writer->size);
}
