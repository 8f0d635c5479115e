/* QEMU's own messages ("Display output is not active.") are told from what a guest shows. */
#include "wire.h"

#include <drm_fourcc.h>
#include <pixman.h>
#include <unistd.h>

static struct viewer_head *
head(struct wire *wire)
{
	return &wire->viewer.heads[0];
}

static void
send_map(struct fake_console *console, int fd, uint32_t offset, uint32_t width, uint32_t height,
	uint32_t stride)
{
	fake_call(console, ".Unix.Map", "ScanoutMap", "huuuuu", fd, offset, width, height, stride,
		PIXMAN_x8r8g8b8);
}

/* "Display output is not active." the way QEMU draws it: one centred line of 8x16 cells. */
static void
draw_message(int fd, int32_t width, int32_t height, int32_t columns)
{
	int32_t left = (width / 8 - columns) / 2 * 8, top = (height / 16 - 1) / 2 * 16;
	uint32_t ink = 0xaaaaaa;

	for (int32_t i = 0; i < columns * 8; i += 3) {
		for (int32_t y = top + 2; y < top + 12; y += 2) {
			assert_int_equal(pwrite(fd, &ink, 4, (y * width + left + i) * 4), 4);
		}
	}
}

static void
test_placeholder_until_the_guest_draws(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(640, 480, 0);
	uint32_t colour = RED;

	draw_message(fd, 640, 480, 29);
	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_true(head(wire)->scanout.placeholder);
	/* An update that changes nothing of it. */
	fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 640, 480);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(head(wire)->n_scanouts, 1);
	/* The guest draws into the very surface. */
	for (int32_t x = 0; x < 640; x++) {
		assert_int_equal(pwrite(fd, &colour, 4, x * 4), 4);
	}
	fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 640, 1);
	WIRE_WAIT(wire, head(wire)->n_updates == 2);
	assert_int_equal(head(wire)->n_scanouts, 2);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
}

static void
test_what_is_no_placeholder(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	uint32_t ink = 0xaaaaaa, other = 0xabaaaa;
	int fd;

	/* All black is a guest's picture. */
	fd = wire_picture(640, 480, 0);
	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
	/* A text screen that has more than that line. */
	fd = wire_picture(640, 480, 0);
	draw_message(fd, 640, 480, 29);
	assert_int_equal(pwrite(fd, &ink, 4, 4), 4);
	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
	/* Another colour within the line. */
	fd = wire_picture(640, 480, 0);
	draw_message(fd, 640, 480, 29);
	assert_int_equal(pwrite(fd, &other, 4, ((480 / 16 - 1) / 2 * 16 * 640 + 320) * 4), 4);
	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
	/* Not centred. */
	fd = wire_picture(640, 480, 0);
	draw_message(fd, 640, 480, 29);
	assert_int_equal(pwrite(fd, &ink, 4, (480 / 16 - 1) / 2 * 16 * 640 * 4), 4);
	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 4);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
}

