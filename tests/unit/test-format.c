#include "unit.h"

#include <drm_fourcc.h>
#include <pixman.h>
#include <stdio.h>
#include <string.h>
#include <wayland-client-protocol.h>

#include "format.h"

/*
 * Written from the headers of the three sides; the bytes of red, green and blue from the comments
 * in drm_fourcc.h ("[31:0] x:R:G:B 8:8:8:8 little endian").
 */
struct expectation {
	const char *name;
	uint32_t fourcc, opaque, pixman, shm, bytes;
	uint8_t red[4], green[4], blue[4];
};

#define ROW(fourcc, opaque, pixman, bytes, ...) \
	{ \
#fourcc, DRM_FORMAT_##fourcc, DRM_FORMAT_##opaque, PIXMAN_##pixman, \
			WL_SHM_FORMAT_##fourcc, bytes, __VA_ARGS__ \
	}
#define RED(...) \
	{ \
		__VA_ARGS__ \
	}
#define GREEN(...) \
	{ \
		__VA_ARGS__ \
	}
#define BLUE(...) \
	{ \
		__VA_ARGS__ \
	}

static const struct expectation expectations[] = {
	ROW(XRGB8888, XRGB8888, x8r8g8b8, 4, RED(0, 0, 255, 7), GREEN(0, 255, 0, 7),
		BLUE(255, 0, 0, 7)),
	ROW(ARGB8888, XRGB8888, a8r8g8b8, 4, RED(0, 0, 255, 255), GREEN(0, 255, 0, 255),
		BLUE(255, 0, 0, 255)),
	ROW(XBGR8888, XBGR8888, x8b8g8r8, 4, RED(255, 0, 0, 7), GREEN(0, 255, 0, 7),
		BLUE(0, 0, 255, 7)),
	ROW(ABGR8888, XBGR8888, a8b8g8r8, 4, RED(255, 0, 0, 255), GREEN(0, 255, 0, 255),
		BLUE(0, 0, 255, 255)),
	ROW(BGRX8888, BGRX8888, b8g8r8x8, 4, RED(7, 255, 0, 0), GREEN(7, 0, 255, 0),
		BLUE(7, 0, 0, 255)),
	ROW(BGRA8888, BGRX8888, b8g8r8a8, 4, RED(255, 255, 0, 0), GREEN(255, 0, 255, 0),
		BLUE(255, 0, 0, 255)),
	ROW(RGBX8888, RGBX8888, r8g8b8x8, 4, RED(7, 0, 0, 255), GREEN(7, 0, 255, 0),
		BLUE(7, 255, 0, 0)),
	ROW(RGBA8888, RGBX8888, r8g8b8a8, 4, RED(255, 0, 0, 255), GREEN(255, 0, 255, 0),
		BLUE(255, 255, 0, 0)),
	ROW(XRGB2101010, XRGB2101010, x2r10g10b10, 4, RED(0, 0, 0xf0, 0x3f),
		GREEN(0, 0xfc, 0x0f, 0), BLUE(0xff, 0x03, 0, 0x40)),
	ROW(ARGB2101010, XRGB2101010, a2r10g10b10, 4, RED(0, 0, 0xf0, 0xff),
		GREEN(0, 0xfc, 0x0f, 0xc0), BLUE(0xff, 0x03, 0, 0xc0)),
	ROW(XBGR2101010, XBGR2101010, x2b10g10r10, 4, RED(0xff, 0x03, 0, 0x40),
		GREEN(0, 0xfc, 0x0f, 0), BLUE(0, 0, 0xf0, 0x3f)),
	ROW(ABGR2101010, XBGR2101010, a2b10g10r10, 4, RED(0xff, 0x03, 0, 0xc0),
		GREEN(0, 0xfc, 0x0f, 0xc0), BLUE(0, 0, 0xf0, 0xff)),
	ROW(RGB888, RGB888, r8g8b8, 3, RED(0, 0, 255), GREEN(0, 255, 0), BLUE(255, 0, 0)),
	ROW(BGR888, BGR888, b8g8r8, 3, RED(255, 0, 0), GREEN(0, 255, 0), BLUE(0, 0, 255)),
	ROW(RGB565, RGB565, r5g6b5, 2, RED(0, 0xf8), GREEN(0xe0, 0x07), BLUE(0x1f, 0)),
	ROW(XRGB1555, XRGB1555, x1r5g5b5, 2, RED(0, 0x7c), GREEN(0xe0, 0x03), BLUE(0x1f, 0x80)),
};

#define N_EXPECTATIONS (sizeof(expectations) / sizeof(expectations[0]))

