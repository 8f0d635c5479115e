#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker/broker.h"
#include "buffer-cache.h"

#define WIDTH 16
#define HEIGHT 8
#define STRIDE 64
#define SIZE (STRIDE * HEIGHT)

static struct buffer_layout
memory_layout(int fd)
{
	return (struct buffer_layout){
		.kind = BUFFER_MEMORY,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.planes = { { .fd = fd, .offset = 0, .stride = STRIDE } },
	};
}

static int
check(const struct buffer_layout *layout)
{
	struct fd_info infos[BUFFER_MAX_PLANES];

	return buffer_layout_check(layout, infos);
}

static void
test_exact_fit_is_taken(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);

	assert_int_equal(check(&layout), 0);
}

static void
test_dimensions(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	static const uint32_t bad[] = { 0, BUFFER_MAX_DIMENSION + 1, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buffer_layout layout = memory_layout(fd);

		layout.width = bad[i];
		assert_int_equal(check(&layout), -EBADMSG);
		layout = memory_layout(fd);
		layout.height = bad[i];
		assert_int_equal(check(&layout), -EBADMSG);
	}
}

static void
test_plane_count(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);
	static const uint32_t bad[] = { 0, BUFFER_MAX_PLANES + 1, UINT32_MAX };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		layout.n_planes = bad[i];
		assert_int_equal(check(&layout), -EBADMSG);
	}
	/* Memory has one, and is linear. */
	layout.n_planes = 2;
	layout.planes[1] = layout.planes[0];
	assert_int_equal(check(&layout), -EBADMSG);
	layout = memory_layout(fd);
	layout.modifier = I915_FORMAT_MOD_X_TILED;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.modifier = DRM_FORMAT_MOD_INVALID;
	assert_int_equal(check(&layout), -EBADMSG);
}

static void
test_strides(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);

	layout.planes[0].stride = 0;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[0].stride = WIDTH * 4 - 1;
	assert_int_equal(check(&layout), -EBADMSG);
	/* Times the height this is 0 in 32 bits, and -stride in 32 bits for the other. */
	layout.planes[0].stride = 0x20000000;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[0].stride = UINT32_MAX;
	assert_int_equal(check(&layout), -EBADMSG);
}

static void
test_short_memory(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE - 1, 0);
	AUTO_FD int empty = unit_memfd(0, 0);
	struct buffer_layout layout = memory_layout(fd);

	assert_int_equal(check(&layout), -EBADMSG);
	layout = memory_layout(empty);
	assert_int_equal(check(&layout), -EBADMSG);
}

static void
test_offsets(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE + 4, 0);
	struct buffer_layout layout = memory_layout(fd);

	layout.planes[0].offset = 4;
	assert_int_equal(check(&layout), 0);
	layout.planes[0].offset = 5;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[0].offset = SIZE + 4;
	assert_int_equal(check(&layout), -EBADMSG);
	/* Plus the rows this is small in 32 bits. */
	layout.planes[0].offset = UINT32_MAX - SIZE + 1;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[0].offset = UINT32_MAX;
	assert_int_equal(check(&layout), -EBADMSG);
}

/* A sparse file is as large as it says. */
static void
test_four_gib(void **state)
{
	AUTO_FD int fd = unit_memfd((size_t)1 << 33, 0);
	struct buffer_layout layout = memory_layout(fd);

	layout.height = BUFFER_MAX_DIMENSION;
	layout.planes[0].stride = (uint32_t)(((uint64_t)1 << 32) / BUFFER_MAX_DIMENSION);
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[0].stride -= 4;
	assert_int_equal(check(&layout), 0);
}

static void
test_kinds_of_fd(void **state)
{
	AUTO_FD int memory = unit_memfd(SIZE, 0);
	AUTO_FD int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	AUTO_FD int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	struct buffer_layout layout = memory_layout(null);

	assert_int_equal(check(&layout), -EBADMSG);
	layout = memory_layout(file);
	assert_int_equal(check(&layout), -EBADMSG);
	layout = memory_layout(-1);
	assert_int_equal(check(&layout), -EBADF);

	/* Without the test switch memory is no dma-buf. */
	layout = memory_layout(memory);
	layout.kind = BUFFER_DMABUF;
	assert_int_equal(check(&layout), -EBADMSG);
}

