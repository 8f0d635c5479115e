#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * "The Quite OK Image Format", version 1.0 of its specification: no limits here but those of the
 * memory that the caller has. Pixels are ARGB words, not premultiplied, rows without padding.
 */

#define QOI_MAGIC "qoif"
#define QOI_MAGIC_SIZE 4

struct qoi_header {
	uint32_t width, height; /* may be anything */
	bool has_alpha;         /* else all of it is opaque */
};

/* False: no such header. */
bool qoi_read_header(const uint8_t *data, size_t size, struct qoi_header *ret_header);

/* Of the same whole file, width * height of them. False: it is cut short, and the rest undefined.
 */
bool qoi_read_pixels(
	const uint8_t *data, size_t size, const struct qoi_header *header, uint32_t *pixels);

/* The most bytes that a picture of so many pixels can take. */
size_t qoi_bound(size_t n_pixels);

/* The whole file, of opaque pixels, whatever their top byte is. Returns its size. */
size_t qoi_write(const uint32_t *pixels, uint32_t width, uint32_t height, uint8_t *file);
