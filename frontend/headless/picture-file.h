#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image.h"

/*
 * Pictures that somebody else may have made: PNG of any kind, PPM (P6, 8 bits) or QOI, told apart
 * by how they begin. Unlike any other image, what is read here keeps the file's alpha in the top
 * byte, not premultiplied, since a reference says with it what is to be looked at (compare.h).
 * Colours are those of sRGB. Everything here blocks, for seconds with the largest pictures: run it
 * in a worker.
 */

/* The largest file that is read: a PPM with both sides of BUFFER_MAX_DIMENSION fits. */
#define PICTURE_FILE_MAX_SIZE ((size_t)1 << 30)

#define PICTURE_FILE_ERROR_SIZE 128

/*
 * Returns 0, or fills error with a few words for the user, without the file's name: -EBADMSG (not a
 * picture, damaged or cut short), -ENOTSUP (a PPM of more than 8 bits), -EFBIG (a side longer than
 * BUFFER_MAX_DIMENSION), or -ENOMEM.
 */
int picture_file_decode(const uint8_t *data, size_t size,
	char error[static PICTURE_FILE_ERROR_SIZE], struct image **ret_image);

/*
 * The same of a regular file. Also -EFBIG (larger than PICTURE_FILE_MAX_SIZE), -EINVAL (no regular
 * file), or what the kernel says: -ENOENT, -EACCES, -EIO.
 */
int picture_file_read(
	const char *path, char error[static PICTURE_FILE_ERROR_SIZE], struct image **ret_image);
