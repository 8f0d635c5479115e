#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "buffer.h"
#include "headless/picture-file.h"

#define TEXT(text) (const uint8_t *)(text), sizeof(text) - 1

static void
check_pixels(
	const uint8_t *data, size_t size, uint32_t width, uint32_t height, const uint32_t *expected)
{
	char error[PICTURE_FILE_ERROR_SIZE] = "";
	struct image *image;

	if (picture_file_decode(data, size, error, &image) < 0) {
		fail_msg("%s", error);
	}
	assert_int_equal(image->width, width);
	assert_int_equal(image->height, height);
	assert_int_equal(image->stride, width * 4);
	for (uint32_t i = 0; i < width * height; i++) {
		assert_int_equal(image->pixels[i], expected[i]);
	}
	image_destroy(image);
}

static void
check_error(const uint8_t *data, size_t size, int expected, const char *words)
{
	/* Of its own size, so that the sanitizer sees reads behind the end. */
	uint8_t *exact = malloc(size > 0 ? size : 1);
	char error[PICTURE_FILE_ERROR_SIZE] = "";
	struct image *image = NULL;
	int r;

	memcpy(exact, data, size);
	r = picture_file_decode(exact, size, error, &image);
	free(exact);
	if (r != expected || strcmp(error, words) != 0) {
		fail_msg("%d, \"%s\"; not %d, \"%s\"", r, error, expected, words);
	}
	assert_null(image);
}

/* As libpng writes it in any of its ways: 4 pixels, the last of them transparent. */
static const uint8_t rgba[] = {
	255, 0, 0, 255, /**/ 0, 255, 0, 128, /**/
	0, 0, 255, 1, /**/ 17, 34, 51, 0,    /**/
};
static const uint32_t argb[] = { 0xffff0000, 0x8000ff00, 0x010000ff, 0x00112233 };
static const uint32_t rgb[] = { 0xffff0000, 0xff00ff00, 0xff0000ff, 0xff112233 };

static size_t
write_png(uint32_t format, const void *pixels, const void *colours, uint8_t *file, size_t size)
{
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = 2,
		.height = 2,
		.format = format,
		.colormap_entries = colours != NULL ? 4 : 0,
	};

	assert_true(png_image_write_to_memory(&png, file, &size, 0, pixels, 0, colours));
	return size;
}

static void
test_png(void **state)
{
	static const uint8_t indices[] = { 0, 1, 2, 3 };
	static const uint8_t three[] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 17, 34, 51 };
	static const uint8_t levels[] = { 0, 1, 128, 255 };
	static const uint32_t greys[] = { 0xff000000, 0xff010101, 0xff808080, 0xffffffff };
	uint8_t file[4096];
	size_t size;

	size = write_png(PNG_FORMAT_RGBA, rgba, NULL, file, sizeof(file));
	check_pixels(file, size, 2, 2, argb);
	size = write_png(PNG_FORMAT_RGB, three, NULL, file, sizeof(file));
	check_pixels(file, size, 2, 2, rgb);
	size = write_png(PNG_FORMAT_RGBA_COLORMAP, indices, rgba, file, sizeof(file));
	check_pixels(file, size, 2, 2, argb);
	size = write_png(PNG_FORMAT_GRAY, levels, NULL, file, sizeof(file));
	check_pixels(file, size, 2, 2, greys);
}

