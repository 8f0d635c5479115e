/* Pictures in QEMU's memory and in dma-bufs: ScanoutMap, ScanoutDMABUF, ScanoutDMABUF2. */
#include "wire.h"

#include <drm_fourcc.h>
#include <fcntl.h>
#include <pixman.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "qemu-dbus/hint.h"
#include "qemu-dbus/lost-flips.h"

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

static void
send_dmabuf(struct fake_console *console, int fd, uint32_t width, uint32_t height, int y0_top)
{
	fake_call(console, "", "ScanoutDMABUF", "huuuutb", fd, width, height, width * 4,
		DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR, y0_top);
}

static void
test_map_is_the_very_memory(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);
	struct fd_info info;
	uint32_t colour = BLUE;

	assert_int_equal(fd_inspect(fd, &info), 0);
	send_map(console, fd, 0, 64, 48, 256);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(head(wire)->scanout.buffer->infos[0].inode, info.inode);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 63, 47), GREEN);
	/* Live: the guest draws, nothing is sent but where. */
	assert_int_equal(pwrite(fd, &colour, 4, 0), 4);
	fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 1, 1);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), BLUE);
	WIRE_WAIT(wire, console->n_answers == 2);
	close(fd);
}

static void
test_map_at_an_offset_and_with_a_wide_stride(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, 0);
	uint32_t colour = RED;

	/* Not aligned to a page. The last row needs no full stride, but the rule is strict. */
	assert_int_equal(pwrite(fd, &colour, 4, 100 + 256), 4);
	send_map(console, fd, 100, 32, 40, 256);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 1), RED);
	close(fd);
}

static void
test_late_scanout_map(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	/* The frontend takes its time, or leaves: QEMU's main loop must have its answer before. */
	wire->viewer.leave_at = "scanout";
	send_map(console, fd, 0, 64, 48, 256);
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
	WIRE_WAIT(wire, console->n_answers == 1);
	assert_int_equal(console->n_errors, 0);
	close(fd);
}

/* QEMU 9.2 to 10.2 with blob=on and gl=off hands out its stdin. */
static void
test_fd_zero_is_not_a_picture(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fds[7], pair[2];
	char path[300];

	fds[0] = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	fds[1] = pair[0];
	fds[2] = pair[1];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	fds[3] = pair[0];
	fds[4] = pair[1];
	fds[5] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/file", wire->directory);
	fds[6] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (uint32_t i = 0; i < 7; i++) {
		assert_true(fds[i] >= 0);
		send_map(console, fds[i], 0, 4, 4, 16);
		WIRE_WAIT(wire, console->n_errors == 2 * i + 1);
		send_dmabuf(console, fds[i], 4, 4, 0);
		WIRE_WAIT(wire, console->n_errors == 2 * i + 2);
		close(fds[i]);
	}
	assert_int_equal(head(wire)->n_scanouts, 0);
	/* QEMU goes on with copies. */
	wire_send_scanout(console, 8, 8, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_non_null(strstr(wire_log(wire), "sending copies"));
}

static void
test_maps_beyond_their_memory_get_an_error(void **state)
{
	static const struct {
		uint32_t offset, width, height, stride;
	} bad[] = {
		{ 0, 64, 49, 256 },       /* a row too many */
		{ 1, 64, 48, 256 },       /* a byte too many */
		{ 64 * 48 * 4, 1, 1, 4 }, /* starts at the end */
		{ UINT32_MAX, 64, 48, 256 }, { 0, 64, 48, UINT32_MAX }, { 0, 64, 48, 0 },
		{ 0, 64, 48, 255 }, { 0, 0, 48, 256 }, { 0, 64, 0, 256 },
		{ 0, UINT32_MAX, UINT32_MAX, UINT32_MAX },
		{ 0, 0x40000001, 1, 4 }, /* width * 4 overflows to 4 */
		{ 0, 16385, 1, 16385 * 4 },
		{ 4, 64, 0x1000001, 256 }, /* stride * height overflows to 256 */
	};
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		send_map(console, fd, bad[i].offset, bad[i].width, bad[i].height, bad[i].stride);
		WIRE_WAIT(wire, console->n_errors == i + 1);
	}
	assert_int_equal(head(wire)->n_scanouts, 0);
	close(fd);
}

