/*
 * Links gl_lib. What the GPU helper draws, without a GPU: Mesa's software renderer takes memfds for
 * dma-bufs. Pixels are judged by pixman, and by arithmetic where that does not know the format.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "format.h"
#include "gl/conversion.h"
#include "gl/reading.h"

/* Odd on purpose. */
#define WIDTH 131
#define HEIGHT 77
#define OFFSET 4096
/* Of every format's rows: larger than any needs. */
#define STRIDE 1280

struct fixture {
	struct context *context;
	struct program program;
	int fd;
	uint8_t *memory; /* the guest's, all of it */
	size_t size;
	struct conversion conversion;
};

static int
group_setup(void **state)
{
	static struct fixture f;

	fd_let_memory_pass_as_dmabuf();
	if (context_create(NULL, &f.context) < 0) {
		fprintf(stderr,
			"no software OpenGL ES 3 that imports dma-bufs: Mesa >= 25 has it\n");
		exit(77);
	}
	program_init(&f.program);
	*state = &f;
	return 0;
}

static int
group_teardown(void **state)
{
	struct fixture *f = *state;

	program_finish(&f->program);
	context_destroy(f->context);
	return 0;
}

static int
setup(void **state)
{
	struct fixture *f = *state;

	f->size = OFFSET + (size_t)STRIDE * HEIGHT * 2;
	f->fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	assert_true(f->fd >= 0);
	assert_int_equal(ftruncate(f->fd, (off_t)f->size), 0);
	f->memory = mmap(NULL, f->size, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	assert_ptr_not_equal(f->memory, MAP_FAILED);
	f->conversion = (struct conversion){ 0 };
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	conversion_finish(&f->conversion, f->context);
	munmap(f->memory, f->size);
	close(f->fd);
	return 0;
}

static struct buffer_layout
layout_of(const struct fixture *f, uint32_t fourcc)
{
	return (struct buffer_layout){
		.kind = BUFFER_DMABUF,
		.width = WIDTH,
		.height = HEIGHT,
		.fourcc = fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
		.planes = { { .fd = f->fd, .offset = OFFSET, .stride = STRIDE } },
	};
}

static int
convert(struct fixture *f, const struct buffer_layout *layout, uint32_t target_fourcc)
{
	const struct gpu_offer offer = { .kind = BUFFER_MEMORY, .fourcc = target_fourcc };

	conversion_finish(&f->conversion, f->context);
	return conversion_init(&f->conversion, f->context, layout, &offer, 1, GPU_TARGETS);
}

static void
fill_with_noise(struct fixture *f, uint32_t seed)
{
	for (size_t i = 0; i < f->size; i++) {
		seed = seed * 1664525 + 1013904223;
		f->memory[i] = (uint8_t)(seed >> 24);
	}
}

static void
draw(struct fixture *f, uint32_t index, const struct rect *rect)
{
	assert_int_equal(conversion_draw(&f->conversion, &f->program, index, rect, 1), 0);
}

static void
draw_all(struct fixture *f, uint32_t index)
{
	draw(f, index, &(struct rect){ 0, 0, WIDTH, HEIGHT });
}

static uint32_t
target_pixel(struct fixture *f, uint32_t index, uint32_t x, uint32_t y)
{
	const struct target *target = &f->conversion.targets[index];
	uint32_t pixel;

	/* As whoever gets the fd sees it. */
	assert_int_equal(pread(target->layout.planes[0].fd, &pixel, sizeof(pixel),
				 (off_t)y * target->layout.planes[0].stride + (off_t)x * 4),
		sizeof(pixel));
	return pixel;
}

/* The guest's picture in the target's format, by pixman. */
static uint32_t *
reference(struct fixture *f, uint32_t fourcc, uint32_t target_fourcc)
{
	const struct format *from = format_from_fourcc(format_opaque(fourcc));
	const struct format *to = format_from_fourcc(target_fourcc);
	uint32_t *pixels = calloc((size_t)WIDTH * HEIGHT, sizeof(*pixels));
	pixman_image_t *source = pixman_image_create_bits_no_clear(
		from->pixman, WIDTH, HEIGHT, (uint32_t *)(void *)(f->memory + OFFSET), STRIDE);
	pixman_image_t *destination = pixman_image_create_bits_no_clear(
		to->pixman, WIDTH, HEIGHT, pixels, WIDTH * (int)sizeof(*pixels));

	assert_non_null(source);
	assert_non_null(destination);
	pixman_image_composite32(
		PIXMAN_OP_SRC, source, NULL, destination, 0, 0, 0, 0, 0, 0, WIDTH, HEIGHT);
	pixman_image_unref(source);
	pixman_image_unref(destination);
	return pixels;
}

static void
assert_near(uint32_t got, uint32_t expected, int tolerance)
{
	for (int shift = 0; shift < 24; shift += 8) {
		int a = (int)(got >> shift & 0xff), b = (int)(expected >> shift & 0xff);

		if (abs(a - b) > tolerance) {
			fail_msg("0x%06x instead of 0x%06x", got & 0xffffff, expected & 0xffffff);
		}
	}
}

static bool
is_deep(uint32_t fourcc)
{
	return fourcc == DRM_FORMAT_XRGB2101010 || fourcc == DRM_FORMAT_XBGR2101010;
}

static void
check_format(struct fixture *f, uint32_t fourcc, uint32_t target_fourcc)
{
	const struct format *format = format_from_fourcc(fourcc);
	/*
	 * OpenGL rounds from 5, 6 and 10 bits to the nearest of 256, pixman repeats or drops bits.
	 * With the same depth on both sides nothing may differ.
	 */
	bool rounds = format->bytes_per_pixel == 2 ||
		      (is_deep(format->opaque) && !is_deep(target_fourcc));
	uint32_t mask = is_deep(target_fourcc) ? 0x3fffffff : 0xffffff;
	uint32_t *expected = reference(f, fourcc, target_fourcc);

	draw_all(f, 1);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			uint32_t got = target_pixel(f, 1, x, y);

			if (rounds) {
				assert_near(got, expected[y * WIDTH + x], 1);
			} else {
				assert_int_equal(got & mask, expected[y * WIDTH + x] & mask);
			}
		}
	}
	free(expected);
}