static void
test_broken_png(void **state)
{
	uint8_t file[4096], copy[4096];
	size_t size = write_png(PNG_FORMAT_RGBA, rgba, NULL, file, sizeof(file));
	char error[PICTURE_FILE_ERROR_SIZE];
	struct image *image;

	/* libpng leaves out at most the end of what it knows already. */
	for (size_t i = 8; i < size - 40; i++) {
		check_error(file, i, -EBADMSG, "the PNG is cut short");
	}
	check_error(file, 7, -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
	for (size_t i = 8; i < size; i++) {
		int r;

		memcpy(copy, file, size);
		copy[i] ^= 0x10;
		r = picture_file_decode(copy, size, error, &image);
		if (r == 0) {
			image_destroy(image);
		} else {
			assert_int_equal(r, -EBADMSG);
			assert_true(strlen(error) > 10);
		}
	}
}

/* A header alone is enough to be refused. */
static void
test_large_png(void **state)
{
	png_image png = {
		.version = PNG_IMAGE_VERSION,
		.width = BUFFER_MAX_DIMENSION + 1,
		.height = 1,
		.format = PNG_FORMAT_GRAY,
	};
	uint8_t *row = calloc(1, png.width), file[4096];
	size_t size = sizeof(file);

	assert_true(png_image_write_to_memory(&png, file, &size, 0, row, 0, NULL));
	check_error(file, size, -EFBIG, "the picture is too large");
	free(row);
}

static void
test_ppm(void **state)
{
	static const uint32_t expected[] = { 0xff616263, 0xff646566 };

	check_pixels(TEXT("P6\n2 1\n255\nabcdef"), 2, 1, expected);
	check_pixels(TEXT("P6 1\t2\r\n255 abcdef"), 1, 2, expected);
	check_pixels(TEXT("P6\n# 9 9\n2 # two\n#\n1\n255\nabcdefmore"), 2, 1, expected);
	/* One white space is the header's, further ones are pixels. */
	check_pixels(TEXT("P6 1 1 255 \n\n\n"), 1, 1, &(uint32_t){ 0xff0a0a0a });
}

static void
test_broken_ppm(void **state)
{
	static const char whole[] = "P6\n2 1\n255\nabcdef";

	for (size_t i = 2; i < 11; i++) {
		check_error((const uint8_t *)whole, i, -EBADMSG, "the PPM has no complete header");
	}
	for (size_t i = 11; i < sizeof(whole) - 1; i++) {
		check_error((const uint8_t *)whole, i, -EBADMSG, "the PPM is cut short");
	}
	check_error(TEXT("P6\n# 2 1"), -EBADMSG, "the PPM has no complete header");
	check_error(TEXT("P6 -2 1 255 abcdef"), -EBADMSG, "the PPM has no complete header");
	check_error(
		TEXT("P6 2 1 65535 abcdef"), -ENOTSUP, "the PPM has not 8 bits for each channel");
	check_error(TEXT("P6 2 1 25 abcdef"), -ENOTSUP, "the PPM has not 8 bits for each channel");
	check_error(TEXT("P6 0 1 255 abcdef"), -EBADMSG, "the picture has no area");
	check_error(TEXT("P6 16385 1 255 abcdef"), -EFBIG, "the picture is too large");
	check_error(TEXT("P6 1 16385 255 abcdef"), -EFBIG, "the picture is too large");
	check_error(TEXT("P6 16384 16384 255 abcdef"), -EBADMSG, "the PPM is cut short");
	check_error(TEXT("P6 4294967298 1 255 abcdef"), -EFBIG, "the picture is too large");
	check_error(TEXT("P6 99999999999999999999 9 255 a"), -EFBIG, "the picture is too large");
}

#define QOI_END "\0\0\0\0\0\0\0\1"

/* Each kind of chunk, written by hand from the specification. */
static void
test_qoi(void **state)
{
	static const uint8_t file[] = "qoif\0\0\0\5\0\0\0\2\4\0"
				      "\xc1"                 /* run: the first black, twice */
				      "\xfe\x80\x40\x20"     /* RGB */
				      "\x7b"                 /* difference: +1, 0, +1 */
				      "\x6a"                 /* difference: nothing, 2 - 2 */
				      "\xa5\x79"             /* luma: +5, 4 red, 6 blue */
				      "\xff\x01\x02\x03\x00" /* RGBA */
				      "\xfe\xff\xff\xff"     /* keeps the alpha */
				      "\x40"                 /* wraps: -2 */
				      "\x34"                 /* index 52 */
		QOI_END;
	uint32_t expected[] = { 0xff000000, 0xff000000, 0xff804020, 0xff814021, 0xff814021,
		0xff854527, 0x00010203, 0x00ffffff, 0x00fdfdfd, 0 };
	/* (0x80 * 3 + 0x40 * 5 + 0x20 * 7 + 255 * 11) % 64 */
	uint32_t place = (0x80 * 3 + 0x40 * 5 + 0x20 * 7 + 255 * 11) % 64;
	uint8_t copy[sizeof(file) - 1];

	memcpy(copy, file, sizeof(copy));
	copy[sizeof(copy) - 9] = (uint8_t)place;
	expected[9] = 0xff804020;
	check_pixels(copy, sizeof(copy), 5, 2, expected);
	/* Three channels: all of it is opaque. */
	copy[12] = 3;
	for (size_t i = 0; i < 10; i++) {
		expected[i] |= 0xff000000;
	}
	check_pixels(copy, sizeof(copy), 5, 2, expected);
	for (size_t i = 4; i < 14; i++) {
		check_error(copy, i, -EBADMSG, "the QOI has no complete header");
	}
	for (size_t i = 14; i < sizeof(copy); i++) {
		check_error(copy, i, -EBADMSG, "the QOI is cut short");
	}
}

static void
test_broken_qoi(void **state)
{
	check_error(TEXT("qoif\0\0\0\1\0\0\0\1\5\0\xc0" QOI_END), -EBADMSG,
		"the QOI has no complete header");
	check_error(TEXT("qoif\0\0\0\1\0\0\0\1\3\2\xc0" QOI_END), -EBADMSG,
		"the QOI has no complete header");
	check_error(
		TEXT("qoif\0\0\0\0\0\0\0\1\3\0\xc0" QOI_END), -EBADMSG, "the picture has no area");
	check_error(
		TEXT("qoif\0\0\x40\1\0\0\0\1\3\0\xc0" QOI_END), -EFBIG, "the picture is too large");
	check_error(TEXT("qoif\xff\xff\xff\xff\xff\xff\xff\xff\3\0\xc0" QOI_END), -EFBIG,
		"the picture is too large");
	check_error(
		TEXT("qoif\0\0\x40\0\0\0\x40\0\3\0\xfd" QOI_END), -EBADMSG, "the QOI is cut short");
	/* A run beyond the last pixel is cut. */
	check_pixels(TEXT("qoif\0\0\0\1\0\0\0\1\3\0\xfd" QOI_END), 1, 1, &(uint32_t){ 0xff000000 });
	/* A pixel that takes the end's bytes for its own. */
	check_error(TEXT("qoif\0\0\0\1\0\0\0\1\3\0\xff" QOI_END), -EBADMSG, "the QOI is cut short");
}

static void
test_nothing(void **state)
{
	check_error(TEXT(""), -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
	check_error(TEXT("P3 1 1 255 0 0 0"), -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
	check_error(TEXT("GIF89a"), -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
}

static void
check_file(const char *path, int expected, const char *words)
{
	char error[PICTURE_FILE_ERROR_SIZE] = "";
	struct image *image;

	assert_int_equal(picture_file_read(path, error, &image), expected);
	assert_string_equal(error, words);
}

static void
test_files(void **state)
{
	char directory[UNIT_PATH_SIZE], path[UNIT_PATH_SIZE + 8], error[PICTURE_FILE_ERROR_SIZE];
	struct image *image;
	int fd;

	unit_directory_create(directory);
	snprintf(path, sizeof(path), "%s/file", directory);
	check_file(path, -ENOENT, "No such file or directory");
	check_file(directory, -EINVAL, "not a regular file");
	assert_int_equal(mkfifo(path, 0600), 0);
	check_file(path, -EINVAL, "not a regular file");
	assert_int_equal(unlink(path), 0);

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	check_file(path, -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
	assert_int_equal(write(fd, "P6 1 1 255 abc", 14), 14);
	assert_int_equal(picture_file_read(path, error, &image), 0);
	assert_int_equal(image->pixels[0], 0xff616263);
	image_destroy(image);
	assert_int_equal(ftruncate(fd, PICTURE_FILE_MAX_SIZE + 1), 0);
	check_file(path, -EFBIG, "the file is too large");
	close(fd);
	unit_directory_remove(directory);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_png),
		cmocka_unit_test(test_broken_png),
		cmocka_unit_test(test_large_png),
		cmocka_unit_test(test_ppm),
		cmocka_unit_test(test_broken_ppm),
		cmocka_unit_test(test_qoi),
		cmocka_unit_test(test_broken_qoi),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