static void
test_memory_that_shrinks_is_survived(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(640, 480, 0);
	struct rect whole = { 0, 0, 640, 1 };
	uint32_t row[640];

	send_map(console, fd, 0, 640, 480, 2560);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(ftruncate(fd, 0), 0);
	fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 640, 480);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_true(buffer_read(head(wire)->scanout.buffer, &whole, row, sizeof(row)) < 0);
	close(fd);
}

static void
test_copies_and_maps_take_turns(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	for (uint32_t i = 0; i < 5; i++) {
		wire_send_scanout(console, 640, 480, RED);
		WIRE_WAIT(wire, head(wire)->n_scanouts == 2 * i + 1);
		assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), RED);
		send_map(console, fd, 0, 64, 48, 256);
		WIRE_WAIT(wire, head(wire)->n_scanouts == 2 * i + 2);
		assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), GREEN);
	}
	wire_settle(wire, console);
	assert_int_equal(head(wire)->n_removed_buffers, 9);
	close(fd);
}

/* What QEMU calls "y0_top" means that the first row in memory is the bottom line. */
static void
test_y0_top_is_inverted(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	send_dmabuf(console, fd, 64, 48, 1);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_true(head(wire)->scanout.bottom_up);
	/* Nobody knows where rectangles count from then: all of it is damaged. */
	fake_call(console, "", "UpdateDMABUF", "iiii", 1, 2, 3, 4);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_true(rect_equal(&head(wire)->damage, &head(wire)->scanout.source));
	/* It changes from picture to picture. */
	send_dmabuf(console, fd, 64, 48, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_false(head(wire)->scanout.bottom_up);
	fake_call(console, "", "UpdateDMABUF", "iiii", 1, 2, 3, 4);
	WIRE_WAIT(wire, head(wire)->n_updates == 2);
	assert_int_equal(head(wire)->damage.x, 1);
	assert_int_equal(head(wire)->damage.height, 4);
	fake_call(console, ".Unix.ScanoutDMABUF2", "ScanoutDMABUF2", "ahuuuuauauuuuutb", 1, fd, 0,
		0, 64, 48, 1, 0, 1, 256, 1, DRM_FORMAT_XRGB8888, 64, 48, DRM_FORMAT_MOD_LINEAR, 1);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	assert_true(head(wire)->scanout.bottom_up);
	close(fd);
}

/* A guest that draws into blobs: QEMU frees the old one, which it says as Disable. */
static void
test_disable_at_every_flip(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fds[3];

	for (uint32_t i = 0; i < 3; i++) {
		fds[i] = wire_picture(64, 48, i);
	}
	for (uint32_t flip = 0; flip < 60; flip++) {
		send_dmabuf(console, fds[flip % 3], 64, 48, 0);
		fake_call(console, "", "Disable", "");
		fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 64, 48);
		WIRE_WAIT(wire, head(wire)->n_updates == flip + 1);
		assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), flip % 3);
		/* Over more than the time after which a head is off. */
		sd_event_run(wire->event, 10000);
	}
	assert_int_equal(head(wire)->n_offs, 0);
	assert_int_equal(console->n_errors, 0);
	/* Three buffers, however often they come: a new fd each time, the same memory. */
	assert_int_equal(head(wire)->n_removed_buffers, 0);
	/* A Disable that nothing follows is one. */
	fake_call(console, "", "Disable", "");
	WIRE_WAIT(wire, head(wire)->n_offs == 1);
	for (uint32_t i = 0; i < 3; i++) {
		close(fds[i]);
	}
}