static void
test_unknown_formats(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);

	layout.fourcc = DRM_FORMAT_NV12;
	assert_int_equal(check(&layout), -ENOTSUP);
	layout.fourcc = 0;
	assert_int_equal(check(&layout), -ENOTSUP);
}

static void
test_buffer_owns_its_fd(void **state)
{
	int fd = unit_memfd(SIZE, F_SEAL_SHRINK);
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer;
	uint32_t pixel = 0;
	int own;

	assert_int_equal(pwrite(fd, "\1\2\3\4", 4, 0), 4);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	own = buffer->layout.planes[0].fd;
	assert_int_not_equal(own, fd);
	assert_true(buffer->infos[0].sealed);
	close(fd);
	assert_int_equal(
		buffer_read(buffer, &(struct rect){ 0, 0, 1, 1 }, &pixel, sizeof(pixel)), 0);
	assert_int_equal(pixel, 0x04030201);

	assert_ptr_equal(buffer_ref(buffer), buffer);
	buffer_unref(buffer);
	assert_true(fcntl(own, F_GETFD) >= 0);
	buffer_unref(buffer);
	assert_true(fcntl(own, F_GETFD) < 0);
	buffer_unref(NULL);
}

static void
test_failed_create_writes_nothing(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer = (struct buffer *)&layout;

	layout.planes[0].stride = 1;
	assert_int_equal(buffer_create(&layout, &buffer), -EBADMSG);
	assert_ptr_equal(buffer, &layout);
}

static void
test_read_part(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE + 8, 0);
	struct buffer_layout layout = memory_layout(fd);
	struct rect part = { 3, 2, 5, 4 };
	struct buffer *buffer;
	uint32_t pixels[4][7];

	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t pixel = y << 16 | x;
			assert_int_equal(pwrite(fd, &pixel, 4, 8 + y * STRIDE + x * 4), 4);
		}
	}
	layout.planes[0].offset = 8;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	memset(pixels, 0xee, sizeof(pixels));
	assert_int_equal(buffer_read(buffer, &part, pixels, sizeof(pixels[0])), 0);
	for (uint32_t y = 0; y < 4; y++) {
		for (uint32_t x = 0; x < 5; x++) {
			assert_int_equal(pixels[y][x], (y + 2) << 16 | (x + 3));
		}
		/* Nothing is written between the rows. */
		assert_int_equal(pixels[y][5], 0xeeeeeeee);
	}
	buffer_unref(buffer);
}

static void
test_read_what_the_guest_cut_short(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);
	uint32_t pixels[HEIGHT][WIDTH];
	struct buffer *buffer;
	struct rect whole = { 0, 0, WIDTH, HEIGHT };

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(buffer_read(buffer, &whole, pixels, sizeof(pixels[0])), 0);
	assert_int_equal(ftruncate(fd, SIZE - 1), 0);
	assert_int_equal(buffer_read(buffer, &whole, pixels, sizeof(pixels[0])), -EIO);
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(
		buffer_read(buffer, &(struct rect){ 0, 0, 1, 1 }, pixels, sizeof(pixels[0])), -EIO);
	buffer_unref(buffer);
}

static void
test_identity(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	AUTO_FD int copy = fd_dup(fd);
	AUTO_FD int twin = unit_memfd(SIZE, 0);
	struct fd_info infos[BUFFER_MAX_PLANES];
	struct buffer_layout layout = memory_layout(fd);
	struct buffer_layout same = memory_layout(copy);
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(buffer_identify(&same, infos), 0);
	assert_true(buffer_is(buffer, &same, infos));

	same.width--;
	assert_false(buffer_is(buffer, &same, infos));
	same = memory_layout(copy);
	same.fourcc = DRM_FORMAT_ARGB8888;
	assert_false(buffer_is(buffer, &same, infos));
	same = memory_layout(copy);
	same.planes[0].offset = 4;
	assert_false(buffer_is(buffer, &same, infos));

	same = memory_layout(twin);
	assert_int_equal(buffer_identify(&same, infos), 0);
	assert_false(buffer_is(buffer, &same, infos));

	assert_int_equal(ftruncate(fd, 2 * SIZE), 0);
	same = memory_layout(copy);
	assert_int_equal(buffer_identify(&same, infos), 0);
	assert_false(buffer_is(buffer, &same, infos));
	buffer_unref(buffer);
}

