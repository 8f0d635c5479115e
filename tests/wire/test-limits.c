/* What a VM can make us write and show, however long it tries. */
#include "raw.h"

#include <errno.h>
#include <pixman.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "buffer-budget.h"
#include "qemu-dbus/listener.h"
#include "qemu-dbus/pixel-copy.h"
#include "qemu-dbus/properties.h"
#include "qemu-dbus/qmp.h"
#include "qemu-dbus/wire-handshake.h"

/* More than the lines, and fewer than OBJECTS_CONSOLES_BURST. */
#define N_ROUNDS 60

static uint32_t
count_lines(const char *text)
{
	uint32_t n = 0;

	for (; (text = strchr(text, '\n')) != NULL; text++) {
		n++;
	}
	return n;
}

/* Consoles come and go, and each of them does what makes us complain. */
static void
test_the_log_cannot_be_written_full(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	const char *log;

	wire_open_one(wire);
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		console = fake_qemu_add(&wire->qemu, 5);
		console->n_registered = console->n_errors = 0;
		console->is_ready = false;
		fake_console_plug(console);
		WIRE_WAIT(wire, console->is_ready);
		for (uint32_t i = 0; i < 2; i++) {
			fake_call_bytes(
				console, "Scanout", "", 0, "uuuu", 1, 1, 4, PIXMAN_x8r8g8b8);
		}
		WIRE_WAIT(wire, console->n_errors == 2);
		fake_console_unplug(console);
		WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);
	}
	log = wire_log(wire);
	assert_int_equal(count_lines(log), LOG_MAX_LINES + 1);
	assert_int_equal(
		wire_count(log, "vitrine: warning: more lines like those before are left out"), 1);
}

static void
test_errors_that_repeat_are_not_written_for_ever(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	wire_open_one(wire);
	wire->qemu.fail_register = "no\x1b[2J\n";
	for (uint32_t round = 0; round < N_ROUNDS; round++) {
		console = fake_qemu_add(&wire->qemu, 5);
		console->n_registered = console->n_errors = 0;
		console->is_ready = false;
		fake_console_plug(console);
		WIRE_WAIT(wire, wire_count(wire->qemu.log, "5 RegisterListener") == round + 1);
		fake_console_unplug(console);
		WIRE_WAIT(wire, wire->viewer.heads[5].head == NULL);
	}
	assert_int_equal(count_lines(wire_log(wire)), LOG_MAX_LINES + 1);
	assert_null(strchr(wire->output.text, '\x1b'));
}

/* Of a name that does not fit, too, only whole characters are kept. */
static void
test_names_are_clean_and_cut(void **state)
{
	struct wire *wire = *state;
	char label[2 * GUEST_TEXT_SIZE] = "\x1b[31m\xe2\x80\xae";
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);
	const char *got;

	while (strlen(label) < GUEST_TEXT_SIZE) {
		strcat(label, "\xc3\xbc");
	}
	console->label = label;
	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready);
	got = wire->viewer.heads[0].head->label;
	assert_memory_equal(got, "?[31m???\xc3\xbc", 10);
	assert_in_range(strlen(got), GUEST_TEXT_SIZE - 2, GUEST_TEXT_SIZE - 1);
	assert_int_equal((uint8_t)got[strlen(got) - 1], 0xbc);
}

/* Not one more can be opened: what came goes, and so does the connection, and nothing else. */
static void
test_no_room_for_an_fd_ends_the_connection(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int memory = wire_picture(64, 48, GREEN);
	struct rlimit before, none;
	struct raw raw;
	int lowest = fd_dup(memory);

	close(lowest);
	raw_make_scanout_dmabuf(&raw, 2);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){ (rlim_t)lowest, before.rlim_max };
	raw_send_fds(console->raw_fd, &raw, &memory, 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	/* Before it asks anew, which needs fds. */
	WIRE_WAIT(wire, recv(console->raw_fd, raw.bytes, sizeof(raw.bytes), MSG_DONTWAIT) == 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	WIRE_WAIT(wire, console->n_registered == 2);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 0);
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_non_null(strstr(wire_log(wire), "given up: Too many open files"));
	close(memory);
}

