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

int
pixel_copy_write(struct buffer *buffer, const struct message_pixels *pixels)
{
	const struct buffer_plane *plane = &buffer->layout.planes[0];
	const struct rect *rect = &pixels->rect;
	struct rect whole = { 0, 0, (int32_t)buffer->layout.width, (int32_t)buffer->layout.height };
	size_t row = (size_t)rect->width * pixels->format->bytes_per_pixel;
	uint64_t offset = (uint64_t)plane->stride * (uint32_t)rect->y +
			  (uint64_t)(uint32_t)rect->x * pixels->format->bytes_per_pixel;
	const uint8_t *data = pixels->data;

	assert(rect_contains(&whole, rect) && pixels->format->fourcc == buffer->layout.fourcc);
	/* Whole rows with nothing between them, as in nearly every full picture: one call. */
	if (rect->x == 0 && pixels->stride == plane->stride && row == plane->stride) {
		return write_all(plane->fd, data, row * (size_t)rect->height, offset);
	}
	for (int32_t y = 0; y < rect->height; y++) {
		int r = write_all(plane->fd, data, row, offset);
		if (r < 0) {
			return r;
		}
		data += pixels->stride;
		offset += plane->stride;
	}
	return 0;
}

int
pixel_copy_take_over(struct buffer *buffer, struct buffer *old)
{
	struct rect a = { 0, 0, (int32_t)buffer->layout.width, (int32_t)buffer->layout.height };
	struct rect b = { 0, 0, (int32_t)old->layout.width, (int32_t)old->layout.height };
	struct rect common = rect_intersect(&a, &b);
	struct message_pixels pixels = {
		.rect = { .width = common.width, .height = 1 },
		.format = format_from_fourcc(buffer->layout.fourcc),
		.stride = old->layout.planes[0].stride,
	};
	uint8_t *row = malloc(pixels.stride);
	int r = 0;

	if (row == NULL) {
		return -ENOMEM;
	}
	pixels.data = row;
	for (int32_t y = 0; y < common.height && r >= 0; y++) {
		pixels.rect.y = y;
		r = buffer_read(old, &pixels.rect, row, pixels.stride);
		if (r >= 0) {
			r = pixel_copy_write(buffer, &pixels);
		}
	}
	free(row);
	return r;
}
