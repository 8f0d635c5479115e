#pragma once

#include <stddef.h>
#include <stdint.h>

#include "image.h"

/*
 * Pictures as files. Everything here blocks: run it in a worker (worker.h), where SIGPIPE is
 * blocked. Anybody else has to ignore SIGPIPE to get -EPIPE from a closed pipe.
 */

enum image_format {
	IMAGE_FORMAT_PNG, /* 8 bits RGB; "Portable Network Graphics", third edition */
	IMAGE_FORMAT_PPM, /* P6, 8 bits RGB; netpbm's ppm(5) */
	IMAGE_FORMAT_RAW, /* blue, green, red, 0xff for each pixel, and nothing else */
	IMAGE_FORMAT_QOI, /* 8 bits RGB; "The Quite OK Image Format", 1.0 */
};

/*
 * By the name's end, upper or lower case: ".png", ".ppm", ".raw", ".qoi". "-" (standard output) is
 * PNG. -EINVAL for anything else.
 */
#define ENCODE_SUFFIXES ".png, .ppm, .qoi or .raw"
int encode_format_from_name(const char *path, enum image_format *ret_format);

/* *ret_data is to be freed. Returns 0, -ENOMEM or -EFBIG (too large for the format). */
int encode_image(
	const struct image *image, enum image_format format, uint8_t **ret_data, size_t *ret_size);

/*
 * Writes data to the file, so that at any time path names the old content or the whole new one: a
 * temporary file in the same directory takes the name at the end, and is removed on any error. A
 * path that is no regular file (a pipe, /dev/stdout) is written to as it is, and so is standard
 * output, "-". A symbolic link is followed. Returns 0, or the kernel's error: -ENOSPC, -EACCES
 * (also for an existing file that is read-only), -ENOENT, -EISDIR, -EPIPE, -ENXIO (nobody reads the
 * pipe).
 */
int encode_write_file(const char *path, const void *data, size_t size);

/* Both of the above. */
int encode_image_to_file(const struct image *image, enum image_format format, const char *path);
