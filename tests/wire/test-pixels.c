/* Pictures that come inside messages: Scanout, Update; and what else QEMU says about a head. */
#include "wire.h"

#include <drm_fourcc.h>
#include <pixman.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "cursor.h"
#include "format.h"
#include "qemu-dbus/answers.h"
#include "qemu-dbus/listener.h"
#include "qemu-dbus/picture.h"

static struct viewer_head *
head(struct wire *wire)
{
	return &wire->viewer.heads[0];
}

static void
test_scanout_is_shown_and_its_bytes_are_ours(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const struct buffer *buffer;

	wire_send_scanout(console, 640, 480, RED);
	WIRE_WAIT(wire, console->n_answers == 1);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	buffer = head(wire)->scanout.buffer;
	assert_int_equal(buffer->layout.kind, BUFFER_MEMORY);
	assert_int_equal(buffer->layout.fourcc, DRM_FORMAT_XRGB8888);
	assert_true(buffer->infos[0].sealed);
	assert_false(head(wire)->scanout.bottom_up);
	assert_false(head(wire)->scanout.placeholder);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), RED);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 639, 479), RED);
}

static void
test_update_draws_its_part_only(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct rect part = { 10, 20, 30, 40 };

	wire_send_scanout(console, 100, 100, RED);
	wire_send_update(console, 10, 20, 30, 40, BLUE);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_true(rect_equal(&head(wire)->damage, &part));
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 10, 20), BLUE);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 39, 59), BLUE);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 9, 20), RED);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 40, 59), RED);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 39, 60), RED);
	assert_int_equal(head(wire)->n_scanouts, 1);
}

static void
test_the_same_size_again_is_an_update(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct buffer *buffer;

	wire_send_scanout(console, 64, 64, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	buffer = head(wire)->scanout.buffer;
	wire_send_scanout(console, 64, 64, GREEN);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_int_equal(head(wire)->damage.width, 64);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 5, 5), GREEN);
	wire_send_scanout(console, 65, 64, BLUE);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_ptr_not_equal(head(wire)->scanout.buffer, buffer);
	WIRE_WAIT(wire, head(wire)->n_removed_buffers == 1);
}

static void
test_update_beyond_scanout_grows(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console;

	wire->qemu.old = true;
	console = fake_qemu_add(&wire->qemu, 0);
	console->width = 640;
	console->height = 480;
	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready);
	wire_send_scanout(console, 640, 480, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	/* As QEMU 7.2 after SeaBIOS has switched to text: 720x400, in lines. */
	console->width = 720;
	console->height = 400;
	for (int32_t y = 0; y < 400; y += 16) {
		wire_send_update(console, 0, y, 720, 16, BLUE);
	}
	/* Without any news about the size: it is asked for. */
	WIRE_WAIT(wire, head(wire)->scanout.source.height == 400);
	assert_int_equal(head(wire)->scanout.source.width, 720);
	WIRE_WAIT(wire, console->n_answers == console->n_calls);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 719, 399), BLUE);
	assert_int_equal(console->n_errors, 0);
}

static void
test_a_smaller_mode_is_known_by_the_console_size(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire_send_scanout(console, 640, 480, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	console->width = 320;
	console->height = 200;
	fake_console_changed(console, "Console", "Width");
	fake_console_changed(console, "Console", "Height");
	WIRE_WAIT(wire, head(wire)->scanout.source.height == 200);
	assert_int_equal(head(wire)->scanout.source.width, 320);
	/* What lies outside is not lost: such news overtake pictures. */
	console->width = 640;
	fake_console_changed(console, "Console", "Width");
	WIRE_WAIT(wire, head(wire)->scanout.source.width == 640);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 639, 199), RED);
}

static void
test_a_size_that_comes_before_its_picture_is_not_seen(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	for (uint32_t i = 0; i < 10; i++) {
		uint32_t colour = i % 2 == 0 ? RED : BLUE, before = head(wire)->n_scanouts;
		uint64_t start_ns = clock_now_ns();

		console->width = i % 2 == 0 ? 640 : 320;
		console->height = console->width * 3 / 4;
		fake_console_changed(console, "Console", "Width");
		fake_console_changed(console, "Console", "Height");
		/* Until the viewer has read that. */
		for (uint32_t k = 0; k < 20; k++) {
			assert_true(sd_event_run(wire->event, 1000) >= 0);
		}
		wire_send_scanout(console, console->width, console->height, colour);
		WIRE_WAIT(wire, head(wire)->scanout.source.width == (int32_t)console->width);
		/* On a machine that took longer the size was worth showing by itself. */
		if (clock_now_ns() - start_ns < PICTURE_SIZE_DELAY_MS * NS_PER_MS) {
			assert_int_equal(head(wire)->n_scanouts, before + 1);
			assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), colour);
		}
		WIRE_WAIT(wire, viewer_pixel(&wire->viewer, 0, 0, 0) == colour);
	}
}

