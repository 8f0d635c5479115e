/* The listener's connection at its limits: fds, sizes, pieces, and a peer that does not read. */
#include "raw.h"

#include <fcntl.h>
#include <pixman.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "qemu-dbus/picture.h"
#include "qemu-dbus/wire-connection.h"

#define INTERFACE "org.qemu.Display1.Listener"

static struct viewer_head *
head(struct wire *wire)
{
	return &wire->viewer.heads[0];
}

/* The listener still answers. */
static void
assert_alive(struct wire *wire, struct fake_console *console)
{
	struct raw raw;

	raw_make_get_all(&raw);
	raw_send(console->raw_fd, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_int_equal(console->n_registered, 1);
}

/* Nobody but the test holds the other end of this pipe any more. */
static bool
is_closed_elsewhere(int fd)
{
	char byte;

	return read(fd, &byte, 1) == 0;
}

static void
test_fds_that_no_message_announces_are_closed(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	raw_make_get_all(&raw);
	raw_send_fds(console->raw_fd, &raw, &fds[1], 1);
	close(fds[1]);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_true(is_closed_elsewhere(fds[0]));
	close(fds[0]);
	assert_alive(wire, console);
}

static void
test_fds_beyond_those_announced_are_closed(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int memory = wire_picture(64, 48, GREEN);
	struct raw raw;
	int pipe_fds[2];

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	raw_make_scanout_dmabuf(&raw, 2);
	raw_send_fds(console->raw_fd, &raw, (int[]){ memory, pipe_fds[1], pipe_fds[1] }, 3);
	close(pipe_fds[1]);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_true(is_closed_elsewhere(pipe_fds[0]));
	/* They are nobody else's either. */
	raw_make_scanout_dmabuf(&raw, 3);
	raw_send(console->raw_fd, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
	assert_alive(wire, console);
	close(pipe_fds[0]);
	close(memory);
}

static void
test_more_fds_than_anybody_needs_end_it(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int fds[WIRE_MAX_FDS + 1], pipe_fds[2];
	struct raw raw;

	assert_int_equal(pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK), 0);
	for (uint32_t i = 0; i <= WIRE_MAX_FDS; i++) {
		fds[i] = pipe_fds[1];
	}
	raw_make_scanout_dmabuf(&raw, 2);
	raw_send_fds(console->raw_fd, &raw, fds, WIRE_MAX_FDS + 1);
	close(pipe_fds[1]);
	WIRE_WAIT(wire, console->n_registered == 2);
	assert_true(is_closed_elsewhere(pipe_fds[0]));
	close(pipe_fds[0]);
	assert_int_equal(head(wire)->n_scanouts, 0);
	assert_non_null(strstr(wire_log(wire), "given up: Too many open files"));
}

/* The fd comes with the first byte, long before its message is whole. */
static void
test_a_flip_in_pieces(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int memory = wire_picture(64, 48, GREEN);
	struct raw scanout, disable, update, part = { .size = 1 };

	raw_make_scanout_dmabuf(&scanout, 2);
	raw_make_disable(&disable, 3);
	raw_make_update_dmabuf(&update, 4);
	raw_put(&scanout, disable.bytes, disable.size, 1);
	raw_put(&scanout, update.bytes, update.size, 1);
	for (size_t i = 0; i < scanout.size; i++) {
		part.bytes[0] = scanout.bytes[i];
		if (i == 0) {
			raw_send_fds(console->raw_fd, &part, &memory, 1);
		} else {
			raw_send(console->raw_fd, &part);
		}
		sd_event_run(wire->event, 0);
	}
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	}
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_int_equal(head(wire)->n_updates, 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 63, 47), GREEN);
	close(memory);
}

/* All that came in one read is dropped when the frontend leaves in the middle of it. */
static void
test_the_frontend_leaves_between_two_messages_of_one_read(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int memory = wire_picture(64, 48, GREEN);
	struct raw scanout, update;

	wire->viewer.leave_at = "scanout";
	raw_make_scanout_dmabuf(&scanout, 2);
	raw_make_update_dmabuf(&update, 3);
	raw_put(&scanout, update.bytes, update.size, 1);
	raw_send_fds(console->raw_fd, &scanout, &memory, 1);
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	/* What was due has gone out. */
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	assert_string_equal(strstr(wire->viewer.log, "scanout"), "scanout 0\n");
	close(memory);
}