struct removals {
	uint32_t n;
	struct buffer *buffers[2 * BUFFER_CACHE_MAX];
	uint32_t widths[2 * BUFFER_CACHE_MAX]; /* read while it must still be alive */
};

static void
handle_removed(void *data, struct buffer *buffer)
{
	struct removals *removals = data;

	removals->widths[removals->n] = buffer->layout.width;
	removals->buffers[removals->n++] = buffer;
}

static void
test_cache_knows_buffers(void **state)
{
	struct removals removals = { 0 };
	struct buffer_cache cache = { .removed = handle_removed, .data = &removals };
	int fds[BUFFER_CACHE_MAX + 1];
	struct buffer *buffers[BUFFER_CACHE_MAX + 1], *again;
	struct buffer_layout layout;

	for (uint32_t i = 0; i < BUFFER_CACHE_MAX; i++) {
		fds[i] = unit_memfd(SIZE, 0);
		layout = memory_layout(fds[i]);
		assert_int_equal(buffer_cache_get(&cache, &layout, &buffers[i]), 0);
	}
	/* New fds for known memory, as VMMs send them. */
	for (uint32_t i = 0; i < BUFFER_CACHE_MAX; i++) {
		AUTO_FD int copy = fd_dup(fds[i]);

		layout = memory_layout(copy);
		assert_int_equal(buffer_cache_get(&cache, &layout, &again), 0);
		assert_ptr_equal(again, buffers[i]);
	}
	assert_int_equal(removals.n, 0);

	/* The first is used once more: the second is the one to go. */
	layout = memory_layout(fds[0]);
	assert_int_equal(buffer_cache_get(&cache, &layout, &again), 0);
	fds[BUFFER_CACHE_MAX] = unit_memfd(SIZE, 0);
	layout = memory_layout(fds[BUFFER_CACHE_MAX]);
	assert_int_equal(buffer_cache_get(&cache, &layout, &buffers[BUFFER_CACHE_MAX]), 0);
	assert_int_equal(removals.n, 1);
	assert_ptr_equal(removals.buffers[0], buffers[1]);
	assert_int_equal(removals.widths[0], WIDTH);

	buffer_cache_clear(&cache);
	assert_int_equal(removals.n, BUFFER_CACHE_MAX + 1);
	assert_int_equal(cache.n_buffers, 0);
	for (uint32_t i = 0; i <= BUFFER_CACHE_MAX; i++) {
		close(fds[i]);
	}
}

static void
test_cache_mode_change(void **state)
{
	AUTO_FD int a = unit_memfd(SIZE, 0);
	AUTO_FD int b = unit_memfd(SIZE, 0);
	AUTO_FD int c = unit_memfd(SIZE, 0);
	struct buffer_layout old = memory_layout(a);
	const struct buffer_layout layouts[] = {
		{ old.kind, WIDTH / 2, HEIGHT, old.fourcc, 0, 1, { { c, 0, STRIDE } } },
		{ old.kind, WIDTH, HEIGHT / 2, old.fourcc, 0, 1, { { c, 0, STRIDE } } },
		{ old.kind, WIDTH, HEIGHT, DRM_FORMAT_RGB565, 0, 1, { { c, 0, STRIDE } } },
	};

	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct removals removals = { 0 };
		struct buffer_cache cache = { .removed = handle_removed, .data = &removals };
		struct buffer_layout layout = memory_layout(a);
		struct buffer *buffer, *kept;

		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);
		kept = buffer_ref(buffer);
		layout = memory_layout(b);
		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);

		/* What can not be used changes nothing. */
		layout = layouts[i];
		layout.planes[0].stride = 1;
		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), -EBADMSG);
		assert_int_equal(removals.n, 0);

		assert_int_equal(buffer_cache_get(&cache, &layouts[i], &buffer), 0);
		assert_int_equal(removals.n, 2);
		assert_int_equal(buffer->layout.width, layouts[i].width);
		assert_int_equal(buffer->layout.height, layouts[i].height);
		assert_int_equal(buffer->layout.fourcc, layouts[i].fourcc);

		/* Somebody else's reference outlives the cache's. */
		assert_int_equal(kept->refs, 1);
		buffer_unref(kept);
		buffer_cache_clear(&cache);
	}
}

