#include "unit.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake/paint.h"
#include "format.h"
#include "headless/image.h"

/* Odd sizes, so that rows of 2 and 3 bytes a pixel end anywhere. */
#define WIDTH 37
#define HEIGHT 23

/*
 * Red, green, blue and half-transparent white, as the test guest paints them with its own table;
 * fake.h describes it.
 */
static uint32_t
expected_rgba(uint32_t width, uint32_t height, uint32_t x, uint32_t y)
{
	uint32_t smaller = width < height ? width : height;
	uint32_t corner = smaller / 4 < 16 ? smaller / 4 : 16;
	int right = x >= width / 2, bottom = y >= height / 2;

	if (x < corner && y < corner) {
		return 0xff000000;
	}
	if (x == 0 || y == 0 || x == width - 1 || y == height - 1 || (right && bottom)) {
		return 0xffffffff;
	}
	return right ? 0xff00ff00 : bottom ? 0xff0000ff : 0xffff0000;
}

static struct fake_memory *
create_memory(uint32_t fourcc, uint32_t width, uint32_t height, uint32_t padding, uint32_t offset)
{
	struct script_memory description = {
		.unsealed = true,
		.layout = {
			.kind = BUFFER_MEMORY,
			.width = width,
			.height = height,
			.fourcc = fourcc,
			.n_planes = 1,
			.planes = { {
				.fd = -1,
				.offset = offset,
				.stride = width * format_from_fourcc(fourcc)->bytes_per_pixel + padding,
			} },
		},
	};
	struct fake_memory *memory;

	description.size = offset + (size_t)description.layout.planes[0].stride * height;
	assert_int_equal(fake_memory_create(&description, &memory), 0);
	return memory;
}

static void
draw_rgba(struct fake_memory *memory, int junk_alpha)
{
	struct script_command draw = {
		.kind = SCRIPT_DRAW,
		.draw = { .pattern = SCRIPT_PATTERN_RGBA, .junk_alpha = junk_alpha },
	};

	assert_int_equal(paint_draw(memory, &draw), 0);
}

static struct scanout
scanout_of(struct fake_memory *memory)
{
	struct scanout scanout = {
		.source = { 0, 0, (int32_t)memory->layout.width, (int32_t)memory->layout.height },
	};

	assert_int_equal(fake_memory_get_buffer(memory, &scanout.buffer), 0);
	return scanout;
}

static uint32_t
pixel_at(const struct image *image, uint32_t x, uint32_t y)
{
	return image->pixels[y * (image->stride / 4) + x];
}

static void
test_every_format(void **state)
{
	const struct format *format;

	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		for (int junk_alpha = 0; junk_alpha < 2; junk_alpha++) {
			struct fake_memory *memory =
				create_memory(format->fourcc, WIDTH, HEIGHT, 5 + junk_alpha, 3);
			struct scanout scanout;
			struct image *image;

			print_message("%s\n", format->name);
			draw_rgba(memory, junk_alpha);
			scanout = scanout_of(memory);
			assert_int_equal(image_read_scanout(&scanout, &image), 0);
			assert_int_equal(image->width, WIDTH);
			assert_int_equal(image->height, HEIGHT);
			for (uint32_t y = 0; y < HEIGHT; y++) {
				for (uint32_t x = 0; x < WIDTH; x++) {
					assert_int_equal(pixel_at(image, x, y),
						expected_rgba(WIDTH, HEIGHT, x, y));
				}
			}
			image_destroy(image);
			fake_memory_destroy(memory);
		}
	}
}

/* Finer than corners of the colour cube; formats with fewer bits may be off by a step of theirs. */
static void
test_shades(void **state)
{
	const struct format *format;
	struct script_command draw = { .draw = { .pattern = SCRIPT_PATTERN_GRADIENT } };

	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		struct fake_memory *memory = create_memory(format->fourcc, 256, 256, 0, 0);
		struct scanout scanout;
		struct image *image;
		int step = format->bytes_per_pixel == 2 ? 8 : 0;

		assert_int_equal(paint_draw(memory, &draw), 0);
		scanout = scanout_of(memory);
		assert_int_equal(image_read_scanout(&scanout, &image), 0);
		for (int y = 0; y < 256; y++) {
			for (int x = 0; x < 256; x++) {
				uint32_t pixel = pixel_at(image, (uint32_t)x, (uint32_t)y);

				assert_true(abs((int)(pixel >> 16 & 255) - x) <= step);
				assert_true(abs((int)(pixel >> 8 & 255) - y) <= step);
				assert_true(abs((int)(pixel & 255) - 128) <= step);
				assert_int_equal(pixel >> 24, 255);
			}
		}
		image_destroy(image);
		fake_memory_destroy(memory);
	}
}

static void
test_bottom_up(void **state)
{
	struct fake_memory *memory = create_memory(DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, 0, 0);
	struct scanout scanout;
	struct image *image;

	draw_rgba(memory, 0);
	scanout = scanout_of(memory);
	scanout.bottom_up = true;
	assert_int_equal(image_read_scanout(&scanout, &image), 0);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			assert_int_equal(pixel_at(image, x, y),
				expected_rgba(WIDTH, HEIGHT, x, HEIGHT - 1 - y));
		}
	}
	image_destroy(image);
	fake_memory_destroy(memory);
}