/* A flip's three messages, each sent by itself, all there when the loop looks. */
static void
send_flip(struct fake_console *console)
{
	int memory = wire_picture(64, 48, GREEN);
	struct raw raw;

	raw_make_scanout_dmabuf(&raw, 2);
	raw_send_fds(console->raw_fd, &raw, &memory, 1);
	raw_make_disable(&raw, 3);
	raw_send(console->raw_fd, &raw);
	raw_make_update_dmabuf(&raw, 4);
	raw_send(console->raw_fd, &raw);
	close(memory);
}

/* It is told once, after the last of them: then the frame is whole. */
static void
test_what_was_read_together_is_settled_together(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);

	wire->viewer.writes_settled = true;
	send_flip(console);
	WIRE_WAIT(wire, strstr(wire->viewer.log, "settled 0") != NULL);
	assert_string_equal(
		strstr(wire->viewer.log, "scanout"), "scanout 0\nupdate 0\nsettled 0\n");
	assert_alive(wire, console);
}

static void
test_the_frontend_leaves_when_all_is_settled(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);

	wire->viewer.writes_settled = true;
	wire->viewer.leave_at = "settled";
	send_flip(console);
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	}
}

static void
handle_event_with_answer(void *data, const char *event)
{
	const struct fake_console *console = data;

	if (strcmp(event, "scanout") == 0) {
		assert_true(raw_readable(console->raw_fd));
	}
}

/* QEMU's main loop stands still until it is there: the frontend may take its time. */
static void
test_the_answer_to_a_map_is_out_before_the_frontend_hears_of_it(void **state)
{
	const uint32_t body[] = { 0, 0, 64, 48, 256, PIXMAN_x8r8g8b8 };
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	int memory = wire_picture(64, 48, GREEN);
	struct raw raw;

	wire->viewer.watch = handle_event_with_answer;
	wire->viewer.watch_data = console;
	raw_make_call(
		&raw, 2, INTERFACE ".Unix.Map", "ScanoutMap", "huuuuu", 1, body, sizeof(body));
	raw_send_fds(console->raw_fd, &raw, &memory, 1);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	close(memory);
}

/* QEMU 9.0 drops answers that wait behind a picture: a ping without one is over some time. */
static void
test_a_ping_without_an_answer(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);

	assert_int_equal(guest_sync(wire->viewer.guest), 0);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_CALL);
	WIRE_WAIT(wire, wire->viewer.n_synced == 1);
	assert_alive(wire, console);
}

/* The reply of that call is the next one, with none before it. */
static void
test_no_reply_where_none_is_wanted(void **state)
{
	static const uint8_t bytes[4];
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw calls[3];

	raw_make_disable(&calls[0], 2);
	raw_make_update_dmabuf(&calls[1], 3);
	/* Even where it would be an error. */
	raw_make_call(&calls[2], 4, INTERFACE, "Frobnicate", "u", 0, bytes, sizeof(bytes));
	for (uint32_t i = 0; i < 3; i++) {
		calls[i].bytes[2] = RAW_NO_REPLY;
		raw_send(console->raw_fd, &calls[i]);
	}
	raw_make_call(&calls[0], 5, INTERFACE, "Frobnicate", "", 0, "", 0);
	raw_send(console->raw_fd, &calls[0]);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
}

static void
expect_end(struct wire *wire, struct fake_console *console, const struct raw *raw, const char *why)
{
	raw_send(console->raw_fd, raw);
	WIRE_WAIT(wire, console->n_registered == 2);
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_non_null(strstr(wire_log(wire), why));
}

static void
test_another_byte_order_ends_it(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_update_dmabuf(&raw, 2);
	raw.bytes[0] = 'B';
	expect_end(wire, console, &raw, "given up: a message in another machine's byte order");
}

