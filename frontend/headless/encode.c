#include "encode.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "large.h"
#include "pack.h"
#include "png-file.h"
#include "qoi.h"

#define NAME_END_SIZE 4
#define PPM_HEADER_MAX 64

int
encode_format_from_name(const char *path, enum image_format *ret_format)
{
	static const struct {
		const char *end;
		enum image_format format;
	} names[] = {
		{ ".png", IMAGE_FORMAT_PNG },
		{ ".ppm", IMAGE_FORMAT_PPM },
		{ ".raw", IMAGE_FORMAT_RAW },
		{ ".qoi", IMAGE_FORMAT_QOI },
	};
	size_t length = strlen(path);
	const char *end = length >= NAME_END_SIZE ? path + length - NAME_END_SIZE : "";

	if (strcmp(path, "-") == 0) {
		*ret_format = IMAGE_FORMAT_PNG;
		return 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(end, names[i].end) == 0) {
			*ret_format = names[i].format;
			return 0;
		}
	}
	return -EINVAL;
}

static int
encode_ppm(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	char header[PPM_HEADER_MAX];
	size_t header_size = (size_t)snprintf(header, sizeof(header),
		"P6\n%" PRIu32 " %" PRIu32 "\n255\n", image->width, image->height);
	size_t n_pixels = (size_t)image->width * image->height;
	size_t size = header_size + n_pixels * PACK_BYTES_PER_PIXEL;
	uint8_t *file = large_alloc(size);

	if (file == NULL) {
		return -ENOMEM;
	}
	memcpy(file, header, header_size);
	pack_rgb(image->pixels, n_pixels, file + header_size);
	*ret_data = file;
	*ret_size = size;
	return 0;
}

static int
encode_raw(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	size_t n_pixels = (size_t)image->width * image->height;
	uint32_t *data = large_alloc(n_pixels * sizeof(*data));

	if (data == NULL) {
		return -ENOMEM;
	}
	for (size_t i = 0; i < n_pixels; i++) {
		data[i] = htole32(image->pixels[i]);
	}
	*ret_data = (uint8_t *)data;
	*ret_size = n_pixels * sizeof(*data);
	return 0;
}

static int
encode_qoi(const struct image *image, uint8_t **ret_data, size_t *ret_size)
{
	uint8_t *file = large_alloc(qoi_bound((size_t)image->width * image->height));

	if (file == NULL) {
		return -ENOMEM;
	}
	*ret_data = file;
	*ret_size = qoi_write(image->pixels, image->width, image->height, file);
	return 0;
}

int
encode_image(
	const struct image *image, enum image_format format, uint8_t **ret_data, size_t *ret_size)
{
	switch (format) {
	case IMAGE_FORMAT_PNG:
		return png_file_encode(image, ret_data, ret_size);
	case IMAGE_FORMAT_PPM:
		return encode_ppm(image, ret_data, ret_size);
	case IMAGE_FORMAT_RAW:
		return encode_raw(image, ret_data, ret_size);
	case IMAGE_FORMAT_QOI:
		return encode_qoi(image, ret_data, ret_size);
	}
	return -EINVAL;
}

/* Closes as well: network file systems report a full disk only then. */
static int
write_and_close(int *fd, const void *data, size_t size)
{
	int r = fd_write_all(*fd, data, size);

	if (close(fd_take(fd)) < 0 && r >= 0) {
		r = -errno;
	}
	return r;
}

int
encode_write_file(const char *path, const void *data, size_t size)
{
	struct broker_hold hold;
	AUTO_FD int fd = -1;
	int r, placed;

	if (strcmp(path, "-") == 0) {
		return fd_write_all(STDOUT_FILENO, data, size);
	}
	fd = broker_replace(path, 0, &hold);
	if (fd < 0) {
		return fd;
	}
	r = write_and_close(&fd, data, size);
	placed = broker_finish(&hold, r >= 0);
	return r < 0 ? r : placed;
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
