#include "picture-file.h"

#include <errno.h>
#include <fcntl.h>
#include <png.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "broker/broker.h"
#include "base/text.h"
#include "buffer.h"
#include "qoi.h"

/* The most pixels that a byte can stand for: in deflate 1032 bytes, of 8 pixels each; in QOI a run.
 */
#define PNG_MAX_PIXELS_PER_BYTE (1032 * 8)
#define QOI_MAX_PIXELS_PER_BYTE 62

/* What is not read yet. */
struct input {
	const uint8_t *data;
	size_t size;
};

static int
fail(char error[static PICTURE_FILE_ERROR_SIZE], int r, const char *words)
{
	text_copy(error, PICTURE_FILE_ERROR_SIZE, words);
	return r;
}

/* A few bytes that promise a huge picture cost no memory. */
static bool
can_hold(const struct input *input, uint32_t width, uint32_t height, size_t pixels_per_byte)
{
	return width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION ||
	       (size_t)width * height <= input->size * pixels_per_byte;
}

static int
create(uint32_t width, uint32_t height, char error[static PICTURE_FILE_ERROR_SIZE],
	struct image **ret_image)
{
	int r;

	if (width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION) {
		return fail(error, -EFBIG, "the picture is too large");
	}
	r = image_create(width, height, ret_image);
	return r == -EINVAL ? fail(error, -EBADMSG, "the picture has no area")
	       : r < 0      ? fail(error, r, "no memory for the picture")
			    : 0;
}

/* What libpng calls wrong, without its name for where. */
static int
fail_png(char error[static PICTURE_FILE_ERROR_SIZE], const png_image *png)
{
	char words[PICTURE_FILE_ERROR_SIZE];

	if (strstr(png->message, "beyond end") != NULL) {
		return fail(error, -EBADMSG, "the PNG is cut short");
	}
	if (strstr(png->message, "out of memory") != NULL) {
		return fail(error, -ENOMEM, "no memory for the picture");
	}
	snprintf(words, sizeof(words), "the PNG is damaged: %s", png->message);
	return fail(error, -EBADMSG, words);
}

static int
decode_png(const struct input *input, char error[static PICTURE_FILE_ERROR_SIZE],
	struct image **ret_image)
{
	png_image png = { .version = PNG_IMAGE_VERSION };
	struct image *image = NULL;
	int r;

	if (!png_image_begin_read_from_memory(&png, input->data, input->size)) {
		return fail_png(error, &png);
	}
	r = can_hold(input, png.width, png.height, PNG_MAX_PIXELS_PER_BYTE)
		    ? create(png.width, png.height, error, &image)
		    : fail(error, -EBADMSG, "the PNG is cut short");
	if (r < 0) {
		goto out;
	}
	png.format = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? PNG_FORMAT_BGRA : PNG_FORMAT_ARGB;
	if (!png_image_finish_read(&png, NULL, image->pixels, (png_int_32)image->stride, NULL)) {
		r = fail_png(error, &png);
		goto out;
	}
	*ret_image = image;
	image = NULL;
out:
	image_destroy(image);
	png_image_free(&png);
	return r;
}