/* As fast as the guest can, for ever: the log must not follow. */
static void
test_sizes_out_of_reach_do_not_fill_the_log(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	AUTO_FD int saved = fd_dup(STDERR_FILENO);
	AUTO_FD int log = memfd_create("log", MFD_CLOEXEC);
	off_t size;

	wire_send_scanout(console, 640, 480, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_true(dup2(log, STDERR_FILENO) >= 0);
	console->height = 240;
	fake_console_changed(console, "Console", "Height");
	for (uint32_t i = 0; i < 200; i++) {
		console->width = 100000 + i;
		fake_console_changed(console, "Console", "Width");
	}
	WIRE_WAIT(wire, lseek(log, 0, SEEK_END) > 0);
	console->width = 320;
	fake_console_changed(console, "Console", "Width");
	WIRE_WAIT(wire, head(wire)->scanout.source.width == 320);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	size = lseek(log, 0, SEEK_END);
	assert_in_range(size, 50, (LOG_MAX_LINES + 1) * 100);
}

static void
test_update_without_a_scanout(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire_send_update(console, 8, 8, 8, 8, GREEN);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 8, 8), GREEN);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), 0);
}

static void
test_every_memory_format(void **state)
{
	static const uint16_t pixels[16] = { 0x1234 };
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const struct format *format;

	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		uint32_t scanouts = head(wire)->n_scanouts;

		fake_call_bytes(console, "Scanout", pixels, sizeof(pixels), "uuuu", 2, 2, 16,
			(uint32_t)format->pixman);
		WIRE_WAIT(wire, head(wire)->n_scanouts == scanouts + 1);
		assert_int_equal(head(wire)->scanout.buffer->layout.fourcc, format->fourcc);
	}
	/* One that needs a palette. */
	fake_call_bytes(console, "Scanout", pixels, sizeof(pixels), "uuuu", 2, 2, 16, PIXMAN_c8);
	WIRE_WAIT(wire, console->n_errors == 1);
	assert_string_equal(console->last_error, "org.qemu.Display1.Error.Unsupported");
}

struct bad_scanout {
	uint32_t width, height, stride, size;
};

static void
test_bad_scanouts_get_an_error_and_the_listener_lives(void **state)
{
	static const struct bad_scanout bad[] = {
		{ 0, 4, 16, 64 },
		{ 4, 0, 16, 64 },
		{ 4, 4, 0, 64 },
		{ 4, 4, 15, 64 }, /* shorter than a row */
		{ 4, 4, 16, 63 }, /* a byte too few */
		{ 4, 4, 16, 0 },
		{ 16385, 1, 16385 * 4, 16385 * 4 }, /* beyond the limit */
		{ 1, 16385, 4, 16385 * 4 },
		{ 4, 4, UINT32_MAX, 64 }, /* stride * height overflows 32 bits */
		{ UINT32_MAX, UINT32_MAX, 4, 64 },
		{ 0x40000000, 4, 0, 64 }, /* width * 4 does, to 0 */
		{ 0x80000001, 4, 16, 64 },
	};
	static const uint8_t bytes[16385 * 4];
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire_send_scanout(console, 4, 4, RED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_call_bytes(console, "Scanout", bytes, bad[i].size, "uuuu", bad[i].width,
			bad[i].height, bad[i].stride, PIXMAN_x8r8g8b8);
		WIRE_WAIT(wire, console->n_errors == i + 1);
	}
	assert_string_equal(console->last_error, "org.qemu.Display1.Error.Invalid");
	/* Lived, and shows what it showed. */
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 3, 3), RED);
	wire_send_update(console, 0, 0, 1, 1, BLUE);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
}

static void
test_complaints_are_counted(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const char *at;
	uint32_t n = 0;

	for (uint32_t i = 0; i < 50; i++) {
		fake_call_bytes(console, "Scanout", "", 0, "uuuu", 1, 1, 4, PIXMAN_x8r8g8b8);
	}
	WIRE_WAIT(wire, console->n_errors == 50);
	at = wire_log(wire);
	while ((at = strstr(at, "Scanout refused")) != NULL) {
		n++;
		at++;
	}
	assert_int_equal(n, LISTENER_MAX_COMPLAINTS);
}

struct bad_update {
	int32_t x, y, width, height;
};

