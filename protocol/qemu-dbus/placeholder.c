#include "qemu-dbus/placeholder.h"

#include <string.h>

#include "format.h"

#define CELL_WIDTH 8
#define CELL_HEIGHT 16
#define INK 0xaaaaaau

/* The shortest and the longest line that QEMU 7.2 to 11.1 centres so, in characters. */
#define LINE_MIN 12
#define LINE_MAX 80

enum colour {
	COLOUR_BLACK,
	COLOUR_INK,
	COLOUR_OTHER,
};

static enum colour
pixel_colour(const uint8_t *row, int32_t x)
{
	uint32_t pixel;

	memcpy(&pixel, row + (size_t)x * 4, sizeof(pixel));
	switch (pixel & 0xffffff) {
	case 0:
		return COLOUR_BLACK;
	case INK:
		return COLOUR_INK;
	default:
		return COLOUR_OTHER;
	}
}

/* NULL: it can not be read. */
static const uint8_t *
read_pixels(const struct scanout *scanout, int32_t y)
{
	static uint8_t row[BUFFER_MAX_DIMENSION * 4];
	struct rect line = {
		.x = scanout->source.x,
		.y = scanout->source.y + y,
		.width = scanout->source.width,
		.height = 1,
	};

	return buffer_read(scanout->buffer, &line, row, sizeof(row)) < 0 ? NULL : row;
}

/* What part of one row is not black: widens [*left, *right). False when some is not ink. */
static bool
read_row(const struct scanout *scanout, int32_t y, int32_t *left, int32_t *right)
{
	const uint8_t *row = read_pixels(scanout, y);

	if (row == NULL) {
		return false;
	}
	for (int32_t x = 0; x < scanout->source.width; x++) {
		enum colour colour = pixel_colour(row, x);

		if (colour == COLOUR_OTHER) {
			return false;
		}
		if (colour == COLOUR_INK) {
			*left = x < *left ? x : *left;
			*right = x >= *right ? x + 1 : *right;
		}
	}
	return true;
}

bool
placeholder_is(const struct scanout *scanout)
{
	const struct buffer_layout *layout = &scanout->buffer->layout;
	const struct format *format = format_from_fourcc(layout->fourcc);
	int32_t width = scanout->source.width, height = scanout->source.height;
	int32_t text_y = (height / CELL_HEIGHT - 1) / 2 * CELL_HEIGHT;
	int32_t left = width, right = 0, columns, line;

	/* QEMU draws its messages so, and with GL in BGR, where black and grey look the same. */
	if (format == NULL || format->bytes_per_pixel != 4 || height < CELL_HEIGHT ||
		width < LINE_MIN * CELL_WIDTH) {
		return false;
	}
	for (int32_t y = text_y; y < text_y + CELL_HEIGHT; y++) {
		if (!read_row(scanout, y, &left, &right)) {
			return false;
		}
	}
	/* Centred by whole characters: x = (columns - length) / 2. */
	columns = width / CELL_WIDTH;
	left /= CELL_WIDTH;
	right = (right + CELL_WIDTH - 1) / CELL_WIDTH;
	line = right - left;
	if (line < LINE_MIN || line > LINE_MAX || left != (columns - line) / 2) {
		return false;
	}
	/* Nothing else anywhere. Eight rows of each side tell text and pictures apart well enough.
	 */
	for (int32_t i = 0; i < 16; i++) {
		int32_t y = (int32_t)((int64_t)(height - 1) * i / 15);
		int32_t row_left = width, row_right = 0;

		if (y >= text_y && y < text_y + CELL_HEIGHT) {
			continue;
		}
		if (!read_row(scanout, y, &row_left, &row_right) || row_right > 0) {
			return false;
		}
	}
	return true;
}

bool
placeholder_may_begin(const struct message_pixels *pixels, const uint8_t *bytes, size_t size)
{
	size_t n = (size_t)pixels->rect.width;

	if (pixels->format->bytes_per_pixel != 4) {
		return false;
	}
	n = size / 4 < n ? size / 4 : n;
	for (size_t x = 0; x < n; x++) {
		if (pixel_colour(bytes, (int32_t)x) == COLOUR_OTHER) {
			return false;
		}
	}
	return true;
}
