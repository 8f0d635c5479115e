#include "buffer.h"

#include <assert.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dmabuf.h"
#include "broker/broker.h"
#include "buffer-budget.h"
#include "buffer-fence.h"
#include "format.h"

static int
check_plane(const struct buffer_layout *layout, const struct buffer_plane *plane,
	const struct fd_info *info)
{
	enum fd_kind wanted = layout->kind == BUFFER_DMABUF ? FD_KIND_DMABUF : FD_KIND_MEMORY;
	uint64_t end;

	if (info->kind != wanted && !(wanted == FD_KIND_DMABUF && info->kind == FD_KIND_MEMORY &&
					    fd_memory_passes_as_dmabuf())) {
		return -EBADMSG;
	}
	/* The full height counts for every plane, subsampled or not: wlroots checks it so. */
	end = plane->offset + (uint64_t)plane->stride * layout->height;
	if (plane->stride == 0 || plane->offset + (uint64_t)plane->stride > info->size ||
		end > UINT32_MAX) {
		return -EBADMSG;
	}
	return 0;
}

/* Whether it was made of shared memory by /dev/udmabuf. */
static bool
is_udmabuf(int fd)
{
	char name[16];

	return broker_exporter(fd, name, sizeof(name)) >= 0 && strcmp(name, "udmabuf") == 0;
}

/* Whether it is a DRM syncobj: compositors end the connection over anything else. */
static bool
is_timeline(int fd)
{
	char target[32];

	return broker_link_of(fd, target, sizeof(target)) >= 0 &&
	       (fd_memory_passes_as_dmabuf() || strcmp(target, "anon_inode:syncobj_file") == 0);
}

int
buffer_layout_check(const struct buffer_layout *layout, struct fd_info ret_infos[BUFFER_MAX_PLANES])
{
	const struct format *format = format_from_fourcc(layout->fourcc);
	const struct buffer_plane *first = &layout->planes[0];
	bool linear = layout->modifier == DRM_FORMAT_MOD_LINEAR;

	if (layout->width == 0 || layout->height == 0 || layout->width > BUFFER_MAX_DIMENSION ||
		layout->height > BUFFER_MAX_DIMENSION || layout->n_planes == 0 ||
		layout->n_planes > BUFFER_MAX_PLANES) {
		return -EBADMSG;
	}
	if (layout->kind == BUFFER_MEMORY) {
		if (layout->n_planes != 1 || !linear) {
			return -EBADMSG;
		}
		if (format == NULL) {
			return -ENOTSUP;
		}
	}
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		int r = fd_inspect(layout->planes[i].fd, &ret_infos[i]);
		if (r >= 0) {
			r = check_plane(layout, &layout->planes[i], &ret_infos[i]);
		}
		if (r < 0) {
			return r;
		}
	}
	/* Compositors apply this rule to tiled modifiers as well. */
	if (first->offset + (uint64_t)first->stride * layout->height > ret_infos[0].size) {
		return -EBADMSG;
	}
	if (layout->timelines != NULL &&
		(layout->kind != BUFFER_DMABUF || !is_timeline(layout->timelines->acquire_fd) ||
			!is_timeline(layout->timelines->release_fd))) {
		return -EBADMSG;
	}
	if (linear && format != NULL &&
		first->stride < (uint64_t)layout->width * format->bytes_per_pixel) {
		return -EBADMSG;
	}
	return 0;
}

/* A layout that was checked. */
static bool
lies_linear(const struct buffer_layout *layout, const struct fd_info *info)
{
	const struct format *format = format_from_fourcc(layout->fourcc);

	if (layout->n_planes != 1) {
		return false;
	}
	if (layout->modifier == DRM_FORMAT_MOD_LINEAR) {
		return true;
	}
	return layout->modifier == DRM_FORMAT_MOD_INVALID && format != NULL &&
	       layout->planes[0].stride >= (uint64_t)layout->width * format->bytes_per_pixel &&
	       (info->kind == FD_KIND_MEMORY || is_udmabuf(layout->planes[0].fd));
}

/* Keeps the layout's timelines; the caller unrefs the buffer on failure. */
static int
keep_timelines(struct buffer *buffer, const struct timelines *timelines)
{
	buffer->layout.timelines = &buffer->timelines;
	buffer->timelines = (struct timelines){ -1, -1 };
	buffer->timelines.acquire_fd = fd_dup(timelines->acquire_fd);
	if (buffer->timelines.acquire_fd < 0) {
		return buffer->timelines.acquire_fd;
	}
	buffer->timelines.release_fd = timelines->release_fd == timelines->acquire_fd
					       ? buffer->timelines.acquire_fd
					       : fd_dup(timelines->release_fd);
	return buffer->timelines.release_fd < 0 ? buffer->timelines.release_fd : 0;
}

