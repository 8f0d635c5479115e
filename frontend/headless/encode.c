#include "encode.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libdeflate.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

/*
 * Level 1 without a row filter. Measured on a picture of 1920x1080 with windows and text, one
 * core: 23 ms and a ratio of 20 to 1; filter "sub" 42 ms and 17 to 1, filter "up" 30 ms and 14 to
 * 1. Only noise gains from a filter (4.4 instead of 6.0 MB), and guests rarely show noise.
 */
#define PNG_COMPRESSION_LEVEL 1
#define PNG_FILTER_NONE 0

#define BYTES_PER_RGB 3
/* Length, type and checksum around the data. */
#define PNG_CHUNK_OVERHEAD 12
#define PNG_HEADER_SIZE 13
#define PNG_MAX_CHUNK ((size_t)INT32_MAX)

#define PPM_HEADER_MAX 64

static const uint8_t png_signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };

int
encode_format_from_name(const char *path, enum image_format *ret_format)
{
	size_t length = strlen(path);
	const char *end = length >= 4 ? path + length - 4 : "";

	if (strcmp(path, "-") == 0 || strcasecmp(end, ".png") == 0) {
		*ret_format = IMAGE_FORMAT_PNG;
		return 0;
	}
	if (strcasecmp(end, ".ppm") == 0) {
		*ret_format = IMAGE_FORMAT_PPM;
		return 0;
	}
	return -EINVAL;
}

/* One row as red, green, blue. */
static void
pack_row(const struct image *image, uint32_t y, uint8_t *rgb)
{
	const uint32_t *pixels = image->pixels + (size_t)y * (image->stride / sizeof(uint32_t));

	for (uint32_t x = 0; x < image->width; x++) {
		rgb[0] = (uint8_t)(pixels[x] >> 16);
		rgb[1] = (uint8_t)(pixels[x] >> 8);
		rgb[2] = (uint8_t)pixels[x];
		rgb += BYTES_PER_RGB;
	}
}

static void
put_be32(uint8_t *bytes, uint32_t value)
{
	bytes[0] = (uint8_t)(value >> 24);
	bytes[1] = (uint8_t)(value >> 16);
	bytes[2] = (uint8_t)(value >> 8);
	bytes[3] = (uint8_t)value;
}

/* Puts length, type and checksum around data that stands at chunk + 8; returns its end. */
static uint8_t *
close_chunk(uint8_t *chunk, const char type[4], size_t data_size)
{
	put_be32(chunk, (uint32_t)data_size);
	memcpy(chunk + 4, type, 4);
	put_be32(chunk + 8 + data_size, libdeflate_crc32(0, chunk + 4, 4 + data_size));
	return chunk + PNG_CHUNK_OVERHEAD + data_size;
}

static int
encode_png(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	size_t row_size = 1 + (size_t)image->width * BYTES_PER_RGB;
	size_t raw_size = row_size * image->height;
	struct libdeflate_compressor *compressor =
		libdeflate_alloc_compressor(PNG_COMPRESSION_LEVEL);
	uint8_t *raw = malloc(raw_size);
	size_t bound = libdeflate_zlib_compress_bound(compressor, raw_size);
	uint8_t *file =
		malloc(sizeof(png_signature) + 3 * PNG_CHUNK_OVERHEAD + PNG_HEADER_SIZE + bound);
	uint8_t *at = file;
	size_t compressed;
	int r = -ENOMEM;

	if (compressor == NULL || raw == NULL || file == NULL) {
		goto out;
	}
	for (uint32_t y = 0; y < image->height; y++) {
		raw[y * row_size] = PNG_FILTER_NONE;
		pack_row(image, y, raw + y * row_size + 1);
	}
	memcpy(at, png_signature, sizeof(png_signature));
	at += sizeof(png_signature);
	put_be32(at + 8, image->width);
	put_be32(at + 12, image->height);
	/* 8 bits, colour type RGB, and the only compression, filter set and no interlacing. */
	memcpy(at + 16, (const uint8_t[]){ 8, 2, 0, 0, 0 }, 5);
	at = close_chunk(at, "IHDR", PNG_HEADER_SIZE);

	compressed = libdeflate_zlib_compress(compressor, raw, raw_size, at + 8, bound);
	if (compressed == 0 || compressed > PNG_MAX_CHUNK) {
		r = -EFBIG;
		goto out;
	}
	at = close_chunk(at, "IDAT", compressed);
	at = close_chunk(at, "IEND", 0);
	*ret_data = file;
	*ret_size = (size_t)(at - file);
	file = NULL;
	r = 0;
out:
	free(file);
	free(raw);
	libdeflate_free_compressor(compressor);
	return r;
}

