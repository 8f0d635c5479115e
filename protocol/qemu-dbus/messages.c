#include "qemu-dbus/messages.h"

#include <drm_fourcc.h>
#include <errno.h>

#include "cursor.h"

static int
check_pixels(struct message_pixels *pixels, uint32_t pixman_code, size_t size)
{
	uint64_t row, needed;

	pixels->format = format_from_pixman(pixman_code);
	if (pixels->format == NULL) {
		return -ENOTSUP;
	}
	if (pixels->rect.x < 0 || pixels->rect.y < 0 || rect_is_empty(&pixels->rect) ||
		(int64_t)pixels->rect.x + pixels->rect.width > BUFFER_MAX_DIMENSION ||
		(int64_t)pixels->rect.y + pixels->rect.height > BUFFER_MAX_DIMENSION) {
		return -EBADMSG;
	}
	row = (uint64_t)pixels->rect.width * pixels->format->bytes_per_pixel;
	needed = (uint64_t)pixels->stride * ((uint32_t)pixels->rect.height - 1) + row;
	if (pixels->stride < row || needed > size) {
		return -EBADMSG;
	}
	return 0;
}

/* The length that the array says, and what there is of it, are one. */
static bool
tail_is_whole(struct wire_call *call)
{
	uint32_t size = wire_reader_array(&call->body, 1);

	return wire_reader_is_done(&call->body) && size == call->header->tail_size;
}

int
message_read_scanout(struct wire_call *call, struct message_pixels *ret_pixels)
{
	struct message_pixels pixels = { 0 };
	uint32_t width = wire_reader_u32(&call->body);
	uint32_t height = wire_reader_u32(&call->body);
	uint32_t format;
	int r;

	pixels.stride = wire_reader_u32(&call->body);
	format = wire_reader_u32(&call->body);
	if (!tail_is_whole(call) || width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION) {
		return -EBADMSG;
	}
	pixels.rect.width = (int32_t)width;
	pixels.rect.height = (int32_t)height;
	r = check_pixels(&pixels, format, call->header->tail_size);
	if (r < 0) {
		return r;
	}
	*ret_pixels = pixels;
	return 0;
}

static struct rect
read_rect(struct wire_reader *reader)
{
	struct rect rect;

	rect.x = wire_reader_i32(reader);
	rect.y = wire_reader_i32(reader);
	rect.width = wire_reader_i32(reader);
	rect.height = wire_reader_i32(reader);
	return rect;
}

int
message_read_update(struct wire_call *call, struct message_pixels *ret_pixels)
{
	struct message_pixels pixels = { .rect = read_rect(&call->body) };
	uint32_t format;
	int r;

	pixels.stride = wire_reader_u32(&call->body);
	format = wire_reader_u32(&call->body);
	if (!tail_is_whole(call)) {
		return -EBADMSG;
	}
	r = check_pixels(&pixels, format, call->header->tail_size);
	if (r < 0) {
		return r;
	}
	*ret_pixels = pixels;
	return 0;
}

/* The fd that an index in the body names; -1: there is none. */
static int
read_fd(struct wire_call *call)
{
	uint32_t index = wire_reader_u32(&call->body);

	return index < call->n_fds ? call->fds[index] : -1;
}

/*
 * The name of QEMU's flag says the opposite of what it means: "y0_top" set tells that the first row
 * in memory is the bottom line (ui/gtk-egl.c blits with !y0_top; virglrenderer sets it for OpenGL
 * textures, whose origin is at the bottom).
 */
static bool
read_bottom_up(struct wire_reader *reader)
{
	return wire_reader_bool(reader);
}

static int
check_source(const struct buffer_layout *layout, uint32_t x, uint32_t y, uint32_t width,
	uint32_t height, struct rect *ret_source)
{
	if (layout->width > BUFFER_MAX_DIMENSION || layout->height > BUFFER_MAX_DIMENSION ||
		width == 0 || height == 0 || (uint64_t)x + width > layout->width ||
		(uint64_t)y + height > layout->height) {
		return -EBADMSG;
	}
	*ret_source = (struct rect){
		.x = (int32_t)x,
		.y = (int32_t)y,
		.width = (int32_t)width,
		.height = (int32_t)height,
	};
	return 0;
}

int
message_read_scanout_map(struct wire_call *call, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = {
		.layout = { .kind = BUFFER_MEMORY,
			.modifier = DRM_FORMAT_MOD_LINEAR,
			.n_planes = 1 },
	};
	struct buffer_layout *layout = &scanout.layout;
	const struct format *format;
	int r;

	layout->planes[0].fd = read_fd(call);
	layout->planes[0].offset = wire_reader_u32(&call->body);
	layout->width = wire_reader_u32(&call->body);
	layout->height = wire_reader_u32(&call->body);
	layout->planes[0].stride = wire_reader_u32(&call->body);
	format = format_from_pixman(wire_reader_u32(&call->body));
	if (!wire_reader_is_done(&call->body) || layout->planes[0].fd < 0) {
		return -EBADMSG;
	}
	if (format == NULL) {
		return -ENOTSUP;
	}
	layout->fourcc = format->fourcc;
	r = check_source(layout, 0, 0, layout->width, layout->height, &scanout.source);
	if (r < 0) {
		return r;
	}
	*ret_scanout = scanout;
	return 0;
}

static void
guess_format(struct message_scanout *scanout)
{
	if (scanout->layout.fourcc == 0) {
		scanout->layout.fourcc = DRM_FORMAT_XBGR8888;
		scanout->guessed_format = true;
	}
}