static void
close_timelines(struct buffer *buffer)
{
	if (buffer->timelines.release_fd != buffer->timelines.acquire_fd) {
		fd_close(&buffer->timelines.release_fd);
	}
	fd_close(&buffer->timelines.acquire_fd);
}

static int
create_checked(const struct buffer_layout *layout, const struct fd_info infos[BUFFER_MAX_PLANES],
	struct buffer **ret_buffer)
{
	struct buffer *buffer = calloc(1, sizeof(*buffer));

	if (buffer == NULL) {
		return -ENOMEM;
	}
	buffer->layout = *layout;
	buffer->refs = 1;
	buffer->test_fence = -1;
	for (uint32_t i = 0; i < BUFFER_MAX_PLANES; i++) {
		buffer->layout.planes[i].fd = -1;
	}
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		int fd = fd_dup(layout->planes[i].fd);
		if (fd < 0) {
			buffer_unref(buffer);
			return fd;
		}
		buffer->layout.planes[i].fd = fd;
		buffer->infos[i] = infos[i];
	}
	if (layout->timelines != NULL) {
		int r = keep_timelines(buffer, layout->timelines);
		if (r < 0) {
			buffer_unref(buffer);
			return r;
		}
	}
	buffer->linear = lies_linear(layout, &infos[0]);
	*ret_buffer = buffer;
	return 0;
}

int
buffer_create(const struct buffer_layout *layout, struct buffer **ret_buffer)
{
	struct fd_info infos[BUFFER_MAX_PLANES];
	int r = buffer_layout_check(layout, infos);

	return r < 0 ? r : create_checked(layout, infos, ret_buffer);
}

int
buffer_create_copy(const struct buffer *buffer, struct buffer **ret_copy)
{
	struct buffer_layout layout = buffer->layout;
	struct buffer *copy;
	int r;

	assert(buffer->whole == NULL);
	layout.timelines = NULL;
	r = create_checked(&layout, buffer->infos, &copy);
	if (r >= 0 && buffer->test_fence >= 0) {
		copy->test_fence = fd_dup(buffer->test_fence);
		if (copy->test_fence < 0) {
			r = copy->test_fence;
			buffer_unref(copy);
		}
	}
	if (r < 0) {
		return r;
	}
	*ret_copy = copy;
	return 0;
}

struct buffer *
buffer_ref(struct buffer *buffer)
{
	buffer->refs++;
	return buffer;
}

void
buffer_unref(struct buffer *buffer)
{
	if (buffer == NULL) {
		return;
	}
	assert(buffer->refs > 0);
	if (--buffer->refs > 0) {
		return;
	}
	buffer_budget_forget(buffer);
	if (buffer->map != NULL) {
		munmap(buffer->map, buffer->infos[0].size);
	}
	for (uint32_t i = 0; i < buffer->layout.n_planes && buffer->whole == NULL; i++) {
		fd_close(&buffer->layout.planes[i].fd);
	}
	if (buffer->layout.timelines == &buffer->timelines) {
		close_timelines(buffer);
	}
	fd_close(&buffer->test_fence);
	buffer_unref(buffer->whole);
	free(buffer);
}

int
buffer_identify(const struct buffer_layout *layout, struct fd_info ret_infos[BUFFER_MAX_PLANES])
{
	for (uint32_t i = 0; i < layout->n_planes && i < BUFFER_MAX_PLANES; i++) {
		if (i > 0 && layout->planes[i].fd == layout->planes[i - 1].fd) {
			ret_infos[i] = ret_infos[i - 1];
			continue;
		}
		int r = fd_identify(layout->planes[i].fd, &ret_infos[i]);
		if (r < 0) {
			return r;
		}
	}
	return 0;
}

bool
buffer_is(const struct buffer *buffer, const struct buffer_layout *layout,
	const struct fd_info infos[BUFFER_MAX_PLANES])
{
	const struct buffer_layout *own = &buffer->layout;

	if (own->kind != layout->kind || own->width != layout->width ||
		own->height != layout->height || own->fourcc != layout->fourcc ||
		own->modifier != layout->modifier || own->n_planes != layout->n_planes) {
		return false;
	}
	for (uint32_t i = 0; i < own->n_planes; i++) {
		if (own->planes[i].offset != layout->planes[i].offset ||
			own->planes[i].stride != layout->planes[i].stride ||
			buffer->infos[i].device != infos[i].device ||
			buffer->infos[i].inode != infos[i].inode) {
			return false;
		}
		/*
		 * The same memory, but the VMM changed its size: compositors know the old one. A
		 * dma-buf keeps its size.
		 */
		if (buffer->infos[i].kind == FD_KIND_MEMORY &&
			buffer->infos[i].size != infos[i].size) {
			return false;
		}
	}
	return true;
}

bool
buffer_is_linear(const struct buffer *buffer)
{
	return buffer->linear;
}

