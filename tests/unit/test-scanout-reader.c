#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "buffer-fence.h"
#include "guest.h"
#include "scanout-reader.h"

/* Without a GPU: what it adds is in test-gpu-reader and in the integration tests. */

#define WIDTH 6
#define HEIGHT 4

struct fixture {
	sd_event *event;
	struct fetch_means means;
	int fd;
	struct scanout scanout;
	struct scanout_reader *reader;
	bool done, destroy_in_done;
	int error;
};

static uint32_t
colour_at(uint32_t x, uint32_t y)
{
	return 0xff000000 | (x + 1) << 16 | (y + 1) << 8 | 7;
}

static struct buffer *
make_buffer(struct fixture *f, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	const struct buffer_layout layout = {
		.kind = kind,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = fourcc,
		.modifier = modifier,
		.n_planes = 1,
		.planes = { { .fd = f->fd, .stride = WIDTH * 4 } },
	};
	struct buffer *buffer;

	assert_int_equal(buffer_create(&layout, &buffer), 0);
	return buffer;
}

static void
show(struct fixture *f, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	buffer_unref(f->scanout.buffer);
	f->scanout.buffer = make_buffer(f, kind, fourcc, modifier);
}

static int
set_up(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));

	assert_true(sd_event_new(&f->event) >= 0);
	f->fd = unit_memfd(WIDTH * HEIGHT * 4, 0);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			/* The alpha channel is junk. */
			uint32_t pixel = (colour_at(x, y) & 0xffffff) | x << 24;
			assert_int_equal(pwrite(f->fd, &pixel, 4, (off_t)(y * WIDTH + x) * 4), 4);
		}
	}
	f->scanout.source = (struct rect){ 0, 0, WIDTH, HEIGHT };
	show(f, BUFFER_MEMORY, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
	*state = f;
	return 0;
}

static int
tear_down(void **state)
{
	struct fixture *f = *state;

	scanout_reader_destroy(f->reader);
	assert_int_equal(f->scanout.buffer->refs, 1);
	buffer_unref(f->scanout.buffer);
	close(f->fd);
	sd_event_unref(f->event);
	test_free(f);
	return 0;
}

static void
handle_done(void *data, int error)
{
	struct fixture *f = data;

	assert_false(f->done);
	f->done = true;
	f->error = error;
	if (f->destroy_in_done) {
		scanout_reader_destroy(f->reader);
		f->reader = NULL;
	}
}

static int
read_scanouts(struct fixture *f, const struct scanout *scanouts, uint32_t n)
{
	scanout_reader_destroy(f->reader);
	f->done = false;
	assert_int_equal(
		scanout_reader_create(f->event, &f->means, scanouts, n, handle_done, f, &f->reader),
		0);
	assert_false(f->done);
	while (!f->done) {
		assert_true(sd_event_run(f->event, UINT64_MAX) >= 0);
	}
	return f->error;
}

static void
assert_shows(struct image *image, uint32_t left, uint32_t top, uint32_t width, uint32_t height,
	bool bottom_up)
{
	assert_int_equal(image->width, width);
	assert_int_equal(image->height, height);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			uint32_t row = bottom_up ? height - 1 - y : y;
			assert_int_equal(
				image->pixels[y * width + x], colour_at(left + x, top + row));
		}
	}
	image_destroy(image);
}

static void
assert_reason(struct fixture *f, uint32_t index, const char *part)
{
	uint32_t i;
	const char *reason = scanout_reader_reason(f->reader, &i);

	print_message("%s\n", reason);
	assert_non_null(strstr(reason, part));
	assert_int_equal(i, index);
}

static void
test_parts_and_bottom_up(void **state)
{
	struct fixture *f = *state;
	struct scanout both[2] = { f->scanout, f->scanout };

	both[1].source = (struct rect){ 1, 2, 3, 2 };
	both[1].bottom_up = true;
	assert_int_equal(read_scanouts(f, both, 2), 0);
	assert_shows(scanout_reader_take_image(f->reader, 0), 0, 0, WIDTH, HEIGHT, false);
	assert_shows(scanout_reader_take_image(f->reader, 1), 1, 2, 3, 2, true);
}

static void
test_linear_dmabufs_are_mapped(void **state)
{
	struct fixture *f = *state;

	show(f, BUFFER_DMABUF, DRM_FORMAT_ARGB8888, DRM_FORMAT_MOD_LINEAR);
	for (enum fetch_way way = FETCH_ANY; way <= FETCH_MAPPED; way++) {
		f->means.way = way;
		assert_int_equal(read_scanouts(f, &f->scanout, 1), 0);
		assert_shows(scanout_reader_take_image(f->reader, 0), 0, 0, WIDTH, HEIGHT, false);
	}
}