/* More rows than are read at once, with both directions and a part of the width. */
static void
check_sources_of_a_large_buffer(uint32_t fourcc)
{
	const uint32_t width = 1000, height = 700;
	struct fake_memory *memory = create_memory(fourcc, width, height, 64, 4096);
	struct scanout scanout;
	struct image *image;

	draw_rgba(memory, 1);
	scanout = scanout_of(memory);
	for (int bottom_up = 0; bottom_up < 2; bottom_up++) {
		for (int narrow = 0; narrow < 2; narrow++) {
			struct rect source = { 0, 1, (int32_t)width, (int32_t)height - 3 };

			if (narrow) {
				source.x = 7;
				source.width -= 8;
			}
			scanout.source = source;
			scanout.bottom_up = bottom_up;
			assert_int_equal(image_read_scanout(&scanout, &image), 0);
			assert_int_equal(image->width, source.width);
			assert_int_equal(image->height, source.height);
			for (uint32_t y = 0; y < image->height; y++) {
				uint32_t row = bottom_up ? image->height - 1 - y : y;
				for (uint32_t x = 0; x < image->width; x++) {
					assert_int_equal(pixel_at(image, x, y),
						expected_rgba(width, height, x + (uint32_t)source.x,
							row + (uint32_t)source.y));
				}
			}
			image_destroy(image);
		}
	}
	fake_memory_destroy(memory);
}

static void
test_source_of_a_large_buffer(void **state)
{
	check_sources_of_a_large_buffer(DRM_FORMAT_XBGR8888);
	/* Laid out as images are: what is read to its place. */
	check_sources_of_a_large_buffer(DRM_FORMAT_XRGB8888);
	check_sources_of_a_large_buffer(DRM_FORMAT_ARGB8888);
}

static void
test_truncated_memory(void **state)
{
	struct fake_memory *memory = create_memory(DRM_FORMAT_XRGB8888, WIDTH, HEIGHT, 0, 0);
	struct scanout scanout = scanout_of(memory);
	struct image *image = (struct image *)&scanout;

	assert_int_equal(fake_memory_truncate(memory, memory->size - 1), 0);
	assert_int_equal(image_read_scanout(&scanout, &image), -EIO);
	assert_ptr_equal(image, &scanout);
	fake_memory_destroy(memory);
}

static void
test_what_the_cpu_can_not_read(void **state)
{
	AUTO_FD int fd = unit_memfd(WIDTH * HEIGHT * 4, F_SEAL_SHRINK);
	struct buffer_layout layout = {
		.kind = BUFFER_DMABUF,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = I915_FORMAT_MOD_X_TILED,
		.n_planes = 1,
		.planes = { { .fd = fd, .stride = WIDTH * 4 } },
	};
	struct scanout scanout = { .source = { 0, 0, WIDTH, HEIGHT } };
	struct unit_output output;
	struct image *image;

	unit_output_begin(&output, STDERR_FILENO);
	fd_let_memory_pass_as_dmabuf();
	unit_output_end(&output);

	assert_int_equal(buffer_create(&layout, &scanout.buffer), 0);
	assert_int_equal(image_read_scanout(&scanout, &image), -ENOTSUP);
	buffer_unref(scanout.buffer);

	layout.modifier = DRM_FORMAT_MOD_LINEAR;
	layout.fourcc = DRM_FORMAT_NV12;
	assert_int_equal(buffer_create(&layout, &scanout.buffer), 0);
	assert_int_equal(image_read_scanout(&scanout, &image), -ENOTSUP);
	buffer_unref(scanout.buffer);

	/* And a linear one it can. */
	layout.fourcc = DRM_FORMAT_XRGB8888;
	assert_int_equal(buffer_create(&layout, &scanout.buffer), 0);
	assert_int_equal(image_read_scanout(&scanout, &image), 0);
	image_destroy(image);
	buffer_unref(scanout.buffer);
}

static void
test_create(void **state)
{
	struct image *image;

	assert_int_equal(image_create(0, 1, &image), -EINVAL);
	assert_int_equal(image_create(1, 0, &image), -EINVAL);
	assert_int_equal(image_create(BUFFER_MAX_DIMENSION + 1, 1, &image), -EINVAL);
	assert_int_equal(image_create(UINT32_MAX, UINT32_MAX, &image), -EINVAL);
	assert_int_equal(image_create(3, 2, &image), 0);
	assert_int_equal(image->stride, 12);
	assert_int_equal(image->pixels[5], 0xff000000);
	image_destroy(image);
	image_destroy(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_format),
		cmocka_unit_test(test_shades),
		cmocka_unit_test(test_bottom_up),
		cmocka_unit_test(test_source_of_a_large_buffer),
		cmocka_unit_test(test_truncated_memory),
		cmocka_unit_test(test_what_the_cpu_can_not_read),
		cmocka_unit_test(test_create),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