/* From here on memory passes as a dma-buf. */
static void
test_dmabuf_planes(void **state)
{
	AUTO_FD int fd = unit_memfd(2 * SIZE, F_SEAL_SHRINK);
	struct unit_output output;
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer;
	uint32_t pixel;

	unit_output_begin(&output, STDERR_FILENO);
	fd_let_memory_pass_as_dmabuf();
	unit_output_end(&output);

	layout.kind = BUFFER_DMABUF;
	layout.modifier = I915_FORMAT_MOD_Y_TILED_CCS;
	layout.n_planes = 2;
	layout.planes[1] = (struct buffer_plane){ .fd = fd, .offset = SIZE, .stride = 16 };
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_not_equal(buffer->layout.planes[0].fd, buffer->layout.planes[1].fd);
	assert_false(buffer_is_linear(buffer));
	assert_int_equal(buffer_read(buffer, &(struct rect){ 0, 0, 1, 1 }, &pixel, 4), -ENOTSUP);
	buffer_unref(buffer);

	layout.planes[1].stride = 0;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[1].stride = 16;
	/* Compositors count the first row of each plane. */
	layout.planes[1].offset = 2 * SIZE - 16;
	assert_int_equal(check(&layout), 0);
	layout.planes[1].offset = 2 * SIZE - 15;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[1].offset = 2 * SIZE;
	assert_int_equal(check(&layout), -EBADMSG);
	layout.planes[1].offset = SIZE;
	layout.planes[1].fd = -1;
	assert_int_equal(check(&layout), -EBADF);

	/* A tiled layout has its own idea of a row, but its end counts all the same. */
	layout.n_planes = 1;
	layout.planes[0].stride = 16;
	assert_int_equal(check(&layout), 0);
	layout.planes[0].stride = 2 * SIZE / HEIGHT + 1;
	assert_int_equal(check(&layout), -EBADMSG);

	/* Formats that we know nothing about can be passed on, but not read. */
	layout = memory_layout(fd);
	layout.kind = BUFFER_DMABUF;
	layout.fourcc = DRM_FORMAT_XRGB16161616F;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(buffer_read(buffer, &(struct rect){ 0, 0, 1, 1 }, &pixel, 4), -ENOTSUP);
	buffer_unref(buffer);

	/* Of a linear one the row is known. */
	layout.fourcc = DRM_FORMAT_XRGB8888;
	layout.planes[0].stride = WIDTH * 4 - 4;
	assert_int_equal(check(&layout), -EBADMSG);
}

/* A modifier that was not given: linear if the memory can be nothing else. */
static void
test_an_unknown_modifier(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, F_SEAL_SHRINK);
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer;
	uint32_t pixel = 0x123456, got;
	char name[16];

	assert_int_equal(pwrite(fd, &pixel, 4, 0), 4);
	layout.kind = BUFFER_DMABUF;
	layout.modifier = DRM_FORMAT_MOD_INVALID;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_true(buffer_is_linear(buffer));
	assert_int_equal(buffer->layout.modifier, DRM_FORMAT_MOD_INVALID);
	assert_int_equal(buffer_read(buffer, &(struct rect){ 0, 0, 1, 1 }, &got, 4), 0);
	assert_int_equal(got, pixel);
	buffer_unref(buffer);

	/* Its rows would overlap; whatever it is, it can be passed on. */
	layout.planes[0].stride = WIDTH * 4 - 4;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_false(buffer_is_linear(buffer));
	buffer_unref(buffer);

	layout = memory_layout(fd);
	layout.kind = BUFFER_DMABUF;
	layout.modifier = DRM_FORMAT_MOD_INVALID;
	layout.fourcc = DRM_FORMAT_XRGB16161616F;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_false(buffer_is_linear(buffer));
	buffer_unref(buffer);
	assert_int_equal(broker_exporter(fd, name, sizeof(name)), -EINVAL);
	assert_int_equal(broker_exporter(-1, name, sizeof(name)), -EINVAL);
}

