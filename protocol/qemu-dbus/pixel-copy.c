#include "qemu-dbus/pixel-copy.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int
pixel_copy_create(
	uint32_t width, uint32_t height, const struct format *format, struct buffer **ret_buffer)
{
	struct buffer_layout layout = {
		.kind = BUFFER_MEMORY,
		.width = width,
		.height = height,
		.fourcc = format->fourcc,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.n_planes = 1,
	};
	AUTO_FD int fd = -1;
	uint64_t size;

	if (width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION) {
		return -EBADMSG;
	}
	/* pixman wants rows of whole 32-bit words. */
	layout.planes[0].stride = (width * format->bytes_per_pixel + 3) & ~3u;
	size = (uint64_t)layout.planes[0].stride * height;
	if (size > PIXEL_COPY_SIZE_MAX) {
		return -EBADMSG;
	}
	fd = memfd_create("vitrine-picture", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0 || ftruncate(fd, (off_t)size) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
		return -errno;
	}
	layout.planes[0].fd = fd;
	return buffer_create(&layout, ret_buffer);
}

static int
write_all(int fd, const uint8_t *data, size_t size, uint64_t offset)
{
	while (size > 0) {
		ssize_t n = pwrite(fd, data, size, (off_t)offset);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return n < 0 ? -errno : -EIO;
		}
		data += n;
		size -= (size_t)n;
		offset += (size_t)n;
	}
	return 0;
}

void
pixel_copy_begin(
	struct pixel_copy *copy, struct buffer *buffer, const struct message_pixels *pixels)
{
	struct rect whole = { 0, 0, (int32_t)buffer->layout.width, (int32_t)buffer->layout.height };

	assert(copy->buffer == NULL && rect_contains(&whole, &pixels->rect) &&
		pixels->format->fourcc == buffer->layout.fourcc);
	*copy = (struct pixel_copy){ .buffer = buffer_ref(buffer), .pixels = *pixels };
}

/* Writes what is one piece in the buffer as well. Returns how many bytes that was, used or not. */
static size_t
write_piece(struct pixel_copy *copy, const uint8_t *bytes, size_t size)
{
	const struct buffer_plane *plane = &copy->buffer->layout.planes[0];
	const struct rect *rect = &copy->pixels.rect;
	uint32_t pixel = copy->pixels.format->bytes_per_pixel, stride = copy->pixels.stride;
	uint32_t row = (uint32_t)rect->width * pixel;
	uint64_t y = copy->at / stride, x = copy->at % stride;
	uint64_t offset = (y + (uint32_t)rect->y) * plane->stride + (uint32_t)rect->x * pixel + x;
	size_t rest;
	int r;

	if (y >= (uint32_t)rect->height) {
		return size;
	}
	if (row == stride && stride == plane->stride) {
		/* Whole rows with nothing between them, as in nearly every full picture. */
		rest = (size_t)((uint32_t)rect->height - y) * stride - x;
	} else if (x < row) {
		rest = row - x;
	} else {
		rest = stride - x;
		return rest < size ? rest : size;
	}
	size = rest < size ? rest : size;
	r = write_all(plane->fd, bytes, size, offset);
	if (r < 0) {
		copy->error = r;
	}
	return size;
}

void
pixel_copy_write(struct pixel_copy *copy, const uint8_t *bytes, size_t size)
{
	while (size > 0 && copy->error == 0) {
		size_t n = write_piece(copy, bytes, size);

		copy->at += n;
		bytes += n;
		size -= n;
	}
}

void
pixel_copy_finish(struct pixel_copy *copy)
{
	buffer_unref(copy->buffer);
	*copy = (struct pixel_copy){ 0 };
}

int
pixel_copy_take_over(struct buffer *buffer, struct buffer *old)
{
	const struct buffer_plane *plane = &buffer->layout.planes[0];
	struct rect a = { 0, 0, (int32_t)buffer->layout.width, (int32_t)buffer->layout.height };
	struct rect b = { 0, 0, (int32_t)old->layout.width, (int32_t)old->layout.height };
	struct rect row = rect_intersect(&a, &b);
	uint32_t n_rows = (uint32_t)row.height;
	size_t size =
		(size_t)row.width * format_from_fourcc(buffer->layout.fourcc)->bytes_per_pixel;
	uint8_t *bytes = malloc(size);
	int r = 0;

	if (bytes == NULL) {
		return -ENOMEM;
	}
	row.height = 1;
	for (uint32_t y = 0; y < n_rows && r >= 0; y++) {
		row.y = (int32_t)y;
		r = buffer_read(old, &row, bytes, size);
		if (r >= 0) {
			r = write_all(plane->fd, bytes, size, (uint64_t)plane->stride * y);
		}
	}
	free(bytes);
	return r;
}
