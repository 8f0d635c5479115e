#include "unit.h"

#include <errno.h>
#include <pixman.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "cursor.h"
#include "headless/compose.h"

#define WIDTH 50
#define HEIGHT 40
#define CURSOR_WIDTH 24
#define CURSOR_HEIGHT 17

static struct image *
create_noise(uint32_t width, uint32_t height, uint32_t seed)
{
	struct image *image;

	assert_int_equal(image_create(width, height, &image), 0);
	for (uint32_t i = 0; i < width * height; i++) {
		image->pixels[i] = 0xff000000 | unit_random(&seed);
	}
	return image;
}

/* Every alpha, colours up to it. */
static void
fill_cursor(uint32_t pixels[CURSOR_WIDTH * CURSOR_HEIGHT])
{
	uint32_t seed = 11;

	for (uint32_t i = 0; i < CURSOR_WIDTH * CURSOR_HEIGHT; i++) {
		uint32_t alpha = i % 256, pixel = alpha << 24;

		for (int shift = 0; shift < 24; shift += 8) {
			pixel |= (unit_random(&seed) % (alpha + 1)) << shift;
		}
		pixels[i] = pixel;
	}
}

static pixman_image_t *
pixman_of(uint32_t *pixels, int width, int height, pixman_format_code_t code)
{
	pixman_image_t *image =
		pixman_image_create_bits_no_clear(code, width, height, pixels, width * 4);

	assert_non_null(image);
	return image;
}

/* Judged by pixman, at all places where it is cut off and where it is not. */
static void
test_cursor(void **state)
{
	static uint32_t pixels[CURSOR_WIDTH * CURSOR_HEIGHT];
	struct cursor_image cursor = {
		.width = CURSOR_WIDTH,
		.height = CURSOR_HEIGHT,
		.hot_x = 3,
		.hot_y = 5,
		.pixels = pixels,
	};
	pixman_image_t *source = pixman_of(pixels, CURSOR_WIDTH, CURSOR_HEIGHT, PIXMAN_a8r8g8b8);

	fill_cursor(pixels);
	for (int32_t gy = -CURSOR_HEIGHT - 1; gy <= HEIGHT + 1; gy++) {
		for (int32_t gx = -CURSOR_WIDTH - 1; gx <= WIDTH + 1; gx++) {
			struct image *image = create_noise(WIDTH, HEIGHT, 12);
			struct image *expected = create_noise(WIDTH, HEIGHT, 12);
			pixman_image_t *target =
				pixman_of(expected->pixels, WIDTH, HEIGHT, PIXMAN_x8r8g8b8);

			compose_draw_cursor(image, &cursor, gx, gy);
			pixman_image_composite32(PIXMAN_OP_OVER, source, NULL, target, 0, 0, 0, 0,
				gx, gy, CURSOR_WIDTH, CURSOR_HEIGHT);
			for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
				assert_int_equal(
					image->pixels[i], 0xff000000 | expected->pixels[i]);
			}
			pixman_image_unref(target);
			image_destroy(image);
			image_destroy(expected);
		}
	}
	pixman_image_unref(source);
}

static void
test_cursor_far_away(void **state)
{
	static const int32_t places[] = { INT32_MIN, -CURSOR_MAX_DIMENSION, WIDTH, INT32_MAX };
	static const uint32_t white = 0xffffffff;
	struct cursor_image cursor = { .width = 1, .height = 1, .pixels = &white };
	struct image *image;

	assert_int_equal(image_create(WIDTH, HEIGHT, &image), 0);
	for (size_t i = 0; i < 4; i++) {
		compose_draw_cursor(image, &cursor, places[i], 0);
		compose_draw_cursor(image, &cursor, 0, places[i]);
		compose_draw_cursor(image, &cursor, places[i], places[i]);
	}
	for (uint32_t i = 0; i < WIDTH * HEIGHT; i++) {
		assert_int_equal(image->pixels[i], 0xff000000);
	}
	image_destroy(image);
}

/* Not premultiplied, against the rules: as bright as can be, and nothing beside it changes. */
static void
test_cursor_of_a_bad_guest(void **state)
{
	static const uint32_t pixel = 0x0000ff00;
	struct cursor_image cursor = { .width = 1, .height = 1, .pixels = &pixel };
	struct image *image;

	assert_int_equal(image_create(1, 1, &image), 0);
	image->pixels[0] = 0xff101010;
	compose_draw_cursor(image, &cursor, 0, 0);
	assert_int_equal(image->pixels[0], 0xff10ff10);
	image_destroy(image);
}

static void
test_stitch(void **state)
{
	struct image *first = create_noise(20, 10, 1), *second = create_noise(7, 30, 2), *all;
	const struct image *images[] = { first, second };
	struct compose_place places[] = { { -5, 3 }, { 10, -8 } };

	assert_int_equal(compose_stitch(images, places, 2, &all), 0);
	assert_int_equal(all->width, 22);
	assert_int_equal(all->height, 30);
	for (int32_t y = 0; y < 30; y++) {
		for (int32_t x = 0; x < 22; x++) {
			uint32_t expected = 0xff000000;

			if (x >= 15) {
				expected = second->pixels[y * 7 + x - 15];
			} else if (y >= 11 && y < 21) {
				expected = first->pixels[(y - 11) * 20 + x];
			}
			assert_int_equal(all->pixels[y * 22 + x], expected);
		}
	}
	image_destroy(all);
	/* One alone is itself, wherever it is. */
	places[0] = (struct compose_place){ INT32_MAX, INT32_MIN };
	assert_int_equal(compose_stitch(images, places, 1, &all), 0);
	assert_int_equal(all->width, 20);
	assert_memory_equal(all->pixels, first->pixels, first->stride * 10);
	image_destroy(all);
	image_destroy(first);
	image_destroy(second);
}

static void
test_stitch_too_large(void **state)
{
	struct image *image = create_noise(1, 1, 3), *all;
	const struct image *images[] = { image, image };
	struct compose_place places[] = { { 0, 0 }, { BUFFER_MAX_DIMENSION - 1, 0 } };

	assert_int_equal(compose_stitch(images, places, 2, &all), 0);
	assert_int_equal(all->width, BUFFER_MAX_DIMENSION);
	image_destroy(all);
	places[1].x++;
	assert_int_equal(compose_stitch(images, places, 2, &all), -EFBIG);
	places[1] = (struct compose_place){ 0, BUFFER_MAX_DIMENSION };
	assert_int_equal(compose_stitch(images, places, 2, &all), -EFBIG);
	places[0] = (struct compose_place){ INT32_MIN, INT32_MIN };
	places[1] = (struct compose_place){ INT32_MAX, INT32_MAX };
	assert_int_equal(compose_stitch(images, places, 2, &all), -EFBIG);
	image_destroy(image);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor),
		cmocka_unit_test(test_cursor_far_away),
		cmocka_unit_test(test_cursor_of_a_bad_guest),
		cmocka_unit_test(test_stitch),
		cmocka_unit_test(test_stitch_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
