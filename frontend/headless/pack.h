#pragma once

#include <stddef.h>
#include <stdint.h>

/* Pixels of an image as bytes: red, green, blue. */

#define PACK_BYTES_PER_PIXEL 3

void pack_rgb(const uint32_t *pixels, size_t n_pixels, uint8_t *rgb);
