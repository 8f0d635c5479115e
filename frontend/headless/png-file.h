#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image.h"

/*
 * A PNG of 8 bits RGB ("Portable Network Graphics", third edition), made for pictures of desktops:
 * it looks for whole pixels that are the same as the one before, the one above or one seen lately,
 * and for nothing else. The same image gives the same bytes on any machine. *ret_data is to be
 * freed. Returns 0, -ENOMEM or -EFBIG.
 */
int png_file_encode(const struct image *image, uint8_t **ret_data, size_t *ret_size);