static void
test_a_header_beyond_all_measure_ends_it(void **state)
{
	const uint32_t size = WIRE_HEADER_MAX;
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_update_dmabuf(&raw, 2);
	memcpy(raw.bytes + 12, &size, sizeof(size));
	expect_end(wire, console, &raw, "given up: a message beyond all measure");
}

static void
test_a_body_beyond_all_measure_ends_it(void **state)
{
	const uint32_t size = WIRE_BODY_MAX + 1;
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_update_dmabuf(&raw, 2);
	memcpy(raw.bytes + 4, &size, sizeof(size));
	expect_end(wire, console, &raw, "given up: a message beyond all measure");
}

static void
test_pixels_beyond_all_measure_end_it(void **state)
{
	const uint32_t body[5] = { 4, 4, 16, PIXMAN_x8r8g8b8, WIRE_TAIL_MAX + 1 };
	const uint32_t size = sizeof(body) + WIRE_TAIL_MAX + 1;
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_call(&raw, 2, INTERFACE, "Scanout", "uuuuay", 0, body, sizeof(body));
	memcpy(raw.bytes + 4, &size, sizeof(size));
	expect_end(wire, console, &raw, "given up: a message beyond all measure");
}

static void
test_a_refused_handshake_ends_it(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	struct raw raw = { .size = 0 };

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	raw_read_handshake(console->raw_fd);
	raw_put(&raw, "DATA\r\nREJECTED EXTERNAL\r\n", 25, 1);
	expect_end(wire, console, &raw, "given up: QEMU does not want to talk");
}

static void
test_an_endless_handshake_ends_it(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;
	struct raw raw = { .size = 300 };

	wire->qemu.raw = true;
	console = wire_open_one(wire);
	memset(raw.bytes, 'x', raw.size);
	expect_end(wire, console, &raw, "given up: QEMU does not want to talk");
}

/* Answers pile up here as far as there is room, and no further. */
static void
test_a_peer_that_does_not_read_is_given_up(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	raw_make_get_all(&raw);
	while (console->n_registered == 1) {
		send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL | MSG_DONTWAIT);
		sd_event_run(wire->event, 0);
	}
	assert_int_equal(wire->viewer.n_closed, 0);
	assert_non_null(strstr(wire_log(wire), "given up: QEMU does not read our answers"));
}

/* One that reads late gets every answer, once. */
static void
test_a_peer_that_reads_late(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	uint32_t n_sent = 0;
	struct raw raw;

	raw_make_disable(&raw, 2);
	/* More than the socket takes, less than what we keep beyond that. */
	for (uint32_t i = 0; i < 600; i++) {
		if (send(console->raw_fd, raw.bytes, raw.size, MSG_NOSIGNAL | MSG_DONTWAIT) > 0) {
			n_sent++;
		}
		sd_event_run(wire->event, 0);
	}
	for (uint32_t i = 0; i < n_sent; i++) {
		assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	}
	assert_alive(wire, console);
}

static void
make_update(struct raw *raw, int32_t x, int32_t y, int32_t width, int32_t height, uint32_t colour)
{
	const uint32_t n = (uint32_t)(width * height);
	struct raw body = { .size = 0 };

	raw_put_u32(&body, (uint32_t)x);
	raw_put_u32(&body, (uint32_t)y);
	raw_put_u32(&body, (uint32_t)width);
	raw_put_u32(&body, (uint32_t)height);
	raw_put_u32(&body, (uint32_t)width * 4);
	raw_put_u32(&body, PIXMAN_x8r8g8b8);
	raw_put_u32(&body, n * 4);
	for (uint32_t i = 0; i < n; i++) {
		raw_put_u32(&body, colour);
	}
	raw_make_call(raw, 2, INTERFACE, "Update", "iiiiuuay", 0, body.bytes, (uint32_t)body.size);
}

static void
send_half(struct wire *wire, struct fake_console *console, const struct raw *raw)
{
	struct raw half = *raw;

	half.size -= 100;
	raw_send(console->raw_fd, &half);
	for (uint32_t i = 0; i < 3; i++) {
		sd_event_run(wire->event, 1000);
	}
}