static void
test_every_format_of_the_table(void **state)
{
	struct fixture *f = *state;
	const struct format *format;
	uint32_t n_imported = 0;

	fill_with_noise(f, 1);
	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		struct buffer_layout layout = layout_of(f, format->fourcc);
		int r = convert(f, &layout, DRM_FORMAT_XRGB8888);

		/* Whole pixels of three bytes are nothing that renderers like. */
		if (format->bytes_per_pixel == 3 && r == -ENOTSUP) {
			continue;
		}
		assert_int_equal(r, 0);
		n_imported++;
		check_format(f, format->fourcc, DRM_FORMAT_XRGB8888);
		if (format->bytes_per_pixel == 4 && !is_deep(format->opaque)) {
			assert_int_equal(convert(f, &layout, DRM_FORMAT_XBGR8888), 0);
			check_format(f, format->fourcc, DRM_FORMAT_XBGR8888);
		}
		if (is_deep(format->opaque)) {
			assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB2101010), 0);
			check_format(f, format->fourcc, DRM_FORMAT_XRGB2101010);
			assert_int_equal(convert(f, &layout, DRM_FORMAT_XBGR2101010), 0);
			check_format(f, format->fourcc, DRM_FORMAT_XBGR2101010);
		}
	}
	assert_true(n_imported >= 14);
}

/* Between two pictures it changes neither. */
static void
test_a_rehearsal(void **state)
{
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	uint32_t pixel;

	fill_with_noise(f, 5);
	memcpy(&pixel, f->memory + OFFSET, sizeof(pixel));
	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), 0);
	draw_all(f, 0);
	assert_int_equal(conversion_rehearse(f->context, &f->program), 0);
	draw_all(f, 1);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(target_pixel(f, i, 0, 0) & 0xffffff, pixel & 0xffffff);
	}
}