int
message_read_scanout_dmabuf(struct wire_call *call, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = { .layout = { .kind = BUFFER_DMABUF, .n_planes = 1 } };
	struct buffer_layout *layout = &scanout.layout;
	int r;

	layout->planes[0].fd = read_fd(call);
	layout->width = wire_reader_u32(&call->body);
	layout->height = wire_reader_u32(&call->body);
	layout->planes[0].stride = wire_reader_u32(&call->body);
	layout->fourcc = wire_reader_u32(&call->body);
	layout->modifier = wire_reader_u64(&call->body);
	scanout.bottom_up = read_bottom_up(&call->body);
	if (!wire_reader_is_done(&call->body) || layout->planes[0].fd < 0) {
		return -EBADMSG;
	}
	guess_format(&scanout);
	r = check_source(layout, 0, 0, layout->width, layout->height, &scanout.source);
	if (r < 0) {
		return r;
	}
	*ret_scanout = scanout;
	return 0;
}

/*
 * An array of u or h: up to BUFFER_MAX_PLANES numbers. Returns how many there are; more than that
 * make the reader bad.
 */
static uint32_t
read_numbers(struct wire_reader *reader, uint32_t numbers[BUFFER_MAX_PLANES])
{
	uint32_t size = wire_reader_array(reader, sizeof(uint32_t));
	uint32_t n = size / sizeof(uint32_t);

	if (n > BUFFER_MAX_PLANES || size % sizeof(uint32_t) != 0) {
		reader->is_bad = true;
		return 0;
	}
	for (uint32_t i = 0; i < n; i++) {
		numbers[i] = wire_reader_u32(reader);
	}
	return n;
}

int
message_read_scanout_dmabuf2(struct wire_call *call, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = { .layout = { .kind = BUFFER_DMABUF } };
	struct buffer_layout *layout = &scanout.layout;
	struct wire_reader *body = &call->body;
	uint32_t fds[BUFFER_MAX_PLANES], offsets[BUFFER_MAX_PLANES], strides[BUFFER_MAX_PLANES];
	uint32_t n_fds = read_numbers(body, fds);
	uint32_t x = wire_reader_u32(body), y = wire_reader_u32(body);
	uint32_t width = wire_reader_u32(body), height = wire_reader_u32(body);
	uint32_t n_offsets = read_numbers(body, offsets);
	uint32_t n_strides = read_numbers(body, strides);

	layout->n_planes = wire_reader_u32(body);
	layout->fourcc = wire_reader_u32(body);
	layout->width = wire_reader_u32(body);
	layout->height = wire_reader_u32(body);
	layout->modifier = wire_reader_u64(body);
	scanout.bottom_up = read_bottom_up(body);
	if (!wire_reader_is_done(body) || layout->n_planes == 0 ||
		layout->n_planes > BUFFER_MAX_PLANES || n_offsets < layout->n_planes ||
		n_strides < layout->n_planes || n_fds == 0 || n_fds > layout->n_planes) {
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		/* QEMU stops at the first plane that shares the memory object before it. */
		uint32_t index = fds[i < n_fds ? i : n_fds - 1];

		if (index >= call->n_fds) {
			return -EBADMSG;
		}
		layout->planes[i].fd = call->fds[index];
		layout->planes[i].offset = offsets[i];
		layout->planes[i].stride = strides[i];
	}
	guess_format(&scanout);
	if (check_source(layout, x, y, width, height, &scanout.source) < 0) {
		return -EBADMSG;
	}
	*ret_scanout = scanout;
	return 0;
}

int
message_read_rect(struct wire_call *call, struct rect *ret_rect)
{
	struct rect rect = read_rect(&call->body);

	if (!wire_reader_is_done(&call->body)) {
		return -EBADMSG;
	}
	*ret_rect = rect;
	return 0;
}

int
message_read_mouse(struct wire_call *call, struct message_mouse *ret_mouse)
{
	struct message_mouse mouse;

	mouse.x = wire_reader_i32(&call->body);
	mouse.y = wire_reader_i32(&call->body);
	mouse.on = wire_reader_i32(&call->body) != 0;
	if (!wire_reader_is_done(&call->body)) {
		return -EBADMSG;
	}
	*ret_mouse = mouse;
	return 0;
}

static int32_t
clamp_hotspot(int32_t hot, uint32_t size)
{
	if (hot < 0) {
		return 0;
	}
	return (uint32_t)hot < size ? hot : (int32_t)size - 1;
}

int
message_read_cursor(struct wire_call *call, struct message_cursor *ret_cursor)
{
	struct message_cursor cursor = { 0 };
	int32_t width = wire_reader_i32(&call->body), height = wire_reader_i32(&call->body);
	int32_t hot_x = wire_reader_i32(&call->body), hot_y = wire_reader_i32(&call->body);
	size_t size = call->header->tail_size;

	if (!tail_is_whole(call) || width < 0 || height < 0 || width > CURSOR_MAX_DIMENSION ||
		height > CURSOR_MAX_DIMENSION ||
		size != (size_t)width * (size_t)height * sizeof(uint32_t)) {
		return -EBADMSG;
	}
	if (size > 0) {
		cursor.width = (uint32_t)width;
		cursor.height = (uint32_t)height;
		cursor.hot_x = clamp_hotspot(hot_x, cursor.width);
		cursor.hot_y = clamp_hotspot(hot_y, cursor.height);
	}
	*ret_cursor = cursor;
	return 0;
}