static void
test_every_row(void **state)
{
	for (size_t i = 0; i < N_EXPECTATIONS; i++) {
		const struct expectation *wanted = &expectations[i];
		const struct format *format = format_from_fourcc(wanted->fourcc);

		assert_non_null(format);
		assert_string_equal(format->name, wanted->name);
		assert_int_equal(format->fourcc, wanted->fourcc);
		assert_int_equal(format->opaque, wanted->opaque);
		assert_int_equal(format->pixman, wanted->pixman);
		assert_int_equal(format->shm, wanted->shm);
		assert_int_equal(format->bytes_per_pixel, wanted->bytes);
		assert_ptr_equal(format_from_pixman(wanted->pixman), format);
		assert_ptr_equal(format_from_shm(wanted->shm), format);
		assert_int_equal(format_opaque(wanted->fourcc), wanted->opaque);
	}
}

static void
test_table_has_nothing_else(void **state)
{
	uint32_t n = 0;

	while (format_at(n) != NULL) {
		n++;
	}
	assert_int_equal(n, N_EXPECTATIONS);
	assert_null(format_at(UINT32_MAX));
	assert_null(format_from_fourcc(DRM_FORMAT_NV12));
	assert_null(format_from_fourcc(0));
	assert_null(format_from_pixman(0));
	assert_null(format_from_shm(WL_SHM_FORMAT_NV12));
	assert_int_equal(format_opaque(DRM_FORMAT_NV12), DRM_FORMAT_NV12);
}

/* What needs alpha must have a twin that does not, and only that. */
static void
test_opaque_twins_have_no_alpha(void **state)
{
	const struct format *format;

	for (uint32_t i = 0; (format = format_at(i)) != NULL; i++) {
		const struct format *twin = format_from_fourcc(format->opaque);

		assert_non_null(twin);
		assert_int_equal(PIXMAN_FORMAT_A(twin->pixman), 0);
		assert_int_equal(twin->opaque, twin->fourcc);
		assert_int_equal(twin->bytes_per_pixel, format->bytes_per_pixel);
		assert_int_equal(PIXMAN_FORMAT_R(twin->pixman), PIXMAN_FORMAT_R(format->pixman));
		assert_int_equal(
			twin->fourcc == format->fourcc, PIXMAN_FORMAT_A(format->pixman) == 0);
	}
}

static uint32_t
convert(const struct format *format, const uint8_t bytes[4])
{
	uint32_t source = 0, target = 0;
	pixman_image_t *from, *to;

	memcpy(&source, bytes, 4);
	from = pixman_image_create_bits(format->pixman, 1, 1, &source, 4);
	to = pixman_image_create_bits(PIXMAN_a8r8g8b8, 1, 1, &target, 4);
	pixman_image_composite32(PIXMAN_OP_SRC, from, NULL, to, 0, 0, 0, 0, 0, 0, 1, 1);
	pixman_image_unref(from);
	pixman_image_unref(to);
	return target;
}

static void
test_colours_through_pixman(void **state)
{
	for (size_t i = 0; i < N_EXPECTATIONS; i++) {
		const struct expectation *wanted = &expectations[i];
		const struct format *format = format_from_fourcc(wanted->fourcc);
		const struct format *twin = format_from_fourcc(wanted->opaque);
		uint8_t no_alpha[4];

		print_message("%s\n", wanted->name);
		assert_int_equal(convert(format, wanted->red), 0xffff0000);
		assert_int_equal(convert(format, wanted->green), 0xff00ff00);
		assert_int_equal(convert(format, wanted->blue), 0xff0000ff);
		/* The twin makes the same of it, whatever stands where alpha was. */
		for (uint32_t byte = 0; byte < 4; byte++) {
			no_alpha[byte] =
				wanted->red[byte] & wanted->green[byte] & wanted->blue[byte];
			no_alpha[byte] = (uint8_t)(wanted->red[byte] & ~no_alpha[byte]);
		}
		assert_int_equal(convert(twin, no_alpha), 0xffff0000);
	}
}

static void
test_deep_formats_are_of_the_table(void **state)
{
	static const uint32_t deep[] = { DRM_FORMAT_XRGB2101010, DRM_FORMAT_ABGR2101010,
		DRM_FORMAT_P010, DRM_FORMAT_XBGR16161616F };

	for (size_t i = 0; i < sizeof(deep) / sizeof(deep[0]); i++) {
		const struct format *format = format_from_fourcc(format_deep(deep[i]));

		assert_non_null(format);
		assert_int_equal(PIXMAN_FORMAT_R(format->pixman), 10);
	}
	assert_int_equal(format_deep(DRM_FORMAT_XRGB8888), 0);
	assert_int_equal(format_deep(DRM_FORMAT_NV12), 0);
}

static void
test_fourcc_text(void **state)
{
	char text[FORMAT_FOURCC_TEXT_SIZE];

	assert_string_equal(format_fourcc_text(DRM_FORMAT_XRGB8888, text), "XR24");
	assert_string_equal(format_fourcc_text(0x1b5b4a41, text), "AJ[?");
	assert_string_equal(format_fourcc_text(0, text), "????");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_table_has_nothing_else),
		cmocka_unit_test(test_opaque_twins_have_no_alpha),
		cmocka_unit_test(test_colours_through_pixman),
		cmocka_unit_test(test_deep_formats_are_of_the_table),
		cmocka_unit_test(test_fourcc_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