static void
test_only_the_damage_is_drawn_and_only_there(void **state)
{
	static const struct rect parts[] = { { 3, 5, 40, 1 }, { 130, 76, 1, 1 }, { 0, 70, 9, 7 } };
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	uint32_t *before, *after;

	fill_with_noise(f, 2);
	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), 0);
	before = reference(f, DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888);
	draw_all(f, 0);
	/* The guest draws on in the very same memory. */
	fill_with_noise(f, 3);
	after = reference(f, DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888);
	assert_int_equal(conversion_draw(&f->conversion, &f->program, 0, parts, 3), 0);
	for (int32_t y = 0; y < HEIGHT; y++) {
		for (int32_t x = 0; x < WIDTH; x++) {
			struct rect here = { x, y, 1, 1 };
			bool drawn = rect_contains(&parts[0], &here) ||
				     rect_contains(&parts[1], &here) ||
				     rect_contains(&parts[2], &here);
			uint32_t got = target_pixel(f, 0, (uint32_t)x, (uint32_t)y);

			assert_int_equal(
				got & 0xffffff, (drawn ? after : before)[y * WIDTH + x] & 0xffffff);
		}
	}
	free(before);
	free(after);
}

static void
test_targets_hold_different_moments(void **state)
{
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	uint32_t pixels[GPU_TARGETS];

	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), 0);
	for (uint32_t i = 0; i < GPU_TARGETS; i++) {
		fill_with_noise(f, 10 + i);
		memcpy(&pixels[i], f->memory + OFFSET, 4);
		draw_all(f, i);
	}
	for (uint32_t i = 0; i < GPU_TARGETS; i++) {
		assert_int_equal(target_pixel(f, i, 0, 0) & 0xffffff, pixels[i] & 0xffffff);
	}
}

static void
test_no_more_targets_than_asked_for(void **state)
{
	const struct gpu_offer offer = { .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XRGB8888 };
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	const struct rect rect = { 0, 0, 1, 1 };

	assert_int_equal(conversion_init(&f->conversion, f->context, &layout, &offer, 1, 1), 0);
	assert_int_equal(f->conversion.targets[1].framebuffer, 0);
	assert_int_equal(conversion_draw(&f->conversion, &f->program, 0, &rect, 1), 0);
	assert_int_equal(conversion_draw(&f->conversion, &f->program, 1, &rect, 1), -EBADMSG);
}

static void
test_half_floats_keep_ten_bits(void **state)
{
	/* 0, 1/2, 1, and 2, which no screen has, as IEEE half-precision numbers. */
	static const uint16_t halves[4] = { 0, 0x3800, 0x3c00, 0x4000 };
	static const uint32_t expected[4] = { 0, 512, 1023, 1023 };
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_ABGR16161616F);

	assert_int_equal(convert(f, &layout, DRM_FORMAT_XBGR2101010), 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint16_t pixel[4] = { halves[i], halves[0], halves[3 - i], halves[1] };
		memcpy(f->memory + OFFSET + i * sizeof(pixel), pixel, sizeof(pixel));
	}
	draw_all(f, 0);
	for (uint32_t i = 0; i < 4; i++) {
		uint32_t pixel = target_pixel(f, 0, i, 0);

		assert_int_equal(pixel & 0x3ff, expected[i]);
		assert_int_equal(pixel >> 10 & 0x3ff, 0);
		assert_int_equal(pixel >> 20 & 0x3ff, expected[3 - i]);
	}
}

static int
clamp(double value)
{
	return value < 0 ? 0 : value > 255 ? 255 : (int)(value + 0.5);
}

/* ITU-R BT.601, 16 to 235 and 16 to 240: what EGL says is meant where nobody says otherwise. */
static uint32_t
rgb_of_yuv(int luma, int blue, int red)
{
	double y = 255.0 / 219 * (luma - 16), u = blue - 128, v = red - 128;
	double scale = 255.0 / 224;

	return (uint32_t)clamp(y + scale * 1.402 * v) << 16 |
	       (uint32_t)clamp(y - scale * (0.344136 * u + 0.714136 * v)) << 8 |
	       (uint32_t)clamp(y + scale * 1.772 * u);
}