/* What arrives of page flips of which the ScanoutDMABUF is lost. */
static void
lose_flips(struct wire *wire, struct fake_console *console, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		fake_call(console, "", "Disable", "");
		fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 64, 48);
		/* No flip, and no proof that there was none. */
		fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 64, 1);
	}
	wire_settle(wire, console);
}

static bool
tells_lost_flips(struct wire *wire)
{
	const char *hint = head(wire)->scanout.hint;

	return hint != NULL && strcmp(hint, HINT_LOST_FLIPS) == 0;
}

/* QEMU 9.2 to 10.0 with blob=true. */
static void
test_lost_flips_are_told(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	send_dmabuf(console, fd, 64, 48, 0);
	/* A scanout in between makes them flips like any other. */
	for (uint32_t i = 0; i < 3; i++) {
		lose_flips(wire, console, LOST_FLIPS_MAX - 1);
		assert_false(tells_lost_flips(wire));
		send_dmabuf(console, fd, 64, 48, 0);
	}
	/* Updates without a Disable are none. */
	for (uint32_t i = 0; i < 2 * LOST_FLIPS_MAX; i++) {
		fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 64, 48);
	}
	wire_settle(wire, console);
	assert_false(tells_lost_flips(wire));
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t n_scanouts = head(wire)->n_scanouts;

		lose_flips(wire, console, 3 * LOST_FLIPS_MAX);
		assert_true(tells_lost_flips(wire));
		assert_int_equal(head(wire)->n_scanouts, n_scanouts + 1);
		/* One arrives after all. */
		send_dmabuf(console, fd, 64, 48, 0);
		wire_settle(wire, console);
		assert_false(tells_lost_flips(wire));
	}
	/* Pixels come with their picture. */
	for (uint32_t i = 0; i < 2 * LOST_FLIPS_MAX; i++) {
		wire_send_scanout(console, 64, 48, RED);
		fake_call(console, "", "Disable", "");
		wire_send_update(console, 0, 0, 8, 8, BLUE);
	}
	wire_settle(wire, console);
	assert_false(tells_lost_flips(wire));
	assert_int_equal(head(wire)->n_offs, 0);
	assert_int_equal(
		wire_count(wire_log(wire),
			"vitrine: warning: console 0: its picture stands still: " HINT_LOST_FLIPS),
		1);
	close(fd);
}