int
buffer_create_part(struct buffer *buffer, const struct rect *rect, struct buffer **ret_part)
{
	const struct rect all = { 0, 0, (int32_t)buffer->layout.width,
		(int32_t)buffer->layout.height };
	const struct format *format = format_from_fourcc(buffer->layout.fourcc);
	struct buffer *part;
	struct buffer_plane *plane;
	uint64_t offset;

	if (format == NULL || !buffer_is_linear(buffer) || rect_equal(rect, &all)) {
		return -ENOTSUP;
	}
	assert(rect_contains(&all, rect) && !rect_is_empty(rect));
	offset = buffer->layout.planes[0].offset +
		 (uint64_t)buffer->layout.planes[0].stride * (uint32_t)rect->y +
		 (uint64_t)format->bytes_per_pixel * (uint32_t)rect->x;
	if (offset % BUFFER_OFFSET_ALIGNMENT != 0) {
		return -ENOTSUP;
	}
	if (offset + (uint64_t)buffer->layout.planes[0].stride * (uint32_t)rect->height >
		buffer->infos[0].size) {
		return -EBADMSG;
	}
	part = calloc(1, sizeof(*part));
	if (part == NULL) {
		return -ENOMEM;
	}
	*part = *buffer;
	part->refs = 1;
	part->map = NULL;
	part->test_fence = -1;
	part->budget = NULL;
	part->whole = buffer_ref(buffer);
	part->layout.width = (uint32_t)rect->width;
	part->layout.height = (uint32_t)rect->height;
	plane = &part->layout.planes[0];
	plane->offset = (uint32_t)offset;
	*ret_part = part;
	return 0;
}

static int
read_memory(const struct buffer *buffer, uint64_t start, size_t row_size, uint32_t n_rows,
	bool whole_rows, uint8_t *destination, size_t destination_stride)
{
	const struct buffer_plane *plane = &buffer->layout.planes[0];

	/* One call for whole rows that follow each other the same way on both sides. */
	if (destination_stride == plane->stride && whole_rows) {
		row_size += (size_t)(n_rows - 1) * plane->stride;
		n_rows = 1;
	}
	for (uint32_t row = 0; row < n_rows; row++) {
		size_t done = 0;
		while (done < row_size) {
			ssize_t n = pread(plane->fd, destination + done, row_size - done,
				(off_t)(start + done));
			if (n <= 0) {
				return -EIO;
			}
			done += (size_t)n;
		}
		start += plane->stride;
		destination += destination_stride;
	}
	return 0;
}

int
buffer_map(struct buffer *buffer)
{
	void *map;

	if (buffer->map != NULL || buffer->infos[0].kind == FD_KIND_MEMORY) {
		return 0;
	}
	map = mmap(
		NULL, buffer->infos[0].size, PROT_READ, MAP_SHARED, buffer->layout.planes[0].fd, 0);
	if (map == MAP_FAILED) {
		return -errno;
	}
	buffer->map = map;
	return 0;
}

static int
read_dmabuf(struct buffer *buffer, uint64_t start, size_t row_size, uint32_t n_rows,
	uint8_t *destination, size_t destination_stride)
{
	const struct buffer_plane *plane = &buffer->layout.planes[0];
	const uint8_t *source;
	int r = buffer_map(buffer);

	if (r < 0) {
		return r;
	}
	r = dmabuf_begin_read(plane->fd);
	if (r < 0) {
		return r;
	}
	source = (const uint8_t *)buffer->map + start;
	for (uint32_t row = 0; row < n_rows; row++) {
		memcpy(destination, source, row_size);
		source += plane->stride;
		destination += destination_stride;
	}
	return dmabuf_end_read(plane->fd);
}

int
buffer_read(struct buffer *buffer, const struct rect *rect, void *destination,
	size_t destination_stride)
{
	const struct format *format = format_from_fourcc(buffer->layout.fourcc);
	const struct buffer_plane *plane = &buffer->layout.planes[0];
	struct rect whole = { 0, 0, (int32_t)buffer->layout.width, (int32_t)buffer->layout.height };
	uint64_t start;
	size_t row_size;

	if (format == NULL || !buffer_is_linear(buffer)) {
		return -ENOTSUP;
	}
	assert(rect_contains(&whole, rect) && !rect_is_empty(rect));
	start = plane->offset + (uint64_t)plane->stride * (uint32_t)rect->y +
		(uint64_t)(uint32_t)rect->x * format->bytes_per_pixel;
	row_size = (size_t)rect->width * format->bytes_per_pixel;
	assert(destination_stride >= row_size);

	if (buffer_is_busy(buffer)) {
		return -EAGAIN;
	}
	/* Memory that passes as a dma-buf in tests can shrink like any other. */
	if (buffer->infos[0].kind == FD_KIND_MEMORY) {
		return read_memory(buffer, start, row_size, (uint32_t)rect->height,
			rect->width == whole.width, destination, destination_stride);
	}
	return read_dmabuf(
		buffer, start, row_size, (uint32_t)rect->height, destination, destination_stride);
}
