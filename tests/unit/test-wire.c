#include "unit.h"

#include <errno.h>
#include <string.h>

#include "qemu-dbus/wire-memory.h"
#include "qemu-dbus/wire-name.h"
#include "qemu-dbus/wire-reader.h"
#include "qemu-dbus/wire-reply.h"

static void
test_names(void **state)
{
	static const struct {
		bool (*is)(const char *name);
		bool valid;
		const char *name;
	} names[] = {
		{ wire_name_is_path, true, "/" },
		{ wire_name_is_path, true, "/org/qemu/Display1/Console_0" },
		{ wire_name_is_path, false, "" },
		{ wire_name_is_path, false, "//" },
		{ wire_name_is_path, false, "org" },
		{ wire_name_is_path, false, "/org/" },
		{ wire_name_is_path, false, "/org//qemu" },
		{ wire_name_is_path, false, "/org/q-emu" },
		{ wire_name_is_path, false, "/org/freedesktop/DBus/Local" },
		{ wire_name_is_interface, true, "org.qemu.Display1.Listener" },
		{ wire_name_is_interface, true, "_a.b1" },
		{ wire_name_is_interface, false, "" },
		{ wire_name_is_interface, false, "org" },
		{ wire_name_is_interface, false, ".org.qemu" },
		{ wire_name_is_interface, false, "org.qemu." },
		{ wire_name_is_interface, false, "org..qemu" },
		{ wire_name_is_interface, false, "org.1qemu" },
		{ wire_name_is_interface, false, "org.q-emu" },
		{ wire_name_is_interface, false, "org.q\xc3\xa9mu" },
		{ wire_name_is_interface, false, "org.freedesktop.DBus.Local" },
		{ wire_name_is_member, true, "Scanout" },
		{ wire_name_is_member, true, "_2" },
		{ wire_name_is_member, false, "" },
		{ wire_name_is_member, false, "2" },
		{ wire_name_is_member, false, "a.b" },
		{ wire_name_is_bus, true, ":1.42" },
		{ wire_name_is_bus, true, "org.q-emu" },
		{ wire_name_is_bus, false, ":1" },
		{ wire_name_is_bus, false, ":" },
		{ wire_name_is_bus, false, "1.42" },
		{ wire_name_is_bus, false, "org.@" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].is(names[i].name) != names[i].valid) {
			fail_msg("%s", names[i].name);
		}
	}
}

