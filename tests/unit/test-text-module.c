#include "unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/text-module.h"

extern const struct text_module text_module;

#define WIDTH 640
#define HEIGHT 480

static int
draw(enum text_style style, uint32_t scale, uint32_t width, uint32_t height, const char *text,
	struct text_picture *ret_picture)
{
	struct text_request request = {
		.style = style,
		.scale = scale,
		.max_width = width,
		.max_height = height,
	};

	snprintf(request.text, sizeof(request.text), "%s", text);
	return text_module.draw(&request, ret_picture);
}

/* What rows of the picture have something brighter than the panel's black. */
static uint32_t
count_bright_rows(const struct text_picture *picture)
{
	uint32_t n = 0;

	for (uint32_t y = 0; y < picture->height; y++) {
		for (uint32_t x = 0; x < picture->width; x++) {
			if ((picture->pixels[y * picture->width + x] & 0xff) > 0x40) {
				n++;
				break;
			}
		}
	}
	return n;
}

static bool
same(const struct text_picture *a, const struct text_picture *b)
{
	return a->width == b->width && a->height == b->height &&
	       memcmp(a->pixels, b->pixels, (size_t)a->width * a->height * sizeof(*a->pixels)) == 0;
}

static void
test_text_is_drawn_and_the_picture_is_no_larger(void **state)
{
	struct text_picture small, large;

	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Off", &small), 0);
	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Off\nA longer line", &large), 0);
	assert_in_range(count_bright_rows(&small), 8, small.height);
	assert_true(large.width > small.width && large.height > small.height);
	assert_true(large.width < WIDTH && large.height < HEIGHT);
	free(small.pixels);
	free(large.pixels);
}

static void
test_nothing_is_drawn_outside_of_text(void **state)
{
	struct text_picture picture;

	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Off", &picture), 0);
	/* Transparent at the corners, and valid as premultiplied everywhere. */
	assert_int_equal(picture.pixels[0], 0);
	assert_int_equal(picture.pixels[picture.width * picture.height - 1], 0);
	for (uint32_t i = 0; i < picture.width * picture.height; i++) {
		uint32_t alpha = picture.pixels[i] >> 24;
		assert_true((picture.pixels[i] & 0xff) <= alpha);
		assert_true((picture.pixels[i] >> 16 & 0xff) <= alpha);
	}
	free(picture.pixels);
}

static void
test_a_panel_is_dark_and_translucent(void **state)
{
	struct text_picture picture;
	uint32_t alpha;

	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "60 Hz\n1.2 ms", &picture), 0);
	alpha = picture.pixels[0] >> 24;
	assert_in_range(alpha, 0x80, 0xf0);
	assert_int_equal(picture.pixels[0] & 0xffffff, 0);
	assert_in_range(count_bright_rows(&picture), 12, picture.height - 4);
	free(picture.pixels);
}

static void
test_the_pitch_is_fixed_in_a_panel(void **state)
{
	struct text_picture a, b;

	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "iiii", &a), 0);
	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "WWWW", &b), 0);
	assert_int_equal(a.width, b.width);
	free(a.pixels);
	free(b.pixels);
}

static void
test_scale_makes_more_pixels(void **state)
{
	struct text_picture one, three;

	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "60 Hz", &one), 0);
	assert_int_equal(draw(TEXT_PANEL, 3, 3 * WIDTH, 3 * HEIGHT, "60 Hz", &three), 0);
	assert_in_range(three.width, 2 * one.width, 4 * one.width);
	assert_int_equal(three.width % 3, 0);
	assert_int_equal(three.height % 3, 0);
	free(one.pixels);
	free(three.pixels);
}

static void
test_what_does_not_fit_is_cut(void **state)
{
	static const uint32_t sizes[] = { 24, 25, 31, 64, 100, 333 };
	struct text_picture picture;
	char text[TEXT_MAX_SIZE];

	memset(text, 'M', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[100] = '\n';
	for (uint32_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (uint32_t scale = 1; scale <= 3; scale++) {
			for (enum text_style style = TEXT_MESSAGE; style <= TEXT_PANEL; style++) {
				uint32_t max = sizes[i] * scale + (scale > 1);
				assert_int_equal(draw(style, scale, max, max, text, &picture), 0);
				assert_in_range(picture.width, 1, max);
				assert_in_range(picture.height, 1, max);
				assert_int_equal(picture.width % scale, 0);
				assert_int_equal(picture.height % scale, 0);
				free(picture.pixels);
			}
		}
	}
}

static void
test_there_is_no_room(void **state)
{
	struct text_picture picture;

	assert_int_equal(draw(TEXT_MESSAGE, 1, 1, 1, "Off", &picture), -ENOSPC);
	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, 5, "Off", &picture), -ENOSPC);
	assert_int_equal(draw(TEXT_PANEL, 2, 30, HEIGHT, "Off", &picture), -ENOSPC);
}

static void
test_names_start_no_lines(void **state)
{
	struct text_picture plain, separated;

	/* U+2028 and U+2029 end lines and paragraphs, in text that is not ours. */
	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "a b c", &plain), 0);
	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, "a\u2028b\u2029c", &separated), 0);
	/* Their sign may be of another font, but it is on the same line. */
	assert_in_range(separated.height, plain.height, plain.height + 8);
	free(plain.pixels);
	free(separated.pixels);
}

static void
test_names_draw_over_no_other_line(void **state)
{
	struct text_picture tame, wild;
	char text[TEXT_MAX_SIZE] = "heading\na";
	uint32_t tall;

	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "heading\na", &tame), 0);
	for (int i = 0; i < 40; i++) {
		strcat(text, "\u030a");
	}
	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, text, &wild), 0);
	/* The rows of the heading, without those of a line of another height. */
	tall = tame.height / 3;
	assert_int_equal(tame.width, wild.width);
	assert_memory_equal(tame.pixels, wild.pixels, tall * tame.width * sizeof(uint32_t));
	free(tame.pixels);
	free(wild.pixels);
}

static void
test_many_lines_are_cut(void **state)
{
	struct text_picture picture;
	char text[TEXT_MAX_SIZE];

	memset(text, '\n', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(draw(TEXT_PANEL, 1, WIDTH, HEIGHT, text, &picture), 0);
	assert_in_range(picture.height, 1, HEIGHT);
	free(picture.pixels);
}

static void
test_the_same_text_looks_the_same(void **state)
{
	struct text_picture a, b;

	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Größe — 日本", &a), 0);
	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Größe — 日本", &b), 0);
	assert_true(same(&a, &b));
	free(b.pixels);
	assert_int_equal(draw(TEXT_MESSAGE, 1, WIDTH, HEIGHT, "Größe — 日木", &b), 0);
	assert_false(same(&a, &b));
	free(a.pixels);
	free(b.pixels);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_is_drawn_and_the_picture_is_no_larger),
		cmocka_unit_test(test_nothing_is_drawn_outside_of_text),
		cmocka_unit_test(test_a_panel_is_dark_and_translucent),
		cmocka_unit_test(test_the_pitch_is_fixed_in_a_panel),
		cmocka_unit_test(test_scale_makes_more_pixels),
		cmocka_unit_test(test_what_does_not_fit_is_cut),
		cmocka_unit_test(test_there_is_no_room),
		cmocka_unit_test(test_names_start_no_lines),
		cmocka_unit_test(test_names_draw_over_no_other_line),
		cmocka_unit_test(test_many_lines_are_cut),
		cmocka_unit_test(test_the_same_text_looks_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