/* The upper byte of a sample is what counts for both. */
static void
check_yuv(struct fixture *f, uint32_t fourcc, uint32_t bytes)
{
	static const uint8_t colours[][3] = { { 16, 128, 128 }, { 235, 128, 128 }, { 81, 90, 240 },
		{ 145, 54, 34 }, { 41, 240, 110 }, { 120, 100, 160 } };
	struct buffer_layout layout = layout_of(f, fourcc);
	uint8_t *chroma = f->memory + OFFSET + (size_t)STRIDE * HEIGHT;
	int r;

	layout.n_planes = 2;
	layout.planes[1] = (struct buffer_plane){
		.fd = f->fd,
		.offset = OFFSET + STRIDE * HEIGHT,
		.stride = STRIDE,
	};
	r = convert(f, &layout, DRM_FORMAT_XRGB8888);
	if (r == -ENOTSUP) {
		print_message(
			"this Mesa lists %.4s, and does not import it\n", (const char *)&fourcc);
		skip();
	}
	assert_int_equal(r, 0);
	assert_int_equal(f->conversion.texture.target, GL_TEXTURE_EXTERNAL_OES);
	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++) {
		memset(f->memory, 0, f->size);
		for (uint32_t at = bytes - 1; at < STRIDE * HEIGHT; at += bytes) {
			f->memory[OFFSET + at] = colours[i][0];
		}
		for (uint32_t at = bytes - 1; at + bytes < STRIDE * (HEIGHT + 1) / 2;
			at += 2 * bytes) {
			chroma[at] = colours[i][1];
			chroma[at + bytes] = colours[i][2];
		}
		draw_all(f, 0);
		assert_near(target_pixel(f, 0, 0, 0),
			rgb_of_yuv(colours[i][0], colours[i][1], colours[i][2]), 3);
		assert_near(target_pixel(f, 0, WIDTH - 1, HEIGHT - 1),
			rgb_of_yuv(colours[i][0], colours[i][1], colours[i][2]), 3);
	}
}

static void
test_two_planes(void **state)
{
	check_yuv(*state, DRM_FORMAT_NV12, 1);
	check_yuv(*state, DRM_FORMAT_P010, 2);
}

/* Such as a driver converts, or has no other access to. */
static void
test_external_textures(void **state)
{
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	struct texture *texture = &f->conversion.texture;
	uint32_t *expected;

	fill_with_noise(f, 4);
	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), 0);
	assert_int_equal(texture->target, GL_TEXTURE_2D);
	glDeleteTextures(1, &texture->name);
	glGenTextures(1, &texture->name);
	texture->target = GL_TEXTURE_EXTERNAL_OES;
	glBindTexture(texture->target, texture->name);
	f->context->set_texture_image(texture->target, (GLeglImageOES)texture->image);
	draw_all(f, 2);
	expected = reference(f, DRM_FORMAT_XRGB8888, DRM_FORMAT_XRGB8888);
	for (uint32_t y = 0; y < HEIGHT; y++) {
		for (uint32_t x = 0; x < WIDTH; x++) {
			assert_int_equal(target_pixel(f, 2, x, y) & 0xffffff,
				expected[y * WIDTH + x] & 0xffffff);
		}
	}
	free(expected);
}

