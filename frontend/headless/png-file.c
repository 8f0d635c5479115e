#include "png-file.h"

#include <errno.h>
#include <libdeflate.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "deflate.h"
#include "loops.h"
#include "pack.h"

/* Length, type and checksum around the data. */
#define CHUNK_OVERHEAD 12
#define HEADER_SIZE 13
#define MAX_CHUNK ((size_t)INT32_MAX)

/*
 * All rows are filtered by the pixel before: it costs nothing for text, and halves what gradients
 * and photographs take.
 */
#define FILTER_SUB 1

/* Where two pixels were seen last: y << 14 | x. All are 0,0 first, which is as good as any. */
#define TABLE_BITS 12
#define TABLE_SIZE (1u << TABLE_BITS)
#define TABLE_X_BITS 14
/* 2^64 divided by the golden ratio: spreads what is next to each other. */
#define TABLE_FACTOR UINT64_C(0x9e3779b97f4a7c15)

/* The longest match that is whole pixels. */
#define MAX_MATCH_PIXELS (DEFLATE_MAX_LENGTH / PACK_BYTES_PER_PIXEL)
/* Pixels that are compared at once; rows have room for as many behind them. */
#define STEP 4
/* Whatever is farther away than the pixel before takes more bits: about as many as these pixels. */
#define UP_HANDICAP 2
#define SEEN_HANDICAP 1
/* No other one is looked for. */
#define LONG_ENOUGH 32

static const uint8_t signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

#define SIZE_BEFORE_DATA (sizeof(signature) + CHUNK_OVERHEAD + HEADER_SIZE + 8)
#define SIZE_BEHIND_DATA (4 + CHUNK_OVERHEAD)

struct match {
	uint32_t n_pixels;
	uint32_t distance; /* bytes */
};

struct encoder {
	const struct image *image;
	uint32_t row_size; /* bytes in the stream */
	uint32_t adler32;
	uint32_t table[TABLE_SIZE];
	struct deflate deflate;
	uint8_t *packed; /* a row as it is in the stream */
	/* As many of the last filtered rows as can be referred to, and the one at work: a ring. */
	uint32_t *rows;
	uint32_t rows_mask;
};

static inline uint32_t *
find_row(const struct encoder *encoder, uint32_t y)
{
	return encoder->rows + (size_t)(y & encoder->rows_mask) * (encoder->image->width + STEP);
}

/* Each channel less that of the pixel before. */
PIXEL_LOOP static void
filter_row(const uint32_t *pixels, uint32_t width, uint32_t *filtered)
{
	filtered[0] = pixels[0] & 0xffffff;
	for (uint32_t x = 1; x < width; x++) {
		/* A bit above each channel is there to borrow from. */
		uint32_t outer = (pixels[x] | 0x01000100) - (pixels[x - 1] & 0xff00ff);
		uint32_t green = (pixels[x] | 0x010000) - (pixels[x - 1] & 0xff00);

		filtered[x] = (outer & 0xff00ff) | (green & 0xff00);
	}
}

static inline uint64_t
load_pair(const uint32_t *pixels)
{
	return pixels[0] | (uint64_t)pixels[1] << 32;
}

/* How many of STEP pixels are the same. Without a branch: nobody could guess it. */
static inline uint32_t
equal_step(const uint32_t *a, const uint32_t *b)
{
	uint64_t first = load_pair(a) ^ load_pair(b), second = load_pair(a + 2) ^ load_pair(b + 2);
	uint32_t n_first = first != 0 ? (uint32_t)__builtin_ctzll(first) / 32 : 2;
	uint32_t n_second = second != 0 ? (uint32_t)__builtin_ctzll(second) / 32 : 2;

	return n_first < 2 ? n_first : 2 + n_second;
}

/* How many pixels are the same, at most max. */
static inline uint32_t
equal_pixels(const uint32_t *a, const uint32_t *b, uint32_t max)
{
	uint32_t n = equal_step(a, b), step = n;

	while (step == STEP && n < max) {
		step = equal_step(a + n, b + n);
		n += step;
	}
	return n < max ? n : max;
}

/* What begins with the same two pixels; remembers this place for those to come. */
static inline struct match
find_seen(struct encoder *encoder, const uint32_t *row, uint32_t x, uint32_t y, uint32_t max)
{
	uint64_t hash = load_pair(row + x) * TABLE_FACTOR >> (64 - TABLE_BITS);
	uint32_t place = encoder->table[hash];
	uint32_t seen_x = place & ((1u << TABLE_X_BITS) - 1), seen_y = place >> TABLE_X_BITS;
	uint32_t distance = (y - seen_y) * encoder->row_size + (x - seen_x) * PACK_BYTES_PER_PIXEL;
	uint32_t seen_max = encoder->image->width - seen_x;

	encoder->table[hash] = y << TABLE_X_BITS | x;
	if (distance - 1 >= DEFLATE_MAX_DISTANCE) {
		return (struct match){ 0 };
	}
	return (struct match){
		equal_pixels(row + x, find_row(encoder, seen_y) + seen_x,
			max < seen_max ? max : seen_max),
		distance,
	};
}

static inline struct match
find_match(
	struct encoder *encoder, const uint32_t *row, const uint32_t *above, uint32_t x, uint32_t y)
{
	uint32_t max = encoder->image->width - x;
	struct match match = { 0, PACK_BYTES_PER_PIXEL }, seen;

