#include "encode.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
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
		return fd_write_all(STDOUT_FILENO, data, size);
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
