#include "pixel.h"

#include <stddef.h>
#include <string.h>

static const struct pixel_format formats[] = {
	{ "XR24", 4, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 0, 0 } },
	{ "AR24", 4, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 24, 8 } },
	{ "XB24", 4, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 0, 0 } },
	{ "AB24", 4, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 8 } },
	{ "RX24", 4, { 24, 8 }, { 16, 8 }, { 8, 8 }, { 0, 0 } },
	{ "RA24", 4, { 24, 8 }, { 16, 8 }, { 8, 8 }, { 0, 8 } },
	{ "BX24", 4, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 0, 0 } },
	{ "BA24", 4, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 0, 8 } },
	{ "XR30", 4, { 20, 10 }, { 10, 10 }, { 0, 10 }, { 0, 0 } },
	{ "AR30", 4, { 20, 10 }, { 10, 10 }, { 0, 10 }, { 30, 2 } },
	{ "XB30", 4, { 0, 10 }, { 10, 10 }, { 20, 10 }, { 0, 0 } },
	{ "AB30", 4, { 0, 10 }, { 10, 10 }, { 20, 10 }, { 30, 2 } },
	{ "RG24", 3, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 0, 0 } },
	{ "BG24", 3, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 0, 0 } },
	{ "RG16", 2, { 11, 5 }, { 5, 6 }, { 0, 5 }, { 0, 0 } },
	{ "XR15", 2, { 10, 5 }, { 5, 5 }, { 0, 5 }, { 0, 0 } },
};

const struct pixel_format *
pixel_format_find(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		const unsigned char *name = (const unsigned char *)formats[i].name;
		if (fourcc == (name[0] | (uint32_t)name[1] << 8 | (uint32_t)name[2] << 16 |
				      (uint32_t)name[3] << 24)) {
			return &formats[i];
		}
	}
	return NULL;
}

/* Scales to 8 bits so that the largest value becomes 255. */
static uint8_t
channel(uint32_t word, uint8_t shift, uint8_t bits)
{
	uint32_t largest = (1u << bits) - 1;

	return bits == 0 ? 255
			 : (uint8_t)(((word >> shift & largest) * 255 + largest / 2) / largest);
}

struct pixel
pixel_decode(const struct pixel_format *format, const uint8_t *bytes)
{
	uint32_t word = 0;

	for (uint32_t i = 0; i < format->bytes; i++) {
		word |= (uint32_t)bytes[i] << (8 * i);
	}
	return (struct pixel){
		.red = channel(word, format->red.shift, format->red.bits),
		.green = channel(word, format->green.shift, format->green.bits),
		.blue = channel(word, format->blue.shift, format->blue.bits),
		.alpha = channel(word, format->alpha.shift, format->alpha.bits),
	};
}

static uint8_t
blend(uint32_t source, uint32_t destination, uint32_t alpha)
{
	uint32_t sum = source + (destination * (255 - alpha) + 127) / 255;

	return sum > 255 ? 255 : (uint8_t)sum;
}

struct pixel
pixel_blend(struct pixel source, struct pixel destination)
{
	return (struct pixel){
		.red = blend(source.red, destination.red, source.alpha),
		.green = blend(source.green, destination.green, source.alpha),
		.blue = blend(source.blue, destination.blue, source.alpha),
		.alpha = 255,
	};
}