	if (x > 0) {
		match.n_pixels = equal_pixels(row + x, row + x - 1, max);
		if (match.n_pixels >= LONG_ENOUGH) {
			return match;
		}
	}
	/* A run that begins here is better told by its first pixel and itself. */
	if (match.n_pixels == 0 && equal_pixels(row + x + 1, row + x, max - 1) >= LONG_ENOUGH) {
		return match;
	}
	if (above != NULL) {
		uint32_t n_up = equal_pixels(row + x, above + x, max);

		if (n_up > match.n_pixels + UP_HANDICAP) {
			match = (struct match){ n_up, encoder->row_size };
		}
	}
	if (match.n_pixels >= LONG_ENOUGH) {
		return match;
	}
	seen = find_seen(encoder, row, x, y, max);
	return seen.n_pixels > match.n_pixels + SEEN_HANDICAP ? seen : match;
}

static void
encode_row(struct encoder *encoder, uint32_t y)
{
	uint32_t width = encoder->image->width, x = 0;
	const uint32_t *pixels = encoder->image->pixels + (size_t)y * width;
	bool has_above = y > 0 && encoder->row_size <= DEFLATE_MAX_DISTANCE;
	const uint32_t *above = has_above ? find_row(encoder, y - 1) : NULL;
	uint32_t *row = find_row(encoder, y);
	struct deflate *deflate = &encoder->deflate;

	filter_row(pixels, width, row);
	deflate_reserve(deflate, 1 + width);
	deflate_byte(deflate, FILTER_SUB);
	while (x < width) {
		struct match match = find_match(encoder, row, above, x, y);

		if (match.n_pixels == 0) {
			deflate_pixel(deflate, row[x++]);
			continue;
		}
		x += match.n_pixels;
		for (; match.n_pixels > MAX_MATCH_PIXELS; match.n_pixels -= MAX_MATCH_PIXELS) {
			deflate_match(deflate, DEFLATE_MAX_LENGTH, match.distance);
		}
		deflate_match(deflate, match.n_pixels * PACK_BYTES_PER_PIXEL, match.distance);
	}
	encoder->packed[0] = FILTER_SUB;
	pack_rgb(row, width, encoder->packed + 1);
	encoder->adler32 = libdeflate_adler32(encoder->adler32, encoder->packed, encoder->row_size);
}

static void
put_be32(uint8_t *bytes, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++) {
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
	}
}

/* Puts length, type and checksum around data that stands at chunk + 8; returns its end. */
static uint8_t *
close_chunk(uint8_t *chunk, const char type[4], size_t data_size)
{
	put_be32(chunk, (uint32_t)data_size);
	memcpy(chunk + 4, type, 4);
	put_be32(chunk + 8 + data_size, libdeflate_crc32(0, chunk + 4, 4 + data_size));
	return chunk + CHUNK_OVERHEAD + data_size;
}

static void
put_chunks(const struct image *image, uint8_t *file, size_t data_size)
{
	uint8_t *at = file;

	memcpy(at, signature, sizeof(signature));
	at += sizeof(signature);
	put_be32(at + 8, image->width);
	put_be32(at + 12, image->height);
	/* 8 bits, colour type RGB, and the only compression, filter set and no interlacing. */
	memcpy(at + 16, (const uint8_t[]){ 8, 2, 0, 0, 0 }, 5);
	at = close_chunk(at, "IHDR", HEADER_SIZE);
	at = close_chunk(at, "IDAT", data_size);
	close_chunk(at, "IEND", 0);
}

static void
encoder_destroy(struct encoder *encoder)
{
	if (encoder == NULL) {
		return;
	}
	free(encoder->rows);
	free(encoder->packed);
	free(encoder);
}

static struct encoder *
encoder_create(const struct image *image)
{
	struct encoder *encoder = malloc(sizeof(*encoder));
	uint32_t n_rows = 2;

	if (encoder == NULL) {
		return NULL;
	}
	encoder->image = image;
	encoder->row_size = 1 + image->width * PACK_BYTES_PER_PIXEL;
	encoder->adler32 = 1; /* of nothing */
	memset(encoder->table, 0, sizeof(encoder->table));
	while (n_rows < DEFLATE_MAX_DISTANCE / encoder->row_size + 2) {
		n_rows *= 2;
	}
	encoder->rows_mask = n_rows - 1;
	encoder->rows = calloc((size_t)n_rows * (image->width + STEP), sizeof(uint32_t));
	encoder->packed = malloc(encoder->row_size);
	if (encoder->rows == NULL || encoder->packed == NULL) {
		encoder_destroy(encoder);
		return NULL;
	}
	return encoder;
}

int
png_file_encode(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	struct encoder *encoder = encoder_create(image);
	size_t size, data_size;
	uint8_t *file;
	int r;

	if (encoder == NULL) {
		return -ENOMEM;
	}
	deflate_begin(&encoder->deflate, SIZE_BEFORE_DATA);
	for (uint32_t y = 0; y < image->height; y++) {
		encode_row(encoder, y);
	}
	r = deflate_end(&encoder->deflate, encoder->adler32, SIZE_BEHIND_DATA, &file, &size);
	encoder_destroy(encoder);
	if (r < 0) {
		return r;
	}
	data_size = size - SIZE_BEFORE_DATA - SIZE_BEHIND_DATA;
	if (data_size > MAX_CHUNK) {
		free(file);
		return -EFBIG;
	}
	put_chunks(image, file, data_size);
	*ret_data = file;
	*ret_size = size;
	return 0;
}
