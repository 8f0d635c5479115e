#include "qoi.h"

#include <string.h>

#define HEADER_SIZE 14
#define END_SIZE 8
#define INDEX_SIZE 64
#define MAX_RUN 62

#define OPAQUE 0xff000000u

/* The first byte of each chunk: two bits, or all eight. */
enum {
	OP_INDEX = 0x00,
	OP_DIFF = 0x40,
	OP_LUMA = 0x80,
	OP_RUN = 0xc0,
	OP_RGB = 0xfe,
	OP_RGBA = 0xff,
	OP_MASK = 0xc0,
};

static const uint8_t end[END_SIZE] = { 0, 0, 0, 0, 0, 0, 0, 1 };

static inline uint8_t
channel(uint32_t pixel, uint32_t shift)
{
	return (uint8_t)(pixel >> shift);
}

static inline uint32_t
pack(uint32_t alpha, uint32_t red, uint32_t green, uint32_t blue)
{
	return alpha << 24 | (red & 0xff) << 16 | (green & 0xff) << 8 | (blue & 0xff);
}

static inline uint32_t
index_of(uint32_t pixel)
{
	return (channel(pixel, 16) * 3u + channel(pixel, 8) * 5u + channel(pixel, 0) * 7u +
		       channel(pixel, 24) * 11u) %
	       INDEX_SIZE;
}

static uint32_t
read_be32(const uint8_t *bytes)
{
	return pack(bytes[0], bytes[1], bytes[2], bytes[3]);
}

static void
write_be32(uint8_t *bytes, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	}
}

bool
qoi_read_header(const uint8_t *data, size_t size, struct qoi_header *ret_header)
{
	if (size < HEADER_SIZE || memcmp(data, QOI_MAGIC, QOI_MAGIC_SIZE) != 0 ||
		(data[12] != 3 && data[12] != 4) || data[13] > 1) {
		return false;
	}
	ret_header->width = read_be32(data + 4);
	ret_header->height = read_be32(data + 8);
	ret_header->has_alpha = data[12] == 4;
	return true;
}

/* The pixel of any chunk but a run, whose bytes are there; returns behind it. */
static const uint8_t *
read_pixel(const uint8_t *at, const uint32_t index[INDEX_SIZE], uint32_t *pixel)
{
	uint32_t last = *pixel, op = at[0];
	uint32_t alpha = channel(last, 24), red = channel(last, 16), green = channel(last, 8);
	uint32_t blue = channel(last, 0), vertical;

	if (op >= OP_RGB) {
		*pixel = pack(op == OP_RGBA ? at[4] : alpha, at[1], at[2], at[3]);
		return at + (op == OP_RGBA ? 5 : 4);
	}
	switch (op & OP_MASK) {
	case OP_INDEX:
		*pixel = index[op];
		return at + 1;
	case OP_DIFF:
		*pixel = pack(alpha, red + (op >> 4 & 3) - 2, green + (op >> 2 & 3) - 2,
			blue + (op & 3) - 2);
		return at + 1;
	default:
		vertical = (op & 63) - 32;
		*pixel = pack(alpha, red + vertical + (at[1] >> 4) - 8, green + vertical,
			blue + vertical + (at[1] & 15) - 8);
		return at + 2;
	}
}

bool
qoi_read_pixels(const uint8_t *data, size_t size, const struct qoi_header *header, uint32_t *pixels)
{
	size_t n_pixels = (size_t)header->width * header->height, i = 0;
	const uint8_t *at, *stop;
	uint32_t always = header->has_alpha ? 0 : OPAQUE;
	uint32_t index[INDEX_SIZE] = { 0 };
	uint32_t pixel = OPAQUE;

	if (size < HEADER_SIZE + END_SIZE) {
		return false;
	}
	/* With the end's bytes behind them, chunks can not reach out of the file. */
	at = data + HEADER_SIZE;
	stop = data + size - END_SIZE;
	while (i < n_pixels && at < stop) {
		if (*at >= OP_RUN && *at < OP_RGB) {
			for (uint32_t run = (*at++ & 63u) + 1; run > 0 && i < n_pixels; run--) {
				pixels[i++] = pixel | always;
			}
		} else {
			at = read_pixel(at, index, &pixel);
			pixels[i++] = pixel | always;
		}
		index[index_of(pixel)] = pixel;
	}
	return i == n_pixels && at <= stop;
}

size_t
qoi_bound(size_t n_pixels)
{
	return HEADER_SIZE + n_pixels * 4 + END_SIZE;
}

/* The shortest chunk that says it, but for the index. */
static uint8_t *
write_difference(uint8_t *at, uint32_t pixel, uint32_t last)
{
	int red = (int8_t)(channel(pixel, 16) - channel(last, 16));
	int green = (int8_t)(channel(pixel, 8) - channel(last, 8));
	int blue = (int8_t)(channel(pixel, 0) - channel(last, 0));
	int red_green = red - green, blue_green = blue - green;

	if (red >= -2 && red <= 1 && green >= -2 && green <= 1 && blue >= -2 && blue <= 1) {
		*at++ = (uint8_t)(OP_DIFF | (red + 2) << 4 | (green + 2) << 2 | (blue + 2));
	} else if (green >= -32 && green <= 31 && red_green >= -8 && red_green <= 7 &&
		   blue_green >= -8 && blue_green <= 7) {
		*at++ = (uint8_t)(OP_LUMA | (green + 32));
		*at++ = (uint8_t)((red_green + 8) << 4 | (blue_green + 8));
	} else {
		*at++ = OP_RGB;
		*at++ = channel(pixel, 16);
		*at++ = channel(pixel, 8);
		*at++ = channel(pixel, 0);
	}
	return at;
}

size_t
qoi_write(const uint32_t *pixels, uint32_t width, uint32_t height, uint8_t *file)
{
	size_t n_pixels = (size_t)width * height, run = 0;
	uint8_t *at = file + HEADER_SIZE;
	uint32_t index[INDEX_SIZE] = { 0 };
	uint32_t last = OPAQUE;

	memcpy(file, QOI_MAGIC, QOI_MAGIC_SIZE);
	write_be32(file + 4, width);
	write_be32(file + 8, height);
	file[12] = 3; /* channels */
	file[13] = 0; /* sRGB */
	for (size_t i = 0; i < n_pixels; i++) {
		uint32_t pixel = pixels[i] | OPAQUE, place;

		if (pixel == last) {
			run++;
			if (run == MAX_RUN || i + 1 == n_pixels) {
				*at++ = (uint8_t)(OP_RUN | (run - 1));
				run = 0;
			}
			continue;
		}
		if (run > 0) {
			*at++ = (uint8_t)(OP_RUN | (run - 1));
			run = 0;
		}
		place = index_of(pixel);
		if (index[place] == pixel) {
			*at++ = (uint8_t)(OP_INDEX | place);
		} else {
			index[place] = pixel;
			at = write_difference(at, pixel, last);
		}
		last = pixel;
	}
	memcpy(at, end, END_SIZE);
	return (size_t)(at + END_SIZE - file);
}
