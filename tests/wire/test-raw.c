/* QEMU's end of a listener as bare bytes: what no D-Bus library would send, and when. */
#include "wire.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TYPE_CALL 1
#define TYPE_RETURN 2
#define TYPE_ERROR 3

/* A D-Bus message under construction (D-Bus specification, "Message Format"). */
struct raw {
	uint8_t bytes[1024];
	size_t size;
};

static void
put(struct raw *raw, const void *bytes, size_t size, size_t alignment)
{
	while (raw->size % alignment != 0) {
		raw->bytes[raw->size++] = 0;
	}
	memcpy(raw->bytes + raw->size, bytes, size);
	raw->size += size;
}

static void
put_u32(struct raw *raw, uint32_t number)
{
	put(raw, &number, sizeof(number), 4);
}

static void
put_field(struct raw *raw, char code, char type, const char *text)
{
	char start[4] = { code, 1, type, 0 };
	uint8_t length = (uint8_t)strlen(text);

	put(raw, start, sizeof(start), 8);
	if (type == 'g') {
		put(raw, &length, 1, 1);
	} else {
		put_u32(raw, length);
	}
	put(raw, text, length + 1, 1);
}

static void
make_call(struct raw *raw, uint32_t serial, const char *interface, const char *member,
	const char *signature, uint32_t n_fds, const void *body, uint32_t body_size)
{
	static const uint8_t start[4] = { 'l', TYPE_CALL, 0, 1 };
	static const char fds_start[4] = { 9, 1, 'u', 0 };
	uint32_t size;

	*raw = (struct raw){ .size = 0 };
	put(raw, start, sizeof(start), 1);
	put_u32(raw, body_size);
	put_u32(raw, serial);
	put_u32(raw, 0);
	put_field(raw, 1, 'o', "/org/qemu/Display1/Listener");
	put_field(raw, 2, 's', interface);
	put_field(raw, 3, 's', member);
	if (signature[0] != '\0') {
		put_field(raw, 8, 'g', signature);
	}
	if (n_fds > 0) {
		put(raw, fds_start, sizeof(fds_start), 8);
		put_u32(raw, n_fds);
	}
	size = (uint32_t)raw->size - 16;
	memcpy(raw->bytes + 12, &size, sizeof(size));
	put(raw, "", 0, 8);
	put(raw, body, body_size, 1);
}

static void
make_get_all(struct raw *raw)
{
	struct raw body = { .size = 0 };
	static const char interface[] = "org.qemu.Display1.Listener";

	put_u32(&body, sizeof(interface) - 1);
	put(&body, interface, sizeof(interface), 1);
	make_call(raw, 1, "org.freedesktop.DBus.Properties", "GetAll", "s", 0, body.bytes,
		(uint32_t)body.size);
}

static void
read_handshake(struct wire *wire, int fd)
{
	char text[256] = { 0 };
	size_t length = 0;

	while (strstr(text + 1, "BEGIN\r\n") == NULL) {
		ssize_t n = recv(fd, text + length, sizeof(text) - 1 - length, MSG_DONTWAIT);

		/* It was written before QEMU even got the socket. */
		assert_true(n > 0);
		length += (size_t)n;
		/* The first byte is a 0: search behind it. */
	}
	assert_non_null(strstr(text + 1, "AUTH EXTERNAL"));
	assert_non_null(strstr(text + 1, "NEGOTIATE_UNIX_FD"));
}

static const char welcome[] = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\nAGREE_UNIX_FD\r\n";

static bool
readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) > 0;
}

/* The type of the next message, read whole. */
static uint8_t
read_reply(struct wire *wire, int fd)
{
	uint8_t bytes[4096];
	uint32_t body, fields;
	ssize_t n;

	WIRE_WAIT(wire, readable(fd));
	n = recv(fd, bytes, 16, MSG_WAITALL);
	assert_int_equal(n, 16);
	memcpy(&body, bytes + 4, 4);
	memcpy(&fields, bytes + 12, 4);
	body += (fields + 7) / 8 * 8;
	assert_true(body <= sizeof(bytes));
	assert_int_equal(recv(fd, bytes + 16, body, MSG_WAITALL), body);
	return bytes[1];
}

static void
test_handshake_is_there_before_qemu_asks(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	read_handshake(wire, console->raw_fd);
}

/*
 * QEMU's main loop stands still until its first question is answered, and the question often comes
 * in one piece with the end of the handshake.
 */
