#include "qemu-dbus/wire-reader.h"

#include <string.h>

static const void *
take(struct wire_reader *reader, size_t size)
{
	const uint8_t *bytes = reader->data + reader->at;

	if (reader->is_bad || size > reader->size - reader->at) {
		reader->is_bad = true;
		return NULL;
	}
	reader->at += size;
	return bytes;
}

void
wire_reader_align(struct wire_reader *reader, size_t alignment)
{
	size_t size = -reader->at & (alignment - 1);
	const uint8_t *padding = take(reader, size);

	for (size_t i = 0; padding != NULL && i < size; i++) {
		if (padding[i] != 0) {
			reader->is_bad = true;
		}
	}
}

static void
read_number(struct wire_reader *reader, void *number, size_t size)
{
	const void *bytes;

	wire_reader_align(reader, size);
	bytes = take(reader, size);
	if (bytes != NULL) {
		memcpy(number, bytes, size);
	}
}

uint8_t
wire_reader_u8(struct wire_reader *reader)
{
	uint8_t number = 0;

	read_number(reader, &number, sizeof(number));
	return number;
}

uint32_t
wire_reader_u32(struct wire_reader *reader)
{
	uint32_t number = 0;

	read_number(reader, &number, sizeof(number));
	return number;
}

int32_t
wire_reader_i32(struct wire_reader *reader)
{
	int32_t number = 0;

	read_number(reader, &number, sizeof(number));
	return number;
}

uint64_t
wire_reader_u64(struct wire_reader *reader)
{
	uint64_t number = 0;

	read_number(reader, &number, sizeof(number));
	return number;
}

bool
wire_reader_bool(struct wire_reader *reader)
{
	uint32_t number = wire_reader_u32(reader);

	if (number > 1) {
		reader->is_bad = true;
	}
	return number == 1;
}

/* length bytes and the 0 behind them. */
static const char *
take_text(struct wire_reader *reader, size_t length)
{
	const char *text = take(reader, length + 1);

	if (text == NULL || strnlen(text, length + 1) != length) {
		reader->is_bad = true;
		return "";
	}
	return text;
}

const char *
wire_reader_string(struct wire_reader *reader)
{
	return take_text(reader, wire_reader_u32(reader));
}

const char *
wire_reader_signature(struct wire_reader *reader)
{
	return take_text(reader, wire_reader_u8(reader));
}

uint32_t
wire_reader_array(struct wire_reader *reader, size_t alignment)
{
	uint32_t size = wire_reader_u32(reader);

	wire_reader_align(reader, alignment);
	return reader->is_bad ? 0 : size;
}

bool
wire_reader_is_done(const struct wire_reader *reader)
{
	return !reader->is_bad && reader->at == reader->size;
}