/* A greeting of so many bytes, its end of the line among them. */
static void
send_greeting(struct wire *wire, size_t size)
{
	static char text[QMP_LINE_MAX + 1];
	static const char start[] = "{\"QMP\": {}, \"x\": \"", end[] = "\"}\n";
	size_t sent = 0;

	assert_true(size <= sizeof(text));
	memset(text, 'x', size);
	memcpy(text, start, strlen(start));
	memcpy(text + size - strlen(end), end, strlen(end));
	wire->qmp.greeting = "";
	wire_open(wire);
	WIRE_WAIT(wire, wire->qmp.fd >= 0);
	while (sent < size && wire->viewer.n_closed == 0) {
		ssize_t n =
			send(wire->qmp.fd, text + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

		sent += n > 0 ? (size_t)n : 0;
		sd_event_run(wire->event, 0);
	}
}

static void
test_a_line_of_qmp_as_long_as_it_may_be(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	send_greeting(wire, QMP_LINE_MAX);
	WIRE_WAIT(wire, console->is_ready);
}

static void
test_a_line_of_qmp_that_is_longer(void **state)
{
	struct wire *wire = *state;

	send_greeting(wire, QMP_LINE_MAX + 1);
	WIRE_WAIT(wire, wire->viewer.n_closed == 1);
	assert_int_equal(wire->viewer.error, -EPROTO);
	assert_non_null(strstr(wire_log(wire), "a QMP message is too long"));
}

/* A line of the handshake, its end among them; the rest follows. */
static struct fake_console *
shake_hands(struct wire *wire, size_t size)
{
	struct fake_console *console;
	struct raw raw = { .size = 0 };
	char line[WIRE_LINE_MAX + 1];

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
	memset(line, 'x', size);
	memcpy(line, "OK ", 3);
	memcpy(line + size - 2, "\r\n", 2);
	raw_put(&raw, "DATA\r\n", 6, 1);
	raw_put(&raw, line, size, 1);
	raw_put(&raw, "AGREE_UNIX_FD\r\n", 15, 1);
	raw_send(console->raw_fd, &raw);
	return console;
}

static void
test_a_handshake_as_long_as_it_may_be(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = shake_hands(wire, WIRE_LINE_MAX);
	struct raw raw;

	raw_make_get_all(&raw);
	raw_send(console->raw_fd, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
}

static void
test_a_handshake_that_is_longer(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = shake_hands(wire, WIRE_LINE_MAX + 1);

	WIRE_WAIT(wire, console->n_registered == 2);
}

/* Four bytes for each pixel; of the memory only what is drawn is taken. */
static void
test_the_largest_picture_that_is_copied(void **state)
{
	const int32_t width = BUFFER_MAX_DIMENSION;
	const int32_t height = PIXEL_COPY_SIZE_MAX / 4 / BUFFER_MAX_DIMENSION;
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const struct rect *source = &wire->viewer.heads[0].scanout.source;

	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, console->n_answers == 1);
	wire_send_update(console, width - 1, height, 1, 1, BLUE);
	WIRE_WAIT(wire, console->n_errors == 1);
	assert_int_equal(source->width, 8);
	wire_send_update(console, width - 1, height - 1, 1, 1, GREEN);
	WIRE_WAIT(wire, source->width == width);
	assert_int_equal(source->height, height);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, width - 1, height - 1), GREEN);
}