static void
test_as_many_as_a_vm_has(void **state)
{
	struct fixture *f = *state;
	struct scanout all[GUEST_MAX_HEADS] = { 0 };

	assert_int_equal(read_scanouts(f, all, 0), 0);
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		all[i] = f->scanout;
	}
	assert_int_equal(read_scanouts(f, all, GUEST_MAX_HEADS), 0);
	assert_shows(scanout_reader_take_image(f->reader, GUEST_MAX_HEADS - 1), 0, 0, WIDTH, HEIGHT,
		false);
}

static void
test_without_a_gpu_tiles_are_refused(void **state)
{
	struct fixture *f = *state;
	struct scanout both[2] = { f->scanout, f->scanout };

	both[1].buffer =
		make_buffer(f, BUFFER_DMABUF, DRM_FORMAT_XRGB8888, I915_FORMAT_MOD_X_TILED);
	assert_int_equal(read_scanouts(f, both, 2), -ENOTSUP);
	assert_reason(f, 1,
		"cannot read its layout (XR24, modifier 0x100000000000001), and there is no GPU "
		"helper");
	f->means.way = FETCH_MAPPED;
	assert_int_equal(read_scanouts(f, both, 2), -ENOTSUP);
	assert_reason(f, 1, "rules the GPU out");
	/* As above, for a format that only GPUs read. */
	buffer_unref(both[1].buffer);
	f->means.way = FETCH_ANY;
	both[1].buffer = make_buffer(f, BUFFER_DMABUF, DRM_FORMAT_NV12, DRM_FORMAT_MOD_LINEAR);
	assert_int_equal(read_scanouts(f, both, 2), -ENOTSUP);
	assert_reason(f, 1, "NV12");
	scanout_reader_destroy(f->reader);
	f->reader = NULL;
	assert_int_equal(both[1].buffer->refs, 1);
	buffer_unref(both[1].buffer);
}

static void
test_the_gpu_reads_no_memory(void **state)
{
	struct fixture *f = *state;

	f->means.way = FETCH_BY_GPU;
	assert_int_equal(read_scanouts(f, &f->scanout, 1), -ENOTSUP);
	assert_reason(f, 0, "plain memory");
	show(f, BUFFER_DMABUF, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
	assert_int_equal(read_scanouts(f, &f->scanout, 1), -ENOTSUP);
	assert_reason(f, 0, "there is no GPU helper");
}

static void
test_memory_that_became_shorter(void **state)
{
	struct fixture *f = *state;
	struct scanout both[2] = { f->scanout, f->scanout };

	assert_int_equal(ftruncate(f->fd, WIDTH * 4), 0);
	assert_int_equal(read_scanouts(f, both, 2), -EIO);
	assert_reason(f, 0, "short");
}

static void
test_a_gpu_that_draws_for_ever(void **state)
{
	struct fixture *f = *state;
	int fence[2];

	assert_int_equal(pipe(fence), 0);
	show(f, BUFFER_DMABUF, DRM_FORMAT_XRGB8888, DRM_FORMAT_MOD_LINEAR);
	buffer_set_test_fence(f->scanout.buffer, fence[0]);
	assert_int_equal(read_scanouts(f, &f->scanout, 1), -ETIMEDOUT);
	assert_reason(f, 0, "the guest's GPU has not finished its picture");
	close(fence[1]);
}

static void
test_destroyed_at_any_time(void **state)
{
	struct fixture *f = *state;

	f->destroy_in_done = true;
	assert_int_equal(read_scanouts(f, &f->scanout, 1), 0);
	for (int rounds = 0; rounds < 3; rounds++) {
		f->done = false;
		assert_int_equal(scanout_reader_create(f->event, &f->means, &f->scanout, 1,
					 handle_done, f, &f->reader),
			0);
		/* Before it has begun, while its worker reads, and perhaps behind that. */
		for (int i = 0; i < rounds && !f->done; i++) {
			assert_true(sd_event_run(f->event, 1000) >= 0);
		}
		scanout_reader_destroy(f->reader);
		f->reader = NULL;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_parts_and_bottom_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_linear_dmabufs_are_mapped, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_as_many_as_a_vm_has, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_without_a_gpu_tiles_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_the_gpu_reads_no_memory, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_memory_that_became_shorter, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_gpu_that_draws_for_ever, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_destroyed_at_any_time, set_up, tear_down),
	};

	fd_let_memory_pass_as_dmabuf();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
