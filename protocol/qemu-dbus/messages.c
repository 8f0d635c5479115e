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

int
message_read_scanout(sd_bus_message *message, struct message_pixels *ret_pixels)
{
	struct message_pixels pixels = { 0 };
	uint32_t width, height, format;
	const void *data;
	size_t size;
	int r;

	r = sd_bus_message_read(message, "uuuu", &width, &height, &pixels.stride, &format);
	if (r >= 0) {
		r = sd_bus_message_read_array(message, 'y', &data, &size);
	}
	if (r < 0 || width > BUFFER_MAX_DIMENSION || height > BUFFER_MAX_DIMENSION) {
		return -EBADMSG;
	}
	pixels.rect.width = (int32_t)width;
	pixels.rect.height = (int32_t)height;
	pixels.data = data;
	r = check_pixels(&pixels, format, size);
	if (r < 0) {
		return r;
	}
	*ret_pixels = pixels;
	return 0;
}

int
message_read_update(sd_bus_message *message, struct message_pixels *ret_pixels)
{
	struct message_pixels pixels = { 0 };
	struct rect *rect = &pixels.rect;
	uint32_t format;
	const void *data;
	size_t size;
	int r;

	r = sd_bus_message_read(message, "iiiiuu", &rect->x, &rect->y, &rect->width, &rect->height,
		&pixels.stride, &format);
	if (r >= 0) {
		r = sd_bus_message_read_array(message, 'y', &data, &size);
	}
	if (r < 0) {
		return -EBADMSG;
	}
	pixels.data = data;
	r = check_pixels(&pixels, format, size);
	if (r < 0) {
		return r;
	}
	*ret_pixels = pixels;
	return 0;
}

/*
 * The name of QEMU's flag says the opposite of what it means: "y0_top" set tells that the first row
 * in memory is the bottom line (ui/gtk-egl.c blits with !y0_top; virglrenderer sets it for OpenGL
 * textures, whose origin is at the bottom).
 */
static int
read_orientation(sd_bus_message *message, struct message_scanout *scanout)
{
	int y0_top;
	int r = sd_bus_message_read_basic(message, 'b', &y0_top);

	if (r < 0) {
		return -EBADMSG;
	}
	scanout->bottom_up = y0_top;
	return 0;
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
message_read_scanout_map(sd_bus_message *message, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = {
		.layout = { .kind = BUFFER_MEMORY,
			.modifier = DRM_FORMAT_MOD_LINEAR,
			.n_planes = 1 },
	};
	struct buffer_layout *layout = &scanout.layout;
	const struct format *format;
	uint32_t code;
	int r;

	r = sd_bus_message_read(message, "huuuuu", &layout->planes[0].fd, &layout->planes[0].offset,
		&layout->width, &layout->height, &layout->planes[0].stride, &code);
	if (r < 0) {
		return -EBADMSG;
	}
	format = format_from_pixman(code);
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
message_read_scanout_dmabuf(sd_bus_message *message, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = { .layout = { .kind = BUFFER_DMABUF, .n_planes = 1 } };
	struct buffer_layout *layout = &scanout.layout;
	int r;

	r = sd_bus_message_read(message, "huuuut", &layout->planes[0].fd, &layout->width,
		&layout->height, &layout->planes[0].stride, &layout->fourcc, &layout->modifier);
	if (r < 0 || read_orientation(message, &scanout) < 0) {
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

/* Returns the number of entries. */
static int
read_fds(sd_bus_message *message, int fds[BUFFER_MAX_PLANES])
{
	int r = sd_bus_message_enter_container(message, 'a', "h");
	int n = 0;

	while (r > 0 && n < BUFFER_MAX_PLANES) {
		r = sd_bus_message_read_basic(message, 'h', &fds[n]);
		n += r > 0;
	}
	if (r < 0 || sd_bus_message_exit_container(message) < 0) {
		return -EBADMSG; /* the latter: entries are left */
	}
	return n;
}

static int
read_numbers(sd_bus_message *message, const uint32_t **ret_numbers, uint32_t *ret_n)
{
	const void *data;
	size_t size;

	if (sd_bus_message_read_array(message, 'u', &data, &size) < 0) {
		return -EBADMSG;
	}
	*ret_numbers = data;
	*ret_n = (uint32_t)(size / sizeof(uint32_t));
	return 0;
}

int
message_read_scanout_dmabuf2(sd_bus_message *message, struct message_scanout *ret_scanout)
{
	struct message_scanout scanout = { .layout = { .kind = BUFFER_DMABUF } };
	struct buffer_layout *layout = &scanout.layout;
	const uint32_t *offsets, *strides;
	uint32_t x, y, width, height, n_offsets, n_strides;
	int fds[BUFFER_MAX_PLANES];
	int n_fds = read_fds(message, fds);

	if (n_fds <= 0 || sd_bus_message_read(message, "uuuu", &x, &y, &width, &height) < 0 ||
		read_numbers(message, &offsets, &n_offsets) < 0 ||
		read_numbers(message, &strides, &n_strides) < 0 ||
		sd_bus_message_read(message, "uuuut", &layout->n_planes, &layout->fourcc,
			&layout->width, &layout->height, &layout->modifier) < 0 ||
		read_orientation(message, &scanout) < 0) {
		return -EBADMSG;
	}
	if (layout->n_planes == 0 || layout->n_planes > BUFFER_MAX_PLANES ||
		n_offsets < layout->n_planes || n_strides < layout->n_planes ||
		(uint32_t)n_fds > layout->n_planes) {
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		/* QEMU stops at the first plane that shares the memory object before it. */
		layout->planes[i].fd = fds[i < (uint32_t)n_fds ? i : (uint32_t)n_fds - 1];
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
message_read_rect(sd_bus_message *message, struct rect *ret_rect)
{
	struct rect rect;
	int r = sd_bus_message_read(message, "iiii", &rect.x, &rect.y, &rect.width, &rect.height);

	if (r < 0) {
		return -EBADMSG;
	}
	*ret_rect = rect;
	return 0;
}

int
message_read_mouse(sd_bus_message *message, struct message_mouse *ret_mouse)
{
	struct message_mouse mouse;
	int on;

	if (sd_bus_message_read(message, "iii", &mouse.x, &mouse.y, &on) < 0) {
		return -EBADMSG;
	}
	mouse.on = on != 0;
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
message_read_cursor(sd_bus_message *message, struct message_cursor *ret_cursor)
{
	struct message_cursor cursor = { 0 };
	int32_t width, height, hot_x, hot_y;
	size_t size;

	if (sd_bus_message_read(message, "iiii", &width, &height, &hot_x, &hot_y) < 0 ||
		sd_bus_message_read_array(message, 'y', &cursor.data, &size) < 0 || width < 0 ||
		height < 0 || width > CURSOR_MAX_DIMENSION || height > CURSOR_MAX_DIMENSION ||
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