static void
test_bad_updates_get_an_error_and_the_listener_lives(void **state)
{
	static const struct bad_update bad[] = {
		{ -1, 0, 4, 4 }, { 0, -1, 4, 4 }, { 0, 0, 0, 4 }, { 0, 0, 4, 0 }, { 0, 0, -4, 4 },
		{ 0, 0, 4, -4 }, { INT32_MAX, 0, 4, 4 }, { 0, INT32_MAX, 4, 4 }, { 16381, 0, 4, 4 },
		{ INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN }, { 0, 0, INT32_MAX, INT32_MAX },
		{ 16380, 16380, 4, 4 }, /* legal, but 1 GiB of picture around it */
	};
	static const uint8_t bytes[64];
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire_send_scanout(console, 8, 8, RED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_call_bytes(console, "Update", bytes, sizeof(bytes), "iiiiuu", bad[i].x,
			bad[i].y, bad[i].width, bad[i].height, 16, PIXMAN_x8r8g8b8);
		WIRE_WAIT(wire, console->n_errors == i + 1);
	}
	assert_int_equal(head(wire)->n_updates, 0);
	assert_int_equal(head(wire)->scanout.source.width, 8);
	wire_send_update(console, 0, 0, 8, 8, BLUE);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 7, 7), BLUE);
}

static void
test_wrong_signatures_and_methods_get_an_error(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	fake_call(console, "", "Scanout", "u", 1);
	fake_call(console, "", "Frobnicate", "");
	fake_call(console, ".Win32.Map", "ScanoutMap", "tuuuuu", UINT64_C(1), 0, 1, 1, 4, 0);
	WIRE_WAIT(wire, console->n_errors == 3);
	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
}

static void
test_every_update_is_answered_when_the_frontend_is_done(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire->viewer.holds_answers = true;
	wire_send_scanout(console, 64, 64, RED);
	WIRE_WAIT(wire, console->n_answers == 1);
	for (uint32_t i = 0; i < 5; i++) {
		wire_send_update(console, 0, 0, 8, 8, BLUE);
	}
	WIRE_WAIT(wire, wire->viewer.n_held == 5);
	wire_settle(wire, console);
	assert_int_equal(console->n_answers, 1);

	/* In any order, each its own. */
	guest_update_done(wire->viewer.guest, head(wire)->head, wire->viewer.held[3]);
	WIRE_WAIT(wire, console->n_answers == 2);
	/* Twice is once. */
	guest_update_done(wire->viewer.guest, head(wire)->head, wire->viewer.held[3]);
	wire_settle(wire, console);
	assert_int_equal(console->n_answers, 2);
	viewer_answer_all(&wire->viewer, 0);
	WIRE_WAIT(wire, console->n_answers == 6);
	wire_settle(wire, console);
	assert_int_equal(console->n_strays, 0);
	assert_int_equal(console->n_errors, 0);
}

static void
test_more_updates_than_slots_are_answered_at_once(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	const uint32_t n = ANSWERS_MAX + 8;

	wire->viewer.holds_answers = true;
	wire_send_scanout(console, 64, 64, RED);
	for (uint32_t i = 0; i < n; i++) {
		wire_send_update(console, 0, 0, 8, 8, BLUE);
	}
	WIRE_WAIT(wire, wire->viewer.n_held == n);
	wire_settle(wire, console);
	assert_int_equal(console->n_answers, 1 + 8);
	viewer_answer_all(&wire->viewer, 0);
	WIRE_WAIT(wire, console->n_answers == 1 + n);
	wire_settle(wire, console);
	assert_int_equal(console->n_strays, 0);
}

static void
test_leaving_answers_what_is_open(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	wire->viewer.holds_answers = true;
	wire_send_scanout(console, 64, 64, RED);
	wire_send_update(console, 0, 0, 8, 8, BLUE);
	WIRE_WAIT(wire, wire->viewer.n_held == 1);
	guest_destroy(wire->viewer.guest);
	wire->viewer.guest = NULL;
	WIRE_WAIT(wire, console->n_answers == 2);
	assert_int_equal(console->n_errors, 0);
}

static void
test_disable_alone_turns_the_head_off_later(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	/* Nothing there to turn off. */
	fake_call(console, "", "Disable", "");
	wire_send_scanout(console, 64, 64, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	fake_call(console, "", "Disable", "");
	WIRE_WAIT(wire, console->n_answers == 3);
	assert_int_equal(head(wire)->n_offs, 0);
	WIRE_WAIT(wire, head(wire)->n_offs == 1);
	/* Drawing turns it on again, with the picture that it had. */
	wire_send_update(console, 0, 0, 1, 1, BLUE);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(head(wire)->n_scanouts, 2);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), BLUE);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 1, 0), RED);
}

