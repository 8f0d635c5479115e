#pragma once

#include <stdint.h>

/*
 * Where the channels of a pixel are, by the comments in drm_fourcc.h: bits of a
 * little-endian number of `bytes` bytes.
 */
struct pixel_format {
	char name[5];
	uint32_t bytes;
	struct {
		uint8_t shift, bits;
	} red, green, blue, alpha; /* no bits of alpha: opaque */
};

/* NULL for formats that are not read here. */
const struct pixel_format *pixel_format_find(uint32_t fourcc);

struct pixel {
	uint8_t red, green, blue, alpha;
};

struct pixel pixel_decode(const struct pixel_format *format, const uint8_t *bytes);

/* Premultiplied source over destination. */
struct pixel pixel_blend(struct pixel source, struct pixel destination);