static void
test_message_behind_the_handshake(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	uint8_t bytes[2048];
	struct raw raw;
	size_t size = strlen(welcome);

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	read_handshake(wire, console->raw_fd);
	memcpy(bytes, welcome, size);
	make_get_all(&raw);
	memcpy(bytes + size, raw.bytes, raw.size);
	size += raw.size;
	/* Not more than sd-bus reads at once while it shakes hands. */
	assert_true(size <= 256);
	assert_int_equal(send(console->raw_fd, bytes, size, MSG_NOSIGNAL), size);
	assert_int_equal(read_reply(wire, console->raw_fd), TYPE_RETURN);
}

static void
test_handshake_byte_by_byte(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	uint8_t bytes[2048];
	struct raw raw;
	size_t size = strlen(welcome);

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	read_handshake(wire, console->raw_fd);
	memcpy(bytes, welcome, size);
	make_get_all(&raw);
	memcpy(bytes + size, raw.bytes, raw.size);
	size += raw.size;
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(send(console->raw_fd, bytes + i, 1, MSG_NOSIGNAL), 1);
		sd_event_run(wire->event, 0);
	}
	assert_int_equal(read_reply(wire, console->raw_fd), TYPE_RETURN);
}

static struct fake_console *
open_raw(struct wire *wire)
{
	struct fake_console *console;

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	read_handshake(wire, console->raw_fd);
	assert_int_equal(
		send(console->raw_fd, welcome, strlen(welcome), MSG_NOSIGNAL), strlen(welcome));
	return console;
}

static void
test_scanout_map_without_its_fd(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_raw(wire);
	uint32_t body[6] = { 0, 0, 4, 4, 16, 0x20020888 };
	struct raw raw;

	make_call(&raw, 2, "org.qemu.Display1.Listener.Unix.Map", "ScanoutMap", "huuuuu", 0, body,
		sizeof(body));
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(read_reply(wire, console->raw_fd), TYPE_ERROR);
	/* The listener lives. */
	make_get_all(&raw);
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(read_reply(wire, console->raw_fd), TYPE_RETURN);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
}

/* The header promises an fd that does not come: such a message is dropped. */
static void
test_a_promised_fd_that_does_not_come(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_raw(wire);
	uint32_t body[6] = { 0, 0, 4, 4, 16, 0x20020888 };
	struct raw raw;

	make_call(&raw, 2, "org.qemu.Display1.Listener.Unix.Map", "ScanoutMap", "huuuuu", 1, body,
		sizeof(body));
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	make_get_all(&raw);
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(read_reply(wire, console->raw_fd), TYPE_RETURN);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
	assert_int_equal(console->n_registered, 1);
}

static void
test_truncated_message_then_death(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_raw(wire);
	struct raw raw;

	make_get_all(&raw);
	send(console->raw_fd, raw.bytes, raw.size / 2, MSG_NOSIGNAL);
	for (uint32_t i = 0; i < 3; i++) {
		sd_event_run(wire->event, 10000);
	}
	fake_console_hang_up(console);
	WIRE_WAIT(wire, console->n_registered == 2);
	assert_int_equal(wire->viewer.n_closed, 0);
}

/* Every byte of a good message, replaced by others in turn: nothing may break. */
static void
test_mangled_messages(void **state)
{
	struct wire *wire = *state;
	uint32_t body[5] = { 4, 4, 16, 0x20020888, 0 };
	struct fake_console *console = open_raw(wire);
	uint32_t seed = 7;

	for (uint32_t round = 0; round < 200; round++) {
		struct raw raw;

		make_call(&raw, 3 + round, "org.qemu.Display1.Listener", "Scanout", "uuuuay", 0,
			body, sizeof(body));
		for (uint32_t i = 0; i < 1 + round % 3; i++) {
			raw.bytes[unit_random(&seed) % raw.size] = (uint8_t)unit_random(&seed);
		}
		if (console->raw_fd < 0 || send(console->raw_fd, raw.bytes, raw.size,
						   MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
			break; /* given up on, as it should be */
		}
		sd_event_run(wire->event, 1000);
	}
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	fake_console_hang_up(console);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_handshake_is_there_before_qemu_asks),
		WIRE_TEST(test_message_behind_the_handshake),
		WIRE_TEST(test_handshake_byte_by_byte),
		WIRE_TEST(test_scanout_map_without_its_fd),
		WIRE_TEST(test_a_promised_fd_that_does_not_come),
		WIRE_TEST(test_truncated_message_then_death),
		WIRE_TEST(test_mangled_messages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
