#include "pack.h"

#include <string.h>

#include "loops.h"

typedef uint8_t bytes __attribute__((vector_size(16)));

#define VECTOR_PIXELS (sizeof(bytes) / sizeof(uint32_t))
/* What becomes whole vectors, three of them. */
#define STEP_PIXELS (4 * VECTOR_PIXELS)

/* Where a channel of a pixel is in two vectors of them. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define R(pixel) (4 * (pixel) + 2)
#define G(pixel) (4 * (pixel) + 1)
#define B(pixel) (4 * (pixel))
#else
#define R(pixel) (4 * (pixel) + 1)
#define G(pixel) (4 * (pixel) + 2)
#define B(pixel) (4 * (pixel) + 3)
#endif
#define RGB(pixel) R(pixel), G(pixel), B(pixel)

static inline void
pack_step(const uint32_t *pixels, uint8_t *rgb)
{
	bytes from[4], to[3];

	memcpy(from, pixels, sizeof(from));
	to[0] = __builtin_shufflevector(
		from[0], from[1], RGB(0), RGB(1), RGB(2), RGB(3), RGB(4), R(5));
	to[1] = __builtin_shufflevector(
		from[1], from[2], G(1), B(1), RGB(2), RGB(3), RGB(4), RGB(5), R(6), G(6));
	to[2] = __builtin_shufflevector(
		from[2], from[3], B(2), RGB(3), RGB(4), RGB(5), RGB(6), RGB(7));
	memcpy(rgb, to, sizeof(to));
}

PIXEL_LOOP void
pack_rgb(const uint32_t *pixels, size_t n_pixels, uint8_t *rgb)
{
	for (; n_pixels >= STEP_PIXELS; n_pixels -= STEP_PIXELS) {
		pack_step(pixels, rgb);
		pixels += STEP_PIXELS;
		rgb += STEP_PIXELS * PACK_BYTES_PER_PIXEL;
	}
	for (; n_pixels > 0; n_pixels--) {
		*rgb++ = (uint8_t)(*pixels >> 16);
		*rgb++ = (uint8_t)(*pixels >> 8);
		*rgb++ = (uint8_t)*pixels++;
	}
}
