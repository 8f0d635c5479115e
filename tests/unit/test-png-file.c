#include "unit.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "headless/deflate.h"
#include "headless/png-file.h"

/* What a picture shows at a place. */
typedef uint32_t (*pattern_fn)(uint32_t x, uint32_t y, uint32_t random);

static uint32_t
black(uint32_t x, uint32_t y, uint32_t random)
{
	return 0;
}

static uint32_t
noise(uint32_t x, uint32_t y, uint32_t random)
{
	return random;
}

static uint32_t
gradient(uint32_t x, uint32_t y, uint32_t random)
{
	return (x / 3 & 255) << 16 | (y & 255) << 8 | (255 - ((x + y) / 7 & 255));
}

/* Rows that are those above, with a pixel here and there that is not. */
static uint32_t
columns(uint32_t x, uint32_t y, uint32_t random)
{
	return random % 97 == 0 ? random : x * x * 0x010305;
}

/* Few colours in short runs, as letters are. */
static uint32_t
letters(uint32_t x, uint32_t y, uint32_t random)
{
	static const uint32_t colours[] = { 0xffffff, 0xffffff, 0x000000, 0x7f7f7f, 0xc0c0c0 };

	return colours[(x / 2 * 7 + y % 13 * (x % 11) + random % 5 / 4) % 5];
}

/* As far away as a match can be, and farther. */
static uint32_t
far(uint32_t x, uint32_t y, uint32_t random)
{
	return (x + y * 5) % 10923 * 0x9e3779b1u >> 8;
}

static const pattern_fn patterns[] = { black, noise, gradient, columns, letters, far };

static struct image *
create_picture(uint32_t width, uint32_t height, pattern_fn pattern)
{
	uint32_t seed = width * 31 + height;
	struct image *image;

	assert_int_equal(image_create(width, height, &image), 0);
	for (uint32_t y = 0; y < height; y++) {
		for (uint32_t x = 0; x < width; x++) {
			image->pixels[(size_t)y * width + x] =
				0xff000000 | (pattern(x, y, unit_random(&seed)) & 0xffffff);
		}
	}
	return image;
}

/* By libpng, which checks every checksum, and complains about what is too much as well. */
static void
check_file(const struct image *image, const uint8_t *data, size_t size)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	size_t n_pixels = (size_t)image->width * image->height;
	uint8_t *rgb = malloc(n_pixels * 3);

	assert_true(png_image_begin_read_from_memory(&png, data, size));
	assert_int_equal(png.width, image->width);
	assert_int_equal(png.height, image->height);
	assert_int_equal(png.format, PNG_FORMAT_RGB);
	if (!png_image_finish_read(&png, NULL, rgb, 0, NULL) || png.warning_or_error != 0) {
		fail_msg("%ux%u: %s", image->width, image->height, png.message);
	}
	for (size_t i = 0; i < n_pixels; i++) {
		uint32_t pixel = 0xff000000 | (uint32_t)rgb[3 * i] << 16 | rgb[3 * i + 1] << 8 |
				 rgb[3 * i + 2];
		assert_int_equal(pixel, image->pixels[i]);
	}
	free(rgb);
}

/* Returns the size. */
static size_t
check_picture(uint32_t width, uint32_t height, pattern_fn pattern)
{
	struct image *image = create_picture(width, height, pattern);
	size_t size, size_again;
	uint8_t *data, *again;

	assert_int_equal(png_file_encode(image, &data, &size), 0);
	check_file(image, data, size);
	/* The same bytes each time. */
	assert_int_equal(png_file_encode(image, &again, &size_again), 0);
	assert_int_equal(size, size_again);
	assert_memory_equal(data, again, size);
	free(data);
	free(again);
	image_destroy(image);
	return size;
}

/* Around the length of a match, the pixels compared at once, the window in rows and in one row. */
static void
test_sizes(void **state)
{
	static const uint32_t sizes[][2] = { { 1, 1 }, { 1, 2 }, { 2, 1 }, { 1, 16384 },
		{ 3, 9000 }, { 4, 4 }, { 5, 3 }, { 7, 7 }, { 85, 5 }, { 86, 5 }, { 87, 5 },
		{ 88, 5 }, { 172, 3 }, { 173, 3 }, { 259, 60 }, { 1364, 40 }, { 1365, 40 },
		{ 1366, 40 }, { 5461, 5 }, { 10921, 4 }, { 10922, 4 }, { 10923, 4 },
		{ BUFFER_MAX_DIMENSION, 3 } };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (size_t k = 0; k < sizeof(patterns) / sizeof(patterns[0]); k++) {
			check_picture(sizes[i][0], sizes[i][1], patterns[k]);
		}
	}
}

/* Each of several blocks, and codes of each length. */
static void
test_large_pictures(void **state)
{
	for (size_t k = 0; k < sizeof(patterns) / sizeof(patterns[0]); k++) {
		check_picture(1280, 300, patterns[k]);
	}
	assert_true(1280 * 300 > 5 * DEFLATE_BLOCK_TOKENS);
}

/* Noise grows by little, and what repeats itself nearly vanishes. */
static void
test_what_they_take(void **state)
{
	const size_t raw = 640 * 480 * 3;

	assert_true(check_picture(640, 480, noise) < raw + raw / 200);
	assert_true(check_picture(640, 480, black) < raw / 200);
	assert_true(check_picture(640, 480, gradient) < raw / 20);
	assert_true(check_picture(640, 480, columns) < raw / 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_large_pictures),
		cmocka_unit_test(test_what_they_take),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