static void
test_what_cannot_be_imported(void **state)
{
	struct fixture *f = *state;
	const struct buffer_layout good = layout_of(f, DRM_FORMAT_XRGB8888);
	struct buffer_layout bad = good;

	bad.modifier = I915_FORMAT_MOD_Y_TILED;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -ENOTSUP);
	bad = good;
	bad.fourcc = DRM_FORMAT_C8;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -ENOTSUP);
	bad = good;
	bad.planes[0].stride = 4 * WIDTH - 4;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -EBADMSG);
	/* Nor where only the GPU knows the format. */
	bad.fourcc = DRM_FORMAT_ABGR16161616F;
	bad.planes[0].stride = 8 * WIDTH - 8;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -EBADMSG);
	bad = good;
	bad.height = 2 * HEIGHT + 1;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -EBADMSG);
	/* Of a second plane only its first row would have to be there, by the general rules. */
	bad = good;
	bad.fourcc = DRM_FORMAT_NV12;
	bad.n_planes = 2;
	bad.planes[1] = good.planes[0];
	bad.planes[1].offset = (uint32_t)f->size - STRIDE;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -EBADMSG);
	bad.n_planes = 1;
	assert_int_equal(convert(f, &bad, DRM_FORMAT_XRGB8888), -EBADMSG);
	/* A target that nobody could draw into, and one that only a GPU has. */
	assert_int_equal(convert(f, &good, DRM_FORMAT_NV12), -ENOTSUP);
	assert_int_equal(convert(f, &good, DRM_FORMAT_XRGB8888), 0);
}

static void
test_offers_are_tried_in_order(void **state)
{
	static const struct gpu_offer offers[] = {
		{ .kind = BUFFER_DMABUF, .fourcc = DRM_FORMAT_XRGB8888, .n_modifiers = 1 },
		{ .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_RGB888 },
		{ .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XBGR8888 },
		{ .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XRGB8888 },
	};
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);
	const struct buffer_layout *target;
	struct fd_info info;

	assert_int_equal(
		conversion_init(&f->conversion, f->context, &layout, offers, 4, GPU_TARGETS), 0);
	target = &f->conversion.targets[2].layout;
	assert_int_equal(target->kind, BUFFER_MEMORY);
	assert_int_equal(target->fourcc, DRM_FORMAT_XBGR8888);
	assert_int_equal(fd_inspect(target->planes[0].fd, &info), 0);
	assert_true(info.sealed && info.writable);
	conversion_finish(&f->conversion, f->context);
	assert_int_equal(
		conversion_init(&f->conversion, f->context, &layout, offers, 0, GPU_TARGETS),
		-ENOTSUP);
}

static void
test_pictures_that_are_too_large(void **state)
{
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_RGB565);

	/* As large as the memory can be said to be, and more than GPU_MAX_TARGET_SIZE. */
	layout.width = BUFFER_MAX_DIMENSION;
	layout.height = BUFFER_MAX_DIMENSION;
	layout.planes[0].stride = BUFFER_MAX_DIMENSION * 2;
	assert_int_equal(
		ftruncate(f->fd, OFFSET + 2ll * BUFFER_MAX_DIMENSION * BUFFER_MAX_DIMENSION), 0);
	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), -E2BIG);
	layout.height = GPU_MAX_TARGET_SIZE / 4 / BUFFER_MAX_DIMENSION + 1;
	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), -E2BIG);
}

static void
test_rectangles_outside_the_buffer(void **state)
{
	static const struct rect bad[] = { { 0, 0, WIDTH + 1, 1 }, { 0, HEIGHT, 1, 1 },
		{ WIDTH - 1, 0, 2, 2 } };
	struct fixture *f = *state;
	struct buffer_layout layout = layout_of(f, DRM_FORMAT_XRGB8888);

	assert_int_equal(convert(f, &layout, DRM_FORMAT_XRGB8888), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(
			conversion_draw(&f->conversion, &f->program, 0, &bad[i], 1), -EBADMSG);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_format_of_the_table, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_rehearsal, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_only_the_damage_is_drawn_and_only_there, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_targets_hold_different_moments, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_no_more_targets_than_asked_for, setup, teardown),
		cmocka_unit_test_setup_teardown(test_half_floats_keep_ten_bits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_two_planes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_external_textures, setup, teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_imported, setup, teardown),
		cmocka_unit_test_setup_teardown(test_offers_are_tried_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pictures_that_are_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_rectangles_outside_the_buffer, setup, teardown),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