/* Compositors end the connection over a timeline that is none. */
static void
test_what_is_no_timeline(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct timelines timelines = { fd, fd };
	struct buffer_layout layout = memory_layout(fd);
	char target[64];

	assert_int_equal(broker_link_of(fd, target, sizeof(target)), 0);
	assert_non_null(strstr(target, "memfd:"));
	assert_int_equal(broker_link_of(-1, target, sizeof(target)), -ENOENT);
	/* And plain memory has no use for one. */
	layout.timelines = &timelines;
	assert_int_equal(check(&layout), -EBADMSG);
}

static void
test_timelines(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	AUTO_FD int other = unit_memfd(SIZE, 0);
	struct timelines timelines = { fd, other };
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer;

	layout.kind = BUFFER_DMABUF;
	layout.timelines = &timelines;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	/* Its own fds, of the same. */
	assert_ptr_not_equal(buffer->layout.timelines, &timelines);
	assert_int_not_equal(buffer->layout.timelines->acquire_fd, fd);
	assert_int_not_equal(
		buffer->layout.timelines->acquire_fd, buffer->layout.timelines->release_fd);
	buffer_unref(buffer);

	timelines.release_fd = fd;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(
		buffer->layout.timelines->acquire_fd, buffer->layout.timelines->release_fd);
	buffer_unref(buffer);
	timelines.release_fd = -1;
	assert_int_equal(buffer_create(&layout, &buffer), -EBADMSG);
}

static void
test_parts(void **state)
{
	/* 64 x 8, 320 bytes from row to row, and a row more than needed. */
	AUTO_FD int fd = unit_memfd(9 * 320, 0);
	struct buffer_layout layout = memory_layout(fd);
	struct buffer *buffer, *part;
	uint32_t pixel = 0xabcdef, got;
	const struct {
		struct rect rect;
		int result;
		uint32_t offset;
	} cases[] = {
		{ { 0, 0, 32, 8 }, 0, 0 },
		{ { 0, 4, 64, 4 }, 0, 4 * 320 },
		{ { 48, 1, 16, 7 }, 0, 320 + 192 },
		{ { 0, 0, 64, 8 }, -ENOTSUP, 0 },
		{ { 1, 0, 32, 8 }, -ENOTSUP, 0 },
		{ { 0, 1, 32, 7 }, -ENOTSUP, 0 },
	};

	layout.width = 64;
	layout.planes[0].stride = 320;
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			buffer_create_part(buffer, &cases[i].rect, &part), cases[i].result);
		if (cases[i].result < 0) {
			continue;
		}
		assert_int_equal(part->layout.width, cases[i].rect.width);
		assert_int_equal(part->layout.height, cases[i].rect.height);
		assert_int_equal(part->layout.planes[0].offset, cases[i].offset);
		assert_int_equal(check(&part->layout), 0);
		assert_int_equal(pwrite(fd, &pixel, 4, cases[i].offset), 4);
		assert_int_equal(buffer_read(part, &(struct rect){ 0, 0, 1, 1 }, &got, 4), 0);
		assert_int_equal(got, pixel--);
		assert_int_equal(buffer->refs, 2);
		buffer_unref(part);
		assert_int_equal(buffer->refs, 1);
	}
	buffer_unref(buffer);

	/*
	 * Compositors count the last row up to its end, wherever it begins: the right half of all
	 * rows ends behind the memory for them.
	 */
	layout.planes[0].stride = 512;
	layout.height = 4;
	assert_int_equal(ftruncate(fd, 4 * 512), 0);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(
		buffer_create_part(buffer, &(struct rect){ 32, 0, 32, 4 }, &part), -ENOTSUP);
	layout.width = 128;
	buffer_unref(buffer);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(
		buffer_create_part(buffer, &(struct rect){ 64, 0, 64, 4 }, &part), -EBADMSG);
	assert_int_equal(buffer_create_part(buffer, &(struct rect){ 64, 0, 64, 3 }, &part), 0);
	/* It outlives the whole. */
	buffer_unref(buffer);
	assert_int_equal(buffer_read(part, &(struct rect){ 63, 2, 1, 1 }, &got, 4), 0);
	buffer_unref(part);
}