static void
test_a_known_buffer_stays_the_same_buffer(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int a = wire_picture(64, 48, RED), b = wire_picture(64, 48, BLUE);
	struct buffer *first;

	send_dmabuf(console, a, 64, 48, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	first = head(wire)->scanout.buffer;
	send_dmabuf(console, b, 64, 48, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_ptr_not_equal(head(wire)->scanout.buffer, first);
	send_dmabuf(console, a, 64, 48, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	assert_ptr_equal(head(wire)->scanout.buffer, first);
	close(a);
	close(b);
}

static void
test_dmabuf2_crops_and_spreads_fds(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 96, GREEN);
	const struct buffer_layout *layout;
	uint64_t modifier = UINT64_C(0x0100000000000002);

	fake_call(console, ".Unix.ScanoutDMABUF2", "ScanoutDMABUF2", "ahuuuuauauuuuutb", 1, fd, 8,
		9, 32, 24, 2, 0, 12288, 2, 256, 128, 2, DRM_FORMAT_XRGB8888, 64, 48, modifier, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	layout = &head(wire)->scanout.buffer->layout;
	assert_int_equal(layout->n_planes, 2);
	assert_int_equal(layout->width, 64);
	assert_true(layout->modifier == modifier);
	assert_int_equal(layout->planes[1].offset, 12288);
	assert_int_equal(layout->planes[1].stride, 128);
	assert_int_equal(head(wire)->scanout.buffer->infos[1].inode,
		head(wire)->scanout.buffer->infos[0].inode);
	assert_int_equal(head(wire)->scanout.source.x, 8);
	assert_int_equal(head(wire)->scanout.source.y, 9);
	assert_int_equal(head(wire)->scanout.source.width, 32);
	assert_int_equal(head(wire)->scanout.source.height, 24);
	/* The part of a larger framebuffer: damage may count from either origin. */
	fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 1, 1);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_true(rect_equal(&head(wire)->damage, &head(wire)->scanout.source));
	close(fd);
}

static void
test_bad_dmabuf2_get_an_error(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);
	uint32_t n = 0;
	static const char interface[] = ".Unix.ScanoutDMABUF2";
	static const char types[] = "ahuuuuauauuuuutb";

#define BAD(...) \
	fake_call(console, interface, "ScanoutDMABUF2", types, __VA_ARGS__); \
	WIRE_WAIT(wire, console->n_errors == n + 1); \
	n++
#define TAIL DRM_FORMAT_XRGB8888, 64, 48, DRM_FORMAT_MOD_LINEAR, 0

	BAD(0, 0, 0, 64, 48, 1, 0, 1, 256, 1, TAIL);         /* no fd */
	BAD(2, fd, fd, 0, 0, 64, 48, 1, 0, 1, 256, 1, TAIL); /* one too many */
	BAD(5, fd, fd, fd, fd, fd, 0, 0, 64, 48, 1, 0, 1, 256, 1, TAIL);
	BAD(1, fd, 0, 0, 64, 48, 0, 1, 256, 1, TAIL);    /* no offset */
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 0, 1, TAIL);      /* no stride */
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 1, 256, 0, TAIL); /* no plane */
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 1, 256, 5, TAIL); /* five planes */
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 1, 256, UINT32_MAX, TAIL);
	BAD(1, fd, 1, 0, 64, 48, 1, 0, 1, 256, 1, TAIL); /* source outside */
	BAD(1, fd, 0, 1, 64, 48, 1, 0, 1, 256, 1, TAIL);
	BAD(1, fd, 0, 0, 0, 48, 1, 0, 1, 256, 1, TAIL);
	BAD(1, fd, 0, 0, 64, 0, 1, 0, 1, 256, 1, TAIL);
	BAD(1, fd, UINT32_MAX, 0, 2, 48, 1, 0, 1, 256, 1, TAIL); /* x + width overflows */
	BAD(1, fd, 0, 0, 64, 48, 1, UINT32_MAX, 1, 256, 1, TAIL);
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 1, UINT32_MAX, 1, TAIL);
	BAD(1, fd, 0, 0, 64, 48, 1, 0, 1, 0, 1, TAIL);
#undef BAD
#undef TAIL
	assert_int_equal(head(wire)->n_scanouts, 0);
	close(fd);
}

static void
test_bad_dmabufs_get_an_error(void **state)
{
	static const struct {
		uint32_t width, height, stride;
	} bad[] = {
		{ 64, 49, 256 },
		{ 64, 48, 257 },
		{ 0, 48, 256 },
		{ 64, 0, 256 },
		{ 64, 48, 0 },
		{ 64, 48, 255 },
		{ 16385, 48, 256 },
		{ 64, UINT32_MAX, 256 },
		{ 64, 0x1000001, 256 },
	};
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fake_call(console, "", "ScanoutDMABUF", "huuuutb", fd, bad[i].width, bad[i].height,
			bad[i].stride, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR, 0);
		WIRE_WAIT(wire, console->n_errors == i + 1);
	}
	close(fd);
}

static void
test_format_zero_of_7_2_is_taken_for_xbgr(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);

	fake_call(console, "", "ScanoutDMABUF", "huuuutb", fd, 64, 48, 256, 0,
		DRM_FORMAT_MOD_LINEAR, 0);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	assert_int_equal(head(wire)->scanout.buffer->layout.fourcc, DRM_FORMAT_XBGR8888);
	close(fd);
}

