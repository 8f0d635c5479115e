#include "qemu-dbus/wire-reply.h"

#include <assert.h>
#include <stdio.h>

#define ERROR_TEXT_SIZE 256

/* Whoever answers has made room. */
static void
end(struct wire_writer *writer)
{
	int r = wire_writer_end(writer);

	assert(r >= 0);
	(void)r;
}

static void
begin_return(struct wire_writer *writer, uint32_t serial)
{
	wire_writer_begin(writer, WIRE_RETURN, WIRE_FLAG_NO_REPLY);
	wire_writer_field_u32(writer, WIRE_FIELD_REPLY_SERIAL, serial);
}

void
wire_reply_empty(struct wire_writer *writer, uint32_t serial)
{
	begin_return(writer, serial);
	wire_writer_body(writer);
	end(writer);
}

void
wire_reply_error(struct wire_writer *writer, uint32_t serial, const char *name, const char *text)
{
	char cut[ERROR_TEXT_SIZE];

	snprintf(cut, sizeof(cut), "%s", text);
	wire_writer_begin(writer, WIRE_ERROR, WIRE_FLAG_NO_REPLY);
	wire_writer_field_text(writer, WIRE_FIELD_ERROR_NAME, name);
	wire_writer_field_u32(writer, WIRE_FIELD_REPLY_SERIAL, serial);
	wire_writer_field_text(writer, WIRE_FIELD_SIGNATURE, "s");
	wire_writer_body(writer);
	wire_writer_string(writer, cut);
	end(writer);
}

static void
put_strings(struct wire_writer *writer, const char *const *values)
{
	size_t place;

	wire_writer_signature(writer, "as");
	place = wire_writer_array(writer, 4);
	for (; *values != NULL; values++) {
		wire_writer_string(writer, *values);
	}
	wire_writer_array_end(writer, place, 4);
}

void
wire_reply_get(struct wire_writer *writer, uint32_t serial, const char *const *values)
{
	begin_return(writer, serial);
	wire_writer_field_text(writer, WIRE_FIELD_SIGNATURE, "v");
	wire_writer_body(writer);
	put_strings(writer, values);
	end(writer);
}

void
wire_reply_get_all(struct wire_writer *writer, uint32_t serial, const char *property,
	const char *const *values)
{
	size_t place;

	begin_return(writer, serial);
	wire_writer_field_text(writer, WIRE_FIELD_SIGNATURE, "a{sv}");
	wire_writer_body(writer);
	place = wire_writer_array(writer, 8);
	if (property != NULL) {
		wire_writer_string(writer, property);
		put_strings(writer, values);
	}
	wire_writer_array_end(writer, place, 8);
	end(writer);
}

uint32_t
wire_reply_ping(struct wire_writer *writer)
{
	uint32_t serial = wire_writer_begin(writer, WIRE_CALL, 0);

	wire_writer_field_text(writer, WIRE_FIELD_PATH, "/");
	wire_writer_field_text(writer, WIRE_FIELD_INTERFACE, "org.freedesktop.DBus.Peer");
	wire_writer_field_text(writer, WIRE_FIELD_MEMBER, "Ping");
	wire_writer_body(writer);
	end(writer);
	return serial;
}