static void
test_placeholder_in_a_copy(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(720, 400, 0);
	static uint32_t pixels[720 * 400];
	struct rect middle = { 360, 200, 1, 1 };
	struct buffer *guest;
	uint32_t pixel;

	wire_send_scanout(console, 720, 400, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_false(head(wire)->scanout.placeholder);
	guest = buffer_ref(head(wire)->scanout.buffer);
	/* The message in the picture's own size, as when a guest resets. */
	draw_message(fd, 720, 400, 29);
	assert_int_equal(pread(fd, pixels, sizeof(pixels), 0), sizeof(pixels));
	fake_call_bytes(console, "Scanout", pixels, sizeof(pixels), "uuuu", 720, 400, 2880,
		PIXMAN_x8r8g8b8);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_true(head(wire)->scanout.placeholder);
	/* What the guest showed last can still be held on the screen. */
	assert_ptr_not_equal(head(wire)->scanout.buffer, guest);
	assert_int_equal(buffer_read(guest, &middle, &pixel, sizeof(pixel)), 0);
	assert_int_equal(pixel & 0xffffff, RED & 0xffffff);
	buffer_unref(guest);
	wire_send_update(console, 0, 0, 720, 16, BLUE);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
}

static void
send_dmabuf(struct fake_console *console, int fd, uint64_t modifier)
{
	fake_call(console, "", "ScanoutDMABUF", "huuuutb", fd, 640, 480, 2560, DRM_FORMAT_XBGR8888,
		modifier, 0);
}

static void
draw_line(int fd, uint32_t colour)
{
	uint32_t row[640];

	for (uint32_t x = 0; x < 640; x++) {
		row[x] = colour;
	}
	assert_int_equal(pwrite(fd, row, sizeof(row), 0), sizeof(row));
}

/* With GL a head without a picture comes as a texture, in whatever layout the GPU likes. */
static void
test_placeholder_in_a_dmabuf(void **state)
{
	static const struct {
		uint64_t modifier;
		bool is_seen;
	} layouts[] = {
		{ DRM_FORMAT_MOD_LINEAR, true },
		{ DRM_FORMAT_MOD_INVALID, true }, /* in memory, as a udmabuf */
		{ I915_FORMAT_MOD_X_TILED, false },
	};
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);

	for (uint32_t i = 0; i < 3; i++) {
		int guest = wire_picture(640, 480, RED), message = wire_picture(640, 480, 0);

		draw_message(message, 640, 480, 29);
		send_dmabuf(console, guest, layouts[i].modifier);
		wire_settle(wire, console);
		assert_false(head(wire)->scanout.placeholder);
		/* Also when it comes once more. */
		for (uint32_t times = 0; times < 2; times++) {
			send_dmabuf(console, message, layouts[i].modifier);
			wire_settle(wire, console);
			assert_int_equal(head(wire)->scanout.placeholder, layouts[i].is_seen);
		}
		send_dmabuf(console, guest, layouts[i].modifier);
		wire_settle(wire, console);
		assert_false(head(wire)->scanout.placeholder);
		close(guest);
		close(message);
	}
}

static void
test_guest_draws_into_the_dmabuf_of_a_placeholder(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(640, 480, 0);

	draw_message(fd, 640, 480, 29);
	send_dmabuf(console, fd, DRM_FORMAT_MOD_LINEAR);
	fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 640, 480);
	wire_settle(wire, console);
	assert_true(head(wire)->scanout.placeholder);
	draw_line(fd, RED);
	fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 640, 1);
	wire_settle(wire, console);
	assert_false(head(wire)->scanout.placeholder);
	close(fd);
}

/* That a flip costs no look at the pixels is seen by what is not found in them. */
static void
test_known_dmabufs_are_not_looked_at(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fds[2] = { wire_picture(640, 480, 0), wire_picture(640, 480, 0) };

	for (uint32_t i = 0; i < 6; i++) {
		send_dmabuf(console, fds[i / 2 % 2], DRM_FORMAT_MOD_LINEAR);
		fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 640, 480);
		wire_settle(wire, console);
		assert_false(head(wire)->scanout.placeholder);
		draw_message(fds[i / 2 % 2], 640, 480, 29);
	}
	close(fds[0]);
	close(fds[1]);
}

/* It begins as a placeholder does, and goes on otherwise: the same picture, with new content. */
static void
test_a_black_top_is_no_placeholder(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	static uint32_t pixels[720 * 400];
	struct buffer *buffer;

	wire_send_scanout(console, 720, 400, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	buffer = head(wire)->scanout.buffer;
	for (uint32_t i = 720 * 20; i < 720 * 400; i++) {
		pixels[i] = BLUE;
	}
	fake_call_bytes(console, "Scanout", pixels, sizeof(pixels), "uuuu", 720, 400, 720 * 4,
		PIXMAN_x8r8g8b8);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_ptr_equal(head(wire)->scanout.buffer, buffer);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 719, 19), 0);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 20), BLUE);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 719, 399), BLUE);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_placeholder_until_the_guest_draws),
		WIRE_TEST(test_what_is_no_placeholder),
		WIRE_TEST(test_placeholder_in_a_copy),
		WIRE_TEST(test_placeholder_in_a_dmabuf),
		WIRE_TEST(test_guest_draws_into_the_dmabuf_of_a_placeholder),
		WIRE_TEST(test_known_dmabufs_are_not_looked_at),
		WIRE_TEST(test_a_black_top_is_no_placeholder),
	};

	/* No exporter of dma-bufs on a build machine. */
	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