static void
test_updates_of_nothing_are_answered_at_once(void **state)
{
	static const struct rect nothing[] = {
		{ 0, 0, 0, 0 },
		{ 0, 0, -1, -1 },
		{ 64, 0, 8, 8 },
		{ -8, -8, 8, 8 },
		{ INT32_MIN, INT32_MIN, INT32_MAX, INT32_MAX },
		{ INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX },
	};
	struct wire *wire = *state;
	struct fake_console *console = wire_open_one(wire);
	int fd = wire_picture(64, 48, GREEN);
	uint32_t n = sizeof(nothing) / sizeof(nothing[0]);

	wire->viewer.holds_answers = true;
	/* Before there is any picture, too. */
	fake_call(console, "", "UpdateDMABUF", "iiii", 0, 0, 64, 48);
	fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 64, 48);
	send_dmabuf(console, fd, 64, 48, 0);
	for (uint32_t i = 0; i < n; i++) {
		fake_call(console, "", "UpdateDMABUF", "iiii", nothing[i].x, nothing[i].y,
			nothing[i].width, nothing[i].height);
	}
	WIRE_WAIT(wire, console->n_answers == n + 3);
	assert_int_equal(head(wire)->n_updates, 0);
	/* A rectangle that is too large is clipped. */
	fake_call(console, "", "UpdateDMABUF", "iiii", -10, -10, INT32_MAX, INT32_MAX);
	WIRE_WAIT(wire, head(wire)->n_updates == 1);
	assert_int_equal(head(wire)->damage.width, 64);
	assert_int_equal(head(wire)->damage.height, 48);
	close(fd);
}

/* The VM may keep three pictures of this size alive through us. */
#define QUOTA_PICTURE (UINT64_C(64) * 48 * 4)
#define QUOTA (3 * QUOTA_PICTURE)

static struct fake_console *
open_with_quota(struct wire *wire)
{
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire_open_target(wire, &(struct qemu_target){
				       .qmp_path = wire->qmp_path,
				       .fd = -1,
				       .max_memory = QUOTA,
			       });
	WIRE_WAIT(wire, console->is_ready);
	return console;
}

static void
send_new(struct fake_console *console, uint32_t width, uint32_t height, uint32_t colour)
{
	int fd = wire_picture(width, height, colour);

	send_map(console, fd, 0, width, height, width * 4);
	close(fd);
}

static void
test_more_memory_than_it_may_have_is_refused(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_with_quota(wire);

	send_new(console, 64, 48, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	/* One row more than all that it may have; it tries for long. */
	for (uint32_t i = 0; i < 50; i++) {
		send_new(console, 64, 3 * 48 + 1, BLUE);
		fake_call(console, ".Unix.Map", "UpdateMap", "iiii", 0, 0, 64, 48);
	}
	WIRE_WAIT(wire, console->n_errors == 50);
	/* What there was is still shown, and each of its updates answered. */
	WIRE_WAIT(wire, console->n_answers == 51);
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_int_equal(head(wire)->n_updates, 50);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 0), RED);
	/* It needs the room itself, but two more are there for others. */
	send_new(console, 64, 2 * 48 + 1, BLUE);
	WIRE_WAIT(wire, console->n_errors == 51);
	send_new(console, 64, 2 * 48, GREEN);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 63, 95), GREEN);
	assert_int_equal(wire_count(wire_log(wire),
				 "vitrine: warning: console 0: ScanoutMap refused: the VM's "
				 "pictures would take more memory than --max-memory allows; QEMU "
				 "goes on by sending copies"),
		1);
}

/* Buffers of before a change of the mode, or that a guest has stopped using, are in nobody's way.
 */
