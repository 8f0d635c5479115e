#include "pack.h"

#include <string.h>

#include "loops.h"

typedef uint8_t bytes __attribute__((vector_size(16)));

#define VECTOR_PIXELS (sizeof(bytes) / sizeof(uint32_t))

/* Blue comes first in a little-endian pixel, and last, behind nothing, in a big-endian one. */
static inline bytes
pack_vector(bytes pixels)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_shufflevector(
		pixels, pixels, 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, 12, 12, 12, 12);
#else
	return __builtin_shufflevector(
		pixels, pixels, 1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15, 15, 15, 15, 15);
#endif
}

PIXEL_LOOP void
pack_rgb(const uint32_t *pixels, size_t n_pixels, uint8_t *rgb)
{
	/* A whole vector is written each time, and what is too much of it by the next one. */
	while (n_pixels * PACK_BYTES_PER_PIXEL >= sizeof(bytes)) {
		bytes vector;

		memcpy(&vector, pixels, sizeof(vector));
		vector = pack_vector(vector);
		memcpy(rgb, &vector, sizeof(vector));
		pixels += VECTOR_PIXELS;
		rgb += VECTOR_PIXELS * PACK_BYTES_PER_PIXEL;
		n_pixels -= VECTOR_PIXELS;
	}
	for (; n_pixels > 0; n_pixels--) {
		*rgb++ = (uint8_t)(*pixels >> 16);
		*rgb++ = (uint8_t)(*pixels >> 8);
		*rgb++ = (uint8_t)*pixels++;
	}
}