static int
encode_ppm(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	char header[PPM_HEADER_MAX];
	size_t header_size = (size_t)snprintf(header, sizeof(header),
		"P6\n%" PRIu32 " %" PRIu32 "\n255\n", image->width, image->height);
	size_t row_size = (size_t)image->width * BYTES_PER_RGB;
	size_t size = header_size + row_size * image->height;
	uint8_t *file = malloc(size);

	if (file == NULL) {
		return -ENOMEM;
	}
	memcpy(file, header, header_size);
	for (uint32_t y = 0; y < image->height; y++) {
		pack_row(image, y, file + header_size + y * row_size);
	}
	*ret_data = file;
	*ret_size = size;
	return 0;
}

int
encode_image(
	const struct image *image, enum image_format format, uint8_t **ret_data, size_t *ret_size)
{
	switch (format) {
	case IMAGE_FORMAT_PNG:
		return encode_png(image, ret_data, ret_size);
	case IMAGE_FORMAT_PPM:
		return encode_ppm(image, ret_data, ret_size);
	}
	return -EINVAL;
}

static int
write_all(int fd, const uint8_t *data, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n < 0 && errno == EAGAIN) {
			/* Standard output may be shared with somebody who made it non-blocking. */
			struct pollfd room = { .fd = fd, .events = POLLOUT };
			if (poll(&room, 1, -1) >= 0 || errno == EINTR) {
				continue;
			}
		}
		if (n < 0) {
			return -errno;
		}
		data += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Closes as well: network file systems report a full disk only then. */
static int
write_and_close(int *fd, const void *data, size_t size)
{
	int r = write_all(*fd, data, size);

	if (close(fd_take(fd)) < 0 && r >= 0) {
		r = -errno;
	}
	return r;
}

static int
write_special(const char *path, const void *data, size_t size)
{
	/* Opening a pipe that nobody reads would block for ever. */
	AUTO_FD int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int flags;

	if (fd < 0) {
		return -errno;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0) {
		return -errno;
	}
	return write_and_close(&fd, data, size);
}

/*
 * A new file next to path, with the permissions that any new file would get. Its name is short, so
 * that it exists wherever path can. *ret_name is to be freed.
 */
static int
create_temporary(const char *path, char **ret_name, int *ret_fd)
{
	char *copy = strdup(path);
	char *name = NULL;
	uint64_t random;
	int r = 0;

	if (copy == NULL || getrandom(&random, sizeof(random), 0) != sizeof(random) ||
		asprintf(&name, "%s/.vitrine-%016" PRIx64, dirname(copy), random) < 0) {
		name = NULL;
		r = -ENOMEM;
	} else {
		*ret_fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		r = *ret_fd < 0 ? -errno : 0;
	}
	free(copy);
	if (r < 0) {
		free(name);
		return r;
	}
	*ret_name = name;
	return 0;
}

static int
replace_file(const char *path, const struct stat *replaced, const void *data, size_t size)
{
	AUTO_FD int fd = -1;
	char *temporary;
	int r;

	r = create_temporary(path, &temporary, &fd);
	if (r < 0) {
		return r;
	}
	/* A picture that only its owner may see stays so. */
	if (replaced != NULL && fchmod(fd, replaced->st_mode & 0777) < 0) {
		r = -errno;
	}
	if (r >= 0) {
		r = write_and_close(&fd, data, size);
	}
	if (r >= 0 && rename(temporary, path) < 0) {
		r = -errno;
	}
	if (r < 0) {
		unlink(temporary);
	}
	free(temporary);
	return r;
}

int
encode_write_file(const char *path, const void *data, size_t size)
{
	struct stat status;
	char *target;
	int r;

	if (strcmp(path, "-") == 0) {
		return write_all(STDOUT_FILENO, data, size);
	}
	if (stat(path, &status) < 0) {
		return errno == ENOENT ? replace_file(path, NULL, data, size) : -errno;
	}
	if (S_ISDIR(status.st_mode)) {
		return -EISDIR;
	}
	if (!S_ISREG(status.st_mode)) {
		return write_special(path, data, size);
	}
	/* rename() would ask the directory only. */
	if (access(path, W_OK) < 0) {
		return -errno;
	}
	target = realpath(path, NULL);
	if (target == NULL) {
		return -errno;
	}
	r = replace_file(target, &status, data, size);
	free(target);
	return r;
}

int
encode_image_to_file(const struct image *image, enum image_format format, const char *path)
{
	uint8_t *data;
	size_t size;
	int r;

	r = encode_image(image, format, &data, &size);
	if (r < 0) {
		return r;
	}
	r = encode_write_file(path, data, size);
	free(data);
	return r;
}