static void
test_long_names(void **state)
{
	char name[WIRE_NAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[1] = '.';
	name[WIRE_NAME_MAX] = '\0';
	assert_true(wire_name_is_interface(name));
	assert_true(wire_name_is_bus(name));
	name[0] = ':';
	name[1] = 'a';
	name[2] = '.';
	assert_true(wire_name_is_bus(name));
	name[WIRE_NAME_MAX] = 'a';
	name[WIRE_NAME_MAX + 1] = '\0';
	assert_false(wire_name_is_bus(name));
	name[0] = 'a';
	assert_false(wire_name_is_interface(name));
	name[2] = 'a';
	assert_false(wire_name_is_member(name));
}

static void
test_reader(void **state)
{
	static const uint8_t bytes[] = { 7, 0, 0, 0, 1, 2, 3, 4, 3, 0, 0, 0, 'a', 'b', 'c', 0, 1,
		'x', 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 };
	struct wire_reader reader = { .data = bytes, .size = sizeof(bytes) };

	assert_int_equal(wire_reader_u8(&reader), 7);
	assert_int_equal(wire_reader_u32(&reader), 0x04030201);
	assert_string_equal(wire_reader_string(&reader), "abc");
	assert_string_equal(wire_reader_signature(&reader), "x");
	assert_true(wire_reader_u64(&reader) == UINT64_C(0x0102030405060708));
	assert_true(wire_reader_is_done(&reader));
	/* Behind the end. */
	assert_int_equal(wire_reader_u8(&reader), 0);
	assert_false(wire_reader_is_done(&reader));
}

/* Each time the reader is bad, stays so, and gives nothing. */
static void
test_bad_values(void **state)
{
	static const struct {
		char type;
		uint8_t bytes[8];
		size_t size;
	} bad[] = {
		{ 'u', { 1, 0, 0 }, 3 },
		{ 't', { 1, 0, 0, 0, 0, 0, 0 }, 7 },
		{ 'b', { 2, 0, 0, 0 }, 4 },
		{ 's', { 1, 0, 0, 0, 'a' }, 5 },
		{ 's', { 1, 0, 0, 0, 'a', 'b' }, 6 },
		{ 's', { 2, 0, 0, 0, 'a', 0, 0 }, 7 },
		{ 's', { 0xff, 0xff, 0xff, 0xff, 0 }, 5 },
		{ 'g', { 1, 'a' }, 2 },
		{ 'g', { 255, 'a', 0 }, 3 },
		{ 'a', { 0, 0, 0 }, 3 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct wire_reader reader = { .data = bad[i].bytes, .size = bad[i].size };

		switch (bad[i].type) {
		case 'u':
			assert_int_equal(wire_reader_u32(&reader), 0);
			break;
		case 't':
			assert_true(wire_reader_u64(&reader) == 0);
			break;
		case 'b':
			assert_false(wire_reader_bool(&reader));
			break;
		case 's':
			assert_string_equal(wire_reader_string(&reader), "");
			break;
		case 'g':
			assert_string_equal(wire_reader_signature(&reader), "");
			break;
		default:
			assert_int_equal(wire_reader_array(&reader, 8), 0);
			break;
		}
		assert_true(reader.is_bad);
		assert_int_equal(wire_reader_u8(&reader), 0);
		assert_false(wire_reader_is_done(&reader));
	}
}

static void
test_padding_is_zero(void **state)
{
	static const uint8_t bytes[] = { 1, 0, 9, 0, 5, 0, 0, 0 };
	struct wire_reader reader = { .data = bytes, .size = sizeof(bytes) };

	wire_reader_u8(&reader);
	wire_reader_u32(&reader);
	assert_true(reader.is_bad);
}

/* What does not fit leaves no trace, however little is missing. */
static void
test_writer_without_room(void **state)
{
	uint8_t bytes[256];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	size_t size;

	wire_reply_ping(&writer);
	size = writer.size;
	assert_true(size > 0 && size < sizeof(bytes));
	for (size_t capacity = 0; capacity < size; capacity++) {
		writer = (struct wire_writer){ .data = bytes, .capacity = capacity };
		wire_writer_begin(&writer, WIRE_CALL, 0);
		wire_writer_field_text(&writer, WIRE_FIELD_PATH, "/");
		wire_writer_field_text(&writer, WIRE_FIELD_INTERFACE, "org.freedesktop.DBus.Peer");
		wire_writer_field_text(&writer, WIRE_FIELD_MEMBER, "Ping");
		wire_writer_body(&writer);
		assert_int_equal(wire_writer_end(&writer), -ENOBUFS);
		assert_int_equal(writer.size, 0);
	}
}

static void
test_serials_are_never_zero(void **state)
{
	uint8_t bytes[256];
	struct wire_writer writer = {
		.data = bytes, .capacity = sizeof(bytes), .last_serial = UINT32_MAX - 1
	};

	assert_int_equal(wire_reply_ping(&writer), UINT32_MAX);
	wire_writer_take(&writer, writer.size);
	assert_int_equal(wire_reply_ping(&writer), 1);
}

/* Written by us, read by us: as far as it is there, it is not whole. */
static void
test_header_in_pieces(void **state)
{
	uint8_t bytes[256];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	struct wire_header header;

	wire_reply_ping(&writer);
	for (size_t size = 0; size < writer.size; size++) {
		assert_int_equal(wire_header_read(bytes, size, NULL, &header), -EAGAIN);
	}
	assert_int_equal(wire_header_read(bytes, writer.size, NULL, &header), 0);
	assert_int_equal(header.header_size, writer.size);
	assert_int_equal(header.type, WIRE_CALL);
	assert_int_equal(header.serial, 1);
	assert_string_equal(header.path, "/");
	assert_string_equal(header.member, "Ping");
	assert_string_equal(header.signature, "");
	assert_int_equal(header.body_size, 0);
	assert_false(header.has_tail);
}

/* Every message without one of its fields, and with one too many. */
static void
test_fields_that_must_be_there(void **state)
{
	static const struct {
		enum wire_type type;
		const char *path, *interface, *member, *error;
		uint32_t reply_serial;
		int result;
	} headers[] = {
		{ WIRE_CALL, "/", "a.b", "C", NULL, 0, 0 },
		{ WIRE_CALL, "/", NULL, "C", NULL, 0, 0 },
		{ WIRE_CALL, NULL, "a.b", "C", NULL, 0, -EBADMSG },
		{ WIRE_CALL, "/", "a.b", NULL, NULL, 0, -EBADMSG },
		{ WIRE_CALL, "/", "a.b", "C", NULL, 1, -EBADMSG },
		{ WIRE_RETURN, NULL, NULL, NULL, NULL, 1, 0 },
		{ WIRE_RETURN, NULL, NULL, NULL, NULL, 0, -EBADMSG },
		{ WIRE_ERROR, NULL, NULL, NULL, "a.b", 1, 0 },
		{ WIRE_ERROR, NULL, NULL, NULL, NULL, 1, -EBADMSG },
		{ WIRE_ERROR, NULL, NULL, NULL, "a.b", 0, -EBADMSG },
		{ WIRE_SIGNAL, "/", "a.b", "C", NULL, 0, 0 },
		{ WIRE_SIGNAL, "/", NULL, "C", NULL, 0, -EBADMSG },
		{ (enum wire_type)5, NULL, NULL, NULL, NULL, 0, 0 },
		{ (enum wire_type)0, "/", "a.b", "C", NULL, 0, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		uint8_t bytes[256];
		struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
		struct wire_header header;

		wire_writer_begin(&writer, headers[i].type, 0);
		if (headers[i].path != NULL) {
			wire_writer_field_text(&writer, WIRE_FIELD_PATH, headers[i].path);
		}
		if (headers[i].interface != NULL) {
			wire_writer_field_text(&writer, WIRE_FIELD_INTERFACE, headers[i].interface);
		}
		if (headers[i].member != NULL) {
			wire_writer_field_text(&writer, WIRE_FIELD_MEMBER, headers[i].member);
		}
		if (headers[i].error != NULL) {
			wire_writer_field_text(&writer, WIRE_FIELD_ERROR_NAME, headers[i].error);
		}
		if (headers[i].reply_serial != 0) {
			wire_writer_field_u32(
				&writer, WIRE_FIELD_REPLY_SERIAL, headers[i].reply_serial);
		}
		wire_writer_body(&writer);
		assert_int_equal(wire_writer_end(&writer), 0);
		assert_int_equal(
			wire_header_read(bytes, writer.size, NULL, &header), headers[i].result);
	}
}

/* A call with an array at the end of its body; ends with the size of its header. */
static uint32_t
write_call(struct wire_writer *writer, const char *member, uint32_t body_size)
{
	struct wire_header header;

	writer->size = 0;
	wire_writer_begin(writer, WIRE_CALL, 0);
	wire_writer_field_text(writer, WIRE_FIELD_PATH, "/org");
	wire_writer_field_text(writer, WIRE_FIELD_MEMBER, member);
	wire_writer_field_text(writer, WIRE_FIELD_SIGNATURE, "uay");
	wire_writer_body(writer);
	assert_int_equal(wire_writer_end(writer), 0);
	memcpy(writer->data + 4, &body_size, sizeof(body_size));
	assert_int_equal(wire_header_read(writer->data, writer->size, NULL, &header), 0);
	return header.header_size;
}

static void
test_known_headers_tell_the_same(void **state)
{
	static const char *const members[] = { "A", "Bb", "A", "Bb", "Ccc", "A" };
	uint8_t bytes[256];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	struct wire_memory memory = { 0 };
	struct wire_header header;

	for (uint32_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		uint32_t size = write_call(&writer, members[i], 8 + i);
		assert_true((wire_memory_find(&memory, bytes, size) != NULL) ==
			    (i == 2 || i == 3 || i == 5));
		assert_int_equal(wire_header_read(bytes, size, &memory, &header), 0);
		/* Nothing of what was kept lies in what was read then. */
		memset(bytes, 0xff, i == 2 || i == 3 || i == 5 ? size : 0);
		assert_string_equal(header.path, "/org");
		assert_string_equal(header.interface, "");
		assert_string_equal(header.member, members[i]);
		assert_string_equal(header.signature, "uay");
		assert_int_equal(header.type, WIRE_CALL);
		assert_int_equal(header.serial, i + 1);
		assert_int_equal(header.header_size, size);
		assert_true(header.has_tail);
		assert_int_equal(header.body_size, 8);
		assert_int_equal(header.tail_size, i);
	}
}

static void
test_known_headers_excuse_nothing(void **state)
{
	static const uint8_t zeros[4] = { 0 };
	uint8_t bytes[256], good[256];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	struct wire_memory memory = { 0 };
	struct wire_header header;
	uint32_t size = write_call(&writer, "A", 8);

	assert_int_equal(wire_header_read(bytes, size, &memory, &header), 0);
	memcpy(good, bytes, size);
	/* Whatever is changed, the answer is that of one who knows nothing. */
	for (uint32_t i = 0; i < size; i++) {
		struct wire_header fresh = { 0 }, known = { 0 };
		int r;

		memcpy(bytes, good, size);
		bytes[i] ^= 1;
		r = wire_header_read(bytes, size, NULL, &fresh);
		assert_int_equal(wire_header_read(bytes, size, &memory, &known), r);
		assert_int_equal(known.flags, fresh.flags);
		assert_int_equal(known.serial, fresh.serial);
		assert_int_equal(known.body_size, fresh.body_size);
		assert_int_equal(known.tail_size, fresh.tail_size);
		if (r == 0) {
			assert_string_equal(known.member, fresh.member);
			assert_string_equal(known.path, fresh.path);
		}
	}
	memcpy(bytes, good, size);
	memcpy(bytes + 8, zeros, sizeof(zeros));
	assert_int_equal(wire_header_read(bytes, size, &memory, &header), -EBADMSG);
	memcpy(bytes, good, size);
	for (uint32_t i = 0; i < size; i++) {
		assert_int_equal(wire_header_read(bytes, i, &memory, &header), -EAGAIN);
	}
}

/* Long headers are read, and not kept; so are answers. */
static void
test_what_is_not_kept(void **state)
{
	char member[WIRE_NAME_MAX + 1];
	uint8_t bytes[512];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	struct wire_memory memory = { 0 };
	struct wire_header header;
	uint32_t size;

	memset(member, 'a', WIRE_NAME_MAX);
	member[WIRE_NAME_MAX] = '\0';
	size = write_call(&writer, member, 8);
	assert_int_equal(wire_header_read(bytes, size, &memory, &header), 0);
	assert_string_equal(header.member, member);
	assert_null(wire_memory_find(&memory, bytes, size));
	writer.size = 0;
	wire_reply_empty(&writer, 7);
	assert_int_equal(wire_header_read(bytes, writer.size, &memory, &header), 0);
	assert_null(wire_memory_find(&memory, bytes, header.header_size));
}

/* Headers as long as may be are kept, and longer ones are not. */
static void
test_how_long_headers_are_kept(void **state)
{
	char member[WIRE_NAME_MAX + 1];
	uint8_t bytes[512];
	struct wire_writer writer = { .data = bytes, .capacity = sizeof(bytes) };
	uint32_t longest = 0, shortest_beyond = UINT32_MAX;

	for (uint32_t length = 1; length <= WIRE_NAME_MAX; length++) {
		struct wire_memory memory = { 0 };
		struct wire_header header;
		uint32_t size;

		memset(member, 'a', length);
		member[length] = '\0';
		size = write_call(&writer, member, 8);
		assert_int_equal(wire_header_read(bytes, size, &memory, &header), 0);
		if (wire_memory_find(&memory, bytes, size) != NULL) {
			longest = size > longest ? size : longest;
		} else {
			shortest_beyond = size < shortest_beyond ? size : shortest_beyond;
		}
	}
	/* They are padded to whole eights. */
	assert_int_equal(longest, WIRE_MEMORY_HEADER_MAX);
	assert_int_equal(shortest_beyond, WIRE_MEMORY_HEADER_MAX + 8);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_reader),
		cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_padding_is_zero),
		cmocka_unit_test(test_writer_without_room),
		cmocka_unit_test(test_serials_are_never_zero),
		cmocka_unit_test(test_header_in_pieces),
		cmocka_unit_test(test_fields_that_must_be_there),
		cmocka_unit_test(test_known_headers_tell_the_same),
		cmocka_unit_test(test_known_headers_excuse_nothing),
		cmocka_unit_test(test_what_is_not_kept),
		cmocka_unit_test(test_how_long_headers_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