static void
send_rest(struct fake_console *console, const struct raw *raw)
{
	assert_int_equal(
		send(console->raw_fd, raw->bytes + raw->size - 100, 100, MSG_NOSIGNAL), 100);
}

/* The console's size comes on another connection, in the midst of pixels for the old one. */
static void
test_the_size_changes_while_pixels_come(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	uint64_t since_ns;
	struct raw raw;

	console->width = console->height = 8;
	fake_console_changed(console, "Console", "Width");
	make_update(&raw, 0, 0, 8, 8, RED);
	raw_send(console->raw_fd, &raw);
	WIRE_WAIT(wire, head(wire)->n_scanouts >= 1);
	make_update(&raw, 0, 0, 8, 8, GREEN);
	send_half(wire, console, &raw);
	since_ns = wire_now_ns();
	console->width = 20;
	console->height = 12;
	fake_console_changed(console, "Console", "Width");
	fake_console_changed(console, "Console", "Height");
	/* Until no picture of that size is waited for any more. */
	while (wire_now_ns() - since_ns < 2 * PICTURE_SIZE_DELAY_MS * NS_PER_MS) {
		sd_event_run(wire->event, 10000);
	}
	assert_int_equal(head(wire)->scanout.source.width, 8);
	send_rest(console, &raw);
	WIRE_WAIT(wire, head(wire)->scanout.source.width == 20);
	assert_int_equal(head(wire)->scanout.source.height, 12);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 7, 7), GREEN);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 19, 11), 0);
	/* It takes all pixels there is room for now. */
	make_update(&raw, 12, 8, 8, 4, BLUE);
	raw_send(console->raw_fd, &raw);
	WIRE_WAIT(wire, viewer_pixel(&wire->viewer, 0, 19, 11) == BLUE);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 7, 7), GREEN);
}

/* A picture that may be a placeholder goes to memory of its own, which there may be none of. */
static void
test_no_memory_for_what_is_set_aside(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct rlimit limit, none;
	struct raw raw, body = { .size = 0 };

	make_update(&raw, 0, 0, 8, 8, RED);
	raw_send(console->raw_fd, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_RETURN);
	raw_put_u32(&body, 8);
	raw_put_u32(&body, 8);
	raw_put_u32(&body, 32);
	raw_put_u32(&body, PIXMAN_x8r8g8b8);
	raw_put_u32(&body, 8 * 32);
	for (uint32_t i = 0; i < 64; i++) {
		/* Each piece begins as a placeholder does. */
		raw_put_u32(&body, i >= 8 && i < 32 ? GREEN : 0);
	}
	raw_make_call(&raw, 2, INTERFACE, "Scanout", "uuuuay", 0, body.bytes, (uint32_t)body.size);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	none = (struct rlimit){ .rlim_cur = 3, .rlim_max = limit.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	send_half(wire, console, &raw);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	send_rest(console, &raw);
	assert_int_equal(raw_read_reply(wire, console->raw_fd), RAW_ERROR);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), RED);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 7, 7), RED);
}

static void
test_the_end_in_the_midst_of_pixels(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw;

	make_update(&raw, 0, 0, 8, 8, RED);
	send_half(wire, console, &raw);
	fake_console_hang_up(console);
	WIRE_WAIT(wire, console->n_registered == 2);
	assert_int_equal(head(wire)->n_scanouts, 0);
	/* The new one begins anew. */
	raw_read_handshake(console->raw_fd);
	send(console->raw_fd, raw_welcome, strlen(raw_welcome), MSG_NOSIGNAL);
	raw_send(console->raw_fd, &raw);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 7, 7), RED);
}