/* A text that nobody asked for: an error is the answer, and all else goes on. */
static void
test_a_body_as_large_as_it_may_be(void **state)
{
	const uint32_t length = WIRE_BODY_MAX - sizeof(uint32_t) - 1;
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw body = { .size = 0 }, raw;
	char text[WIRE_BODY_MAX];

	memset(text, 'x', length);
	text[length] = '\0';
	raw_put_u32(&body, length);
	raw_put(&body, text, length + 1, 1);
	assert_int_equal(body.size, WIRE_BODY_MAX);
	raw_make_call(&raw, 2, "org.qemu.Display1.Listener", "Frobnicate", "s", 0, body.bytes,
		(uint32_t)body.size);
	raw_send(console->raw_fd, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
	assert_int_equal(console->n_registered, 1);
}

static void
test_pixels_as_many_as_they_may_be(void **state)
{
	static const uint8_t pixels[65536] = { 1 };
	const uint32_t side = 4096;
	const uint32_t body[] = { side, side, side * 4, PIXMAN_x8r8g8b8, WIRE_TAIL_MAX };
	const uint32_t size = sizeof(body) + WIRE_TAIL_MAX;
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;
	uint32_t sent = 0;

	assert_int_equal(side * side * 4, WIRE_TAIL_MAX);
	raw_make_call(
		&raw, 2, "org.qemu.Display1.Listener", "Scanout", "uuuuay", 0, body, sizeof(body));
	memcpy(raw.bytes + 4, &size, sizeof(size));
	raw_send(console->raw_fd, &raw);
	while (sent < WIRE_TAIL_MAX) {
		ssize_t n =
			send(console->raw_fd, pixels, sizeof(pixels), MSG_NOSIGNAL | MSG_DONTWAIT);

		sent += n > 0 ? (uint32_t)n : 0;
		assert_true(n >= 0 || errno == EAGAIN);
		sd_event_run(wire->event, n > 0 ? 0 : US_PER_MS);
	}
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_int_equal(wire->viewer.heads[0].n_scanouts, 1);
}

/* Where nobody says otherwise; of memory that a VM only promises none is taken. */
static void
test_memory_as_large_as_it_may_be(void **state)
{
	static const uint64_t sizes[] = { BUFFER_BUDGET_DEFAULT_BYTES + 1,
		BUFFER_BUDGET_DEFAULT_BYTES };
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	for (uint32_t i = 0; i < 2; i++) {
		int fd = wire_picture(64, 48, GREEN);

		assert_int_equal(ftruncate(fd, (off_t)sizes[i]), 0);
		fake_call(console, ".Unix.Map", "ScanoutMap", "huuuuu", fd, 0, 64, 48, 64 * 4,
			PIXMAN_x8r8g8b8);
		WIRE_WAIT(wire, console->n_answers + console->n_errors == i + 1);
		assert_int_equal(console->n_answers, i);
		close(fd);
	}
}

static void
test_numbers_of_consoles(void **state)
{
	char path[64];
	uint32_t number;

	snprintf(path, sizeof(path), "/org/qemu/Display1/Console_%u", CONSOLE_MAX_NUMBER);
	assert_true(console_number_from_path(path, &number));
	assert_int_equal(number, CONSOLE_MAX_NUMBER);
	snprintf(path, sizeof(path), "/org/qemu/Display1/Console_%u", CONSOLE_MAX_NUMBER + 1);
	assert_false(console_number_from_path(path, &number));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_the_log_cannot_be_written_full),
		WIRE_TEST(test_errors_that_repeat_are_not_written_for_ever),
		WIRE_TEST(test_names_are_clean_and_cut),
		WIRE_TEST(test_no_room_for_an_fd_ends_the_connection),
		WIRE_TEST(test_a_line_of_qmp_as_long_as_it_may_be),
		WIRE_TEST(test_a_line_of_qmp_that_is_longer),
		WIRE_TEST(test_a_handshake_as_long_as_it_may_be),
		WIRE_TEST(test_a_handshake_that_is_longer),
		WIRE_TEST(test_the_largest_picture_that_is_copied),
		WIRE_TEST(test_a_body_as_large_as_it_may_be),
		WIRE_TEST(test_pixels_as_many_as_they_may_be),
		WIRE_TEST(test_memory_as_large_as_it_may_be),
		cmocka_unit_test(test_numbers_of_consoles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