static void
test_copies_are_buffers_of_their_own(void **state)
{
	AUTO_FD int fd = unit_memfd(SIZE, 0);
	struct buffer_layout layout = memory_layout(fd);
	uint32_t pixel = 0x12345678, got = 0;
	struct buffer *buffer, *copy;

	assert_int_equal(pwrite(fd, &pixel, 4, STRIDE), 4);
	assert_int_equal(buffer_create(&layout, &buffer), 0);
	assert_int_equal(buffer_create_copy(buffer, &copy), 0);
	assert_true(buffer_is(copy, &buffer->layout, buffer->infos));
	assert_int_not_equal(copy->layout.planes[0].fd, buffer->layout.planes[0].fd);
	assert_int_equal(buffer->refs, 1);
	buffer_unref(buffer);
	assert_true(buffer_is_linear(copy));
	/* There is nothing to do for what is not mapped. */
	assert_int_equal(buffer_map(copy), 0);
	assert_null(copy->map);
	assert_int_equal(buffer_read(copy, &(struct rect){ 0, 1, 1, 1 }, &got, 4), 0);
	assert_int_equal(got, pixel);
	buffer_unref(copy);
}

static void
test_too_many_new_buffers_are_complained_of_once(void **state)
{
	struct buffer_cache cache = { 0 };
	struct unit_output output;
	struct buffer *buffer;

	unit_output_begin(&output, STDERR_FILENO);
	for (uint32_t i = 0; i < 3 * BUFFER_CACHE_MAX; i++) {
		AUTO_FD int fd = unit_memfd(SIZE, 0);
		struct buffer_layout layout = memory_layout(fd);

		/* Changes of the mode are nobody's fault, nor are buffers that come again. */
		layout.height = HEIGHT - i % 2;
		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);
	}
	for (uint32_t i = 0; i < 3 * BUFFER_CACHE_MAX; i++) {
		AUTO_FD int fd = unit_memfd(SIZE, 0);
		struct buffer_layout layout = memory_layout(fd);

		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);
		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);
	}
	unit_output_end(&output);
	assert_string_equal(output.text, "");

	unit_output_begin(&output, STDERR_FILENO);
	for (uint32_t i = 0; i < 3 * BUFFER_CACHE_MAX; i++) {
		AUTO_FD int fd = unit_memfd(SIZE, 0);
		struct buffer_layout layout = memory_layout(fd);

		assert_int_equal(buffer_cache_get(&cache, &layout, &buffer), 0);
	}
	unit_output_end(&output);
	assert_non_null(strstr(output.text, "new memory"));
	assert_ptr_equal(strchr(output.text, '\n'), output.text + strlen(output.text) - 1);
	buffer_cache_clear(&cache);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact_fit_is_taken),
		cmocka_unit_test(test_dimensions),
		cmocka_unit_test(test_plane_count),
		cmocka_unit_test(test_strides),
		cmocka_unit_test(test_short_memory),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_four_gib),
		cmocka_unit_test(test_kinds_of_fd),
		cmocka_unit_test(test_unknown_formats),
		cmocka_unit_test(test_buffer_owns_its_fd),
		cmocka_unit_test(test_failed_create_writes_nothing),
		cmocka_unit_test(test_read_part),
		cmocka_unit_test(test_read_what_the_guest_cut_short),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_cache_knows_buffers),
		cmocka_unit_test(test_cache_mode_change),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_copies_are_buffers_of_their_own),
		cmocka_unit_test(test_what_is_no_timeline),
		cmocka_unit_test(test_too_many_new_buffers_are_complained_of_once),
		cmocka_unit_test(test_dmabuf_planes),
		cmocka_unit_test(test_an_unknown_modifier),
		cmocka_unit_test(test_timelines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