static void
test_what_is_not_shown_makes_room(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_with_quota(wire);
	uint32_t n = 0;

	for (uint32_t round = 0; round < 20; round++) {
		/* Four pictures where three fit, then a mode that needs two thirds of it. */
		for (uint32_t i = 0; i < 4; i++) {
			send_new(console, 64, 48, round + i);
			n++;
			WIRE_WAIT(wire, head(wire)->n_scanouts == n);
			assert_int_equal(viewer_pixel(&wire->viewer, 0, 1, 1), round + i);
		}
		send_new(console, 64, 96, RED);
		n++;
		WIRE_WAIT(wire, head(wire)->n_scanouts == n);
	}
	WIRE_WAIT(wire, console->n_answers == n);
	assert_int_equal(console->n_errors, 0);
	/* Of each that went the frontend was told, so that it lets go, too. */
	WIRE_WAIT(wire, head(wire)->n_removed_buffers == n - 1);
	assert_string_equal(wire_log(wire), "");
}

static void
test_pixels_in_messages_count_as_well(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_with_quota(wire);

	wire_send_scanout(console, 64, 48, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 1);
	wire_send_scanout(console, 64, 2 * 48 + 1, BLUE);
	WIRE_WAIT(wire, console->n_errors == 1);
	/* Growing needs room for both. */
	wire_send_update(console, 0, 48, 64, 48 + 1, BLUE);
	WIRE_WAIT(wire, console->n_errors == 2);
	assert_int_equal(head(wire)->n_scanouts, 1);
	assert_int_equal(viewer_pixel(&wire->viewer, 0, 0, 47), RED);
	wire_send_scanout(console, 64, 2 * 48, BLUE);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 2);
	/* Memory makes room for pixels, and the other way round. */
	send_new(console, 64, 48, GREEN);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	wire_send_scanout(console, 64, 2 * 48, RED);
	WIRE_WAIT(wire, head(wire)->n_scanouts == 4);
	assert_int_equal(console->n_errors, 2);
}

/* While room is made the frontend leaves. */
static void
test_the_frontend_leaves_when_room_is_made(void **state)
{
	struct wire *wire = *state;
	struct fake_console *console = open_with_quota(wire);

	for (uint32_t i = 0; i < 3; i++) {
		send_new(console, 64, 48, i);
	}
	WIRE_WAIT(wire, head(wire)->n_scanouts == 3);
	wire->viewer.leave_at = "buffer_removed";
	send_new(console, 64, 48, RED);
	WIRE_WAIT(wire, wire->viewer.guest == NULL);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		WIRE_TEST(test_map_is_the_very_memory),
		WIRE_TEST(test_map_at_an_offset_and_with_a_wide_stride),
		WIRE_TEST(test_late_scanout_map),
		WIRE_TEST(test_fd_zero_is_not_a_picture),
		WIRE_TEST(test_maps_beyond_their_memory_get_an_error),
		WIRE_TEST(test_memory_that_shrinks_is_survived),
		WIRE_TEST(test_copies_and_maps_take_turns),
		WIRE_TEST(test_y0_top_is_inverted),
		WIRE_TEST(test_disable_at_every_flip),
		WIRE_TEST(test_lost_flips_are_told),
		WIRE_TEST(test_a_known_buffer_stays_the_same_buffer),
		WIRE_TEST(test_dmabuf2_crops_and_spreads_fds),
		WIRE_TEST(test_bad_dmabuf2_get_an_error),
		WIRE_TEST(test_bad_dmabufs_get_an_error),
		WIRE_TEST(test_format_zero_of_7_2_is_taken_for_xbgr),
		WIRE_TEST(test_updates_of_nothing_are_answered_at_once),
		WIRE_TEST(test_more_memory_than_it_may_have_is_refused),
		WIRE_TEST(test_what_is_not_shown_makes_room),
		WIRE_TEST(test_pixels_in_messages_count_as_well),
		WIRE_TEST(test_the_frontend_leaves_when_room_is_made),
	};

	/* No exporter of dma-bufs on a build machine. */
	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
