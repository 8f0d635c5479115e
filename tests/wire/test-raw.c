/* What no D-Bus library would send, and when. */
#include "raw.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void
test_handshake_is_there_before_qemu_asks(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
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
	size_t size = strlen(raw_welcome);

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
	memcpy(bytes, raw_welcome, size);
	raw_make_get_all(&raw);
	memcpy(bytes + size, raw.bytes, raw.size);
	size += raw.size;
	assert_int_equal(send(console->raw_fd, bytes, size, MSG_NOSIGNAL), size);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
}

static void
test_handshake_byte_by_byte(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	uint8_t bytes[2048];
	struct raw raw;
	size_t size = strlen(raw_welcome);

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
	memcpy(bytes, raw_welcome, size);
	raw_make_get_all(&raw);
	memcpy(bytes + size, raw.bytes, raw.size);
	size += raw.size;
	for (size_t i = 0; i < size; i++) {
		assert_int_equal(send(console->raw_fd, bytes + i, 1, MSG_NOSIGNAL), 1);
		sd_event_run(wire->event, 0);
	}
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
}

static void
test_scanout_map_without_its_fd(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	uint32_t body[6] = { 0, 0, 4, 4, 16, 0x20020888 };
	struct raw raw;

	raw_make_call(&raw, 2, "org.qemu.Display1.Listener.Unix.Map", "ScanoutMap", "huuuuu", 0,
		body, sizeof(body));
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
	/* The listener lives. */
	raw_make_get_all(&raw);
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
	assert_non_null(strstr(wire_log(wire), "ScanoutMap refused: numbers or a file"));
}

/* The header promises an fd that does not come: an error of that message alone. */
static void
test_a_promised_fd_that_does_not_come(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	uint32_t body[6] = { 0, 0, 4, 4, 16, 0x20020888 };
	struct raw raw;

	raw_make_call(&raw, 2, "org.qemu.Display1.Listener.Unix.Map", "ScanoutMap", "huuuuu", 1,
		body, sizeof(body));
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	raw_make_get_all(&raw);
	send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
	assert_int_equal(console->n_registered, 1);
}

static void
test_truncated_message_then_death(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_get_all(&raw);
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
	struct fake_console *console = raw_open(wire);
	uint32_t seed = 7;

	for (uint32_t round = 0; round < 200; round++) {
		struct raw raw;

		raw_make_call(&raw, 3 + round, "org.qemu.Display1.Listener", "Scanout", "uuuuay", 0,
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