/* The memory is full: that message gets an error, and the next one may do better. */
static void
test_pixels_that_can_not_be_written(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	struct rlimit limit, saved;

	wire_send_scanout(console, 64, 64, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &saved), 0);
	limit = saved;
	limit.rlim_cur = 4096;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	wire_send_scanout(console, 64, 64, GREEN);
	WIRE_WAIT(wire, console->n_errors == 1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &saved), 0);
	assert_int_equal(head(wire)->n_updates, 0);
	wire_send_scanout(console, 64, 64, BLUE);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 63, 63), BLUE);
}

static void
test_cursor_pictures(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	uint32_t pixels[4] = { 0x80402010, 0, 0xffffffff, 0x01000001 };

	/* Premultiplied already. */
	fake_call_bytes(console, "CursorDefine", pixels, sizeof(pixels), "iiii", 2, 2, 1, 1);
	WIRE_WAIT(wire, head(wire)->n_cursors == 1);
	assert_int_equal(head(wire)->first_pixel, 0x80402010);
	assert_int_equal(head(wire)->cursor.hot_x, 1);
	assert_int_equal(head(wire)->cursor.width, 2);
	/* Straight: a channel is above its alpha. 0x80 of 0xff is half. */
	pixels[3] = 0x10ff0000;
	pixels[0] = 0x80ff0080;
	fake_call_bytes(console, "CursorDefine", pixels, sizeof(pixels), "iiii", 2, 2, -3, 70);
	WIRE_WAIT(wire, head(wire)->n_cursors == 2);
	assert_int_equal(head(wire)->first_pixel, 0x80800040);
	assert_int_equal(head(wire)->cursor.hot_x, 0);
	assert_int_equal(head(wire)->cursor.hot_y, 1);
	/* None. */
	fake_call_bytes(console, "CursorDefine", pixels, 0, "iiii", 0, 0, 0, 0);
	WIRE_WAIT(wire, head(wire)->n_cursors == 3);
	assert_int_equal(head(wire)->cursor.width, 0);
	fake_call(console, "", "MouseSet", "iii", -5, 7, 1);
	WIRE_WAIT(wire, head(wire)->cursor_on);
	assert_int_equal(head(wire)->cursor_x, -5);
	assert_int_equal(head(wire)->cursor_y, 7);
}

static void
test_bad_cursors_get_an_error(void **state)
{
	static const struct {
		int32_t width, height;
		size_t size;
	} bad[] = {
		{ 2, 2, 15 },
		{ 2, 2, 17 },
		{ 2, 2, 0 },
		{ -2, -2, 16 },
		{ CURSOR_MAX_DIMENSION + 1, 1, (CURSOR_MAX_DIMENSION + 1) * 4 },
		{ 1, CURSOR_MAX_DIMENSION + 1, (CURSOR_MAX_DIMENSION + 1) * 4 },
		{ 65536, 65536, 0 },
		{ INT32_MIN, INT32_MIN, 0 },
		{ 0, 5, 20 },
	};
	static const uint8_t bytes[(CURSOR_MAX_DIMENSION + 1) * 4];
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_call_bytes(console, "CursorDefine", bytes, bad[i].size, "iiii", bad[i].width,
			bad[i].height, 0, 0);
		WIRE_WAIT(wire, console->n_errors == i + 1);
	}
	assert_int_equal(head(wire)->n_cursors, 0);
	assert_non_null(strstr(wire_log(wire), "the last cursor stays"));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_scanout_is_shown_and_its_bytes_are_ours),
		WIRE_TEST(test_update_draws_its_part_only),
		WIRE_TEST(test_the_same_size_again_is_an_update),
		WIRE_TEST(test_update_beyond_scanout_grows),
		WIRE_TEST(test_a_size_that_comes_before_its_picture_is_not_seen),
		WIRE_TEST(test_a_smaller_mode_is_known_by_the_console_size),
		WIRE_TEST(test_sizes_out_of_reach_do_not_fill_the_log),
		WIRE_TEST(test_update_without_a_scanout),
		WIRE_TEST(test_every_memory_format),
		WIRE_TEST(test_bad_scanouts_get_an_error_and_the_listener_lives),
		WIRE_TEST(test_complaints_are_counted),
		WIRE_TEST(test_bad_updates_get_an_error_and_the_listener_lives),
		WIRE_TEST(test_wrong_signatures_and_methods_get_an_error),
		WIRE_TEST(test_every_update_is_answered_when_the_frontend_is_done),
		WIRE_TEST(test_more_updates_than_slots_are_answered_at_once),
		WIRE_TEST(test_leaving_answers_what_is_open),
		WIRE_TEST(test_disable_alone_turns_the_head_off_later),
		WIRE_TEST(test_pixels_that_can_not_be_written),
		WIRE_TEST(test_cursor_pictures),
		WIRE_TEST(test_bad_cursors_get_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