/* Bytes between rows, and more than the rectangle needs, are left out. */
static void
test_pixels_with_a_wide_stride(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);
	struct raw raw, body = { .size = 0 };

	raw_put_u32(&body, 2);
	raw_put_u32(&body, 2);
	raw_put_u32(&body, 12);
	raw_put_u32(&body, PIXMAN_x8r8g8b8);
	raw_put_u32(&body, 7 * 4);
	for (uint32_t i = 1; i <= 7; i++) {
		raw_put_u32(&body, i);
	}
	raw_make_call(&raw, 2, INTERFACE, "Scanout", "uuuuay", 0, body.bytes, (uint32_t)body.size);
	/* Cut where a row is not whole. */
	send_half(wire, console, &raw);
	send_rest(console, &raw);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 1, 0), 2);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 1), 4);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 1, 1), 5);
}

static void
test_properties(void **state)
{
	static const struct {
		const char *member, *signature, *interface, *property;
		enum raw_type reply;
	} questions[] = {
		{ "Get", "ss", INTERFACE, "Interfaces", RAW_RETURN },
		{ "Get", "ss", INTERFACE, "Colour", RAW_ERROR },
		{ "Get", "ss", INTERFACE ".Unix.Map", "Interfaces", RAW_ERROR },
		{ "Get", "s", INTERFACE, NULL, RAW_ERROR },
		{ "GetAll", "s", INTERFACE ".Unix.Map", NULL, RAW_RETURN },
		{ "GetAll", "s", INTERFACE ".Unix.ScanoutDMABUF2", NULL, RAW_RETURN },
		{ "GetAll", "s", INTERFACE ".Win32.Map", NULL, RAW_ERROR },
		{ "GetAll", "ss", INTERFACE, "Interfaces", RAW_ERROR },
		{ "Set", "ss", INTERFACE, "Interfaces", RAW_ERROR },
	};
	struct wire *wire = *state;
	struct fake_console *console = raw_open(wire);

	for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct raw raw, body = { .size = 0 };

		raw_put_u32(&body, (uint32_t)strlen(questions[i].interface));
		raw_put(&body, questions[i].interface, strlen(questions[i].interface) + 1, 1);
		if (questions[i].property != NULL) {
			raw_put_u32(&body, (uint32_t)strlen(questions[i].property));
			raw_put(&body, questions[i].property, strlen(questions[i].property) + 1, 1);
		}
		raw_make_call(&raw, 2, "org.freedesktop.DBus.Properties", questions[i].member,
			questions[i].signature, 0, body.bytes, (uint32_t)body.size);
		raw_send(console->raw_fd, &raw);
		assert_int_equal(raw_read_reply(wire, console->raw_fd), questions[i].reply);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_fds_that_no_message_announces_are_closed),
		WIRE_TEST(test_fds_beyond_those_announced_are_closed),
		WIRE_TEST(test_more_fds_than_anybody_needs_end_it),
		WIRE_TEST(test_a_flip_in_pieces),
		WIRE_TEST(test_the_frontend_leaves_between_two_messages_of_one_read),
		WIRE_TEST(test_what_was_read_together_is_settled_together),
		WIRE_TEST(test_the_frontend_leaves_when_all_is_settled),
		WIRE_TEST(test_the_answer_to_a_map_is_out_before_the_frontend_hears_of_it),
		WIRE_TEST(test_a_ping_without_an_answer),
		WIRE_TEST(test_no_reply_where_none_is_wanted),
		WIRE_TEST(test_another_byte_order_ends_it),
		WIRE_TEST(test_a_header_beyond_all_measure_ends_it),
		WIRE_TEST(test_a_body_beyond_all_measure_ends_it),
		WIRE_TEST(test_pixels_beyond_all_measure_end_it),
		WIRE_TEST(test_a_refused_handshake_ends_it),
		WIRE_TEST(test_an_endless_handshake_ends_it),
		WIRE_TEST(test_a_peer_that_does_not_read_is_given_up),
		WIRE_TEST(test_a_peer_that_reads_late),
		WIRE_TEST(test_the_size_changes_while_pixels_come),
		WIRE_TEST(test_no_memory_for_what_is_set_aside),
		WIRE_TEST(test_the_end_in_the_midst_of_pixels),
		WIRE_TEST(test_pixels_with_a_wide_stride),
		WIRE_TEST(test_properties),
	};

	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