static bool
is_space(uint8_t byte)
{
	return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* One of the header's numbers, after white space and comments. False: there is none. */
static bool
take_number(struct input *input, uint32_t *ret_number)
{
	bool comment = false;
	uint32_t number = 0;
	size_t at = 0, first;

	while (at < input->size &&
		(comment || is_space(input->data[at]) || input->data[at] == '#')) {
		comment = input->data[at] == '#' || (comment && input->data[at] != '\n');
		at++;
	}
	first = at;
	while (at < input->size && input->data[at] >= '0' && input->data[at] <= '9') {
		/* More digits than any limit here make it no smaller. */
		number = number < UINT32_MAX / 16 ? number * 10 + (input->data[at] - '0') : number;
		at++;
	}
	input->data += at;
	input->size -= at;
	*ret_number = number;
	return at > first;
}

static int
decode_ppm(struct input input, char error[static PICTURE_FILE_ERROR_SIZE], struct image **ret_image)
{
	uint32_t width, height, max;
	struct image *image;
	size_t n_pixels;
	int r;

	if (!take_number(&input, &width) || !take_number(&input, &height) ||
		!take_number(&input, &max) || input.size == 0 || !is_space(input.data[0])) {
		return fail(error, -EBADMSG, "the PPM has no complete header");
	}
	if (max != 255) {
		return fail(error, -ENOTSUP, "the PPM has not 8 bits for each channel");
	}
	n_pixels = (size_t)width * height;
	if (width <= BUFFER_MAX_DIMENSION && height <= BUFFER_MAX_DIMENSION &&
		n_pixels * 3 > input.size - 1) {
		return fail(error, -EBADMSG, "the PPM is cut short");
	}
	r = create(width, height, error, &image);
	if (r < 0) {
		return r;
	}
	for (size_t i = 0; i < n_pixels; i++) {
		const uint8_t *rgb = input.data + 1 + i * 3;

		image->pixels[i] =
			0xff000000 | (uint32_t)rgb[0] << 16 | (uint32_t)rgb[1] << 8 | rgb[2];
	}
	*ret_image = image;
	return 0;
}

static int
decode_qoi(const struct input *input, char error[static PICTURE_FILE_ERROR_SIZE],
	struct image **ret_image)
{
	struct qoi_header header;
	struct image *image;
	int r;

	if (!qoi_read_header(input->data, input->size, &header)) {
		return fail(error, -EBADMSG, "the QOI has no complete header");
	}
	if (!can_hold(input, header.width, header.height, QOI_MAX_PIXELS_PER_BYTE)) {
		return fail(error, -EBADMSG, "the QOI is cut short");
	}
	r = create(header.width, header.height, error, &image);
	if (r < 0) {
		return r;
	}
	if (!qoi_read_pixels(input->data, input->size, &header, image->pixels)) {
		image_destroy(image);
		return fail(error, -EBADMSG, "the QOI is cut short");
	}
	*ret_image = image;
	return 0;
}

static bool
begins_with(const struct input *input, const char *magic, size_t size)
{
	return input->size >= size && memcmp(input->data, magic, size) == 0;
}

int
picture_file_decode(const uint8_t *data, size_t size, char error[static PICTURE_FILE_ERROR_SIZE],
	struct image **ret_image)
{
	struct input input = { data, size };

	if (begins_with(&input, "\x89PNG\r\n\x1a\n", 8)) {
		return decode_png(&input, error, ret_image);
	}
	if (begins_with(&input, QOI_MAGIC, QOI_MAGIC_SIZE)) {
		return decode_qoi(&input, error, ret_image);
	}
	if (begins_with(&input, "P6", 2)) {
		return decode_ppm((struct input){ data + 2, size - 2 }, error, ret_image);
	}
	return fail(error, -EBADMSG, "not a PNG, PPM (P6) or QOI picture");
}

/* Less than there was, where somebody writes the file at this moment: then the picture is cut
 * short. */
static int
read_whole(int fd, size_t size, uint8_t *data, size_t *ret_size)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = read(fd, data + done, size - done);
		if (n < 0 && errno != EINTR) {
			return -errno;
		}
		if (n == 0) {
			break;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	*ret_size = done;
	return 0;
}

int
picture_file_read(
	const char *path, char error[static PICTURE_FILE_ERROR_SIZE], struct image **ret_image)
{
	AUTO_FD int fd = broker_open(path);
	struct stat status;
	uint8_t *data;
	size_t size = 0;
	int r;

	if (fd < 0 || fstat(fd, &status) < 0) {
		r = fd < 0 ? fd : -errno;
		return fail(error, r, strerror(-r));
	}
	if (!S_ISREG(status.st_mode)) {
		return fail(error, -EINVAL, "not a regular file");
	}
	if ((uint64_t)status.st_size > PICTURE_FILE_MAX_SIZE) {
		return fail(error, -EFBIG, "the file is too large");
	}
	data = malloc((size_t)status.st_size + 1);
	if (data == NULL) {
		return fail(error, -ENOMEM, "no memory for the file");
	}
	r = read_whole(fd, (size_t)status.st_size, data, &size);
	r = r < 0 ? fail(error, r, strerror(-r))
		  : picture_file_decode(data, size, error, ret_image);
	free(data);
	return r;
}
