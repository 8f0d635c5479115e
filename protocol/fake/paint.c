#include "paint.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Where a channel's bits are in the little-endian pixel. */
struct channel {
	uint8_t shift, bits;
};

struct pixel_layout {
	uint32_t fourcc;
	uint32_t bytes;
	struct channel red, green, blue;
	struct channel alpha; /* also the bits that nobody reads, the X in XRGB */
};

/* From the comments in drm_fourcc.h. */
static const struct pixel_layout pixel_layouts[] = {
	{ DRM_FORMAT_XRGB8888, 4, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 24, 8 } },
	{ DRM_FORMAT_ARGB8888, 4, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 24, 8 } },
	{ DRM_FORMAT_XBGR8888, 4, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 8 } },
	{ DRM_FORMAT_ABGR8888, 4, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 24, 8 } },
	{ DRM_FORMAT_RGBX8888, 4, { 24, 8 }, { 16, 8 }, { 8, 8 }, { 0, 8 } },
	{ DRM_FORMAT_RGBA8888, 4, { 24, 8 }, { 16, 8 }, { 8, 8 }, { 0, 8 } },
	{ DRM_FORMAT_BGRX8888, 4, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 0, 8 } },
	{ DRM_FORMAT_BGRA8888, 4, { 8, 8 }, { 16, 8 }, { 24, 8 }, { 0, 8 } },
	{ DRM_FORMAT_XRGB2101010, 4, { 20, 10 }, { 10, 10 }, { 0, 10 }, { 30, 2 } },
	{ DRM_FORMAT_ARGB2101010, 4, { 20, 10 }, { 10, 10 }, { 0, 10 }, { 30, 2 } },
	{ DRM_FORMAT_XBGR2101010, 4, { 0, 10 }, { 10, 10 }, { 20, 10 }, { 30, 2 } },
	{ DRM_FORMAT_ABGR2101010, 4, { 0, 10 }, { 10, 10 }, { 20, 10 }, { 30, 2 } },
	{ DRM_FORMAT_RGB888, 3, { 16, 8 }, { 8, 8 }, { 0, 8 }, { 0, 0 } },
	{ DRM_FORMAT_BGR888, 3, { 0, 8 }, { 8, 8 }, { 16, 8 }, { 0, 0 } },
	{ DRM_FORMAT_RGB565, 2, { 11, 5 }, { 5, 6 }, { 0, 5 }, { 0, 0 } },
	{ DRM_FORMAT_XRGB1555, 2, { 10, 5 }, { 5, 5 }, { 0, 5 }, { 15, 1 } },
};

static const struct pixel_layout *
find_layout(uint32_t fourcc)
{
	for (size_t i = 0; i < sizeof(pixel_layouts) / sizeof(pixel_layouts[0]); i++) {
		if (pixel_layouts[i].fourcc == fourcc) {
			return &pixel_layouts[i];
		}
	}
	return NULL;
}

bool
paint_knows(uint32_t fourcc)
{
	return find_layout(fourcc) != NULL;
}

static uint32_t
put_channel(const struct channel *channel, uint32_t value)
{
	/* Ten bits repeat the upper two below, so that 255 stays white. */
	uint32_t ten = value << 2 | value >> 6;

	return channel->bits == 0 ? 0 : (ten >> (10 - channel->bits)) << channel->shift;
}

static void
put_pixel(uint8_t *at, const struct pixel_layout *layout, struct color color)
{
	uint32_t pixel =
		put_channel(&layout->red, color.red) | put_channel(&layout->green, color.green) |
		put_channel(&layout->blue, color.blue) | put_channel(&layout->alpha, color.alpha);

	for (uint32_t i = 0; i < layout->bytes; i++) {
		at[i] = (uint8_t)(pixel >> (8 * i));
	}
}

int
paint_rect(struct fake_memory *memory, const struct rect *rect, paint_fn paint, const void *data)
{
	const struct pixel_layout *layout = find_layout(memory->layout.fourcc);
	const struct buffer_plane *plane = &memory->layout.planes[0];

	if (layout == NULL) {
		return -ENOTSUP;
	}
	for (int32_t y = rect->y; y < rect->y + rect->height; y++) {
		size_t size = (size_t)rect->width * layout->bytes;
		size_t start = plane->offset + (size_t)plane->stride * (size_t)y +
			       (size_t)rect->x * layout->bytes;

		/* Writing behind the end would make it longer again. */
		if (start + size > memory->size) {
			break;
		}
		for (int32_t x = 0; x < rect->width; x++) {
			put_pixel(memory->row + (size_t)x * layout->bytes, layout,
				paint(data, rect->x + x, y));
		}
		if (pwrite(memory->memory_fd, memory->row, size, (off_t)start) != (ssize_t)size) {
			return -errno;
		}
	}
	return 0;
}

struct color
paint_color_from_rgba(uint32_t rgba)
{
	return (struct color){
		.red = (uint8_t)(rgba >> 24),
		.green = (uint8_t)(rgba >> 16),
		.blue = (uint8_t)(rgba >> 8),
		.alpha = (uint8_t)rgba,
	};
}

struct pattern {
	const struct script_command *draw;
	int32_t width, height;
};

static int32_t
min(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

static struct color
paint_rgba(const struct pattern *pattern, int32_t x, int32_t y)
{
	bool right = x >= pattern->width / 2;
	bool bottom = y >= pattern->height / 2;
	int32_t corner = min(16, min(pattern->width, pattern->height) / 4);

	if (x < corner && y < corner) {
		return (struct color){ 0, 0, 0, 255 };
	}
	if (x == 0 || y == 0 || x == pattern->width - 1 || y == pattern->height - 1) {
		return (struct color){ 255, 255, 255, 255 };
	}
	if (right && bottom) {
		return (struct color){ 255, 255, 255, 128 };
	}
	return (struct color){
		.red = !right && !bottom ? 255 : 0,
		.green = right ? 255 : 0,
		.blue = bottom ? 255 : 0,
		.alpha = 255,
	};
}

static struct color
paint_gradient(const struct pattern *pattern, int32_t x, int32_t y)
{
	return (struct color){
		.red = (uint8_t)(x * 256 / pattern->width),
		.green = (uint8_t)(y * 256 / pattern->height),
		.blue = 128,
		.alpha = 255,
	};
}

static struct color
paint_bars(const struct pattern *pattern, int32_t x)
{
	int32_t bar = 7 - x * 8 / pattern->width;

	return (struct color){
		.red = bar & 2 ? 255 : 0,
		.green = bar & 4 ? 255 : 0,
		.blue = bar & 1 ? 255 : 0,
		.alpha = 255,
	};
}

static struct color
paint_pattern(const void *data, int32_t x, int32_t y)
{
	const struct pattern *pattern = data;
	struct color color = { 0 };

	switch (pattern->draw->draw.pattern) {
	case SCRIPT_PATTERN_RGBA:
		color = paint_rgba(pattern, x, y);
		break;
	case SCRIPT_PATTERN_GRADIENT:
		color = paint_gradient(pattern, x, y);
		break;
	case SCRIPT_PATTERN_BARS:
		color = paint_bars(pattern, x);
		break;
	case SCRIPT_PATTERN_SOLID:
		color = paint_color_from_rgba(pattern->draw->draw.rgba);
		break;
	}
	if (pattern->draw->draw.junk_alpha) {
		color.alpha = (uint8_t)(x * 7 + y * 13);
	}
	return color;
}

int
paint_draw(struct fake_memory *memory, const struct script_command *draw)
{
	struct pattern pattern = {
		.draw = draw,
		.width = (int32_t)memory->layout.width,
		.height = (int32_t)memory->layout.height,
	};
	struct rect whole = { 0, 0, pattern.width, pattern.height };

	return paint_rect(memory, &whole, paint_pattern, &pattern);
}

void
paint_cursor(uint32_t *pixels, const struct script_command *command)
{
	int32_t width = (int32_t)command->cursor.width;
	int32_t height = (int32_t)command->cursor.height;
	struct color color = paint_color_from_rgba(command->cursor.rgba);
	uint32_t alpha = color.alpha;
	uint32_t solid = alpha << 24 | (color.red * alpha / 255) << 16 |
			 (color.green * alpha / 255) << 8 | color.blue * alpha / 255;

	for (int32_t y = 0; y < height; y++) {
		for (int32_t x = 0; x < width; x++) {
			/* The arrow: below the diagonal from the top left, above the one back. */
			int32_t right = y < height - 1 - y ? y : height - 1 - y;
			uint32_t arrow = x > right ? 0 : 0xffffffff;

			if (x == right || (x == 0 && x <= right)) {
				arrow = 0xff000000;
			}
			pixels[y * width + x] = command->cursor.solid ? solid : arrow;
		}
	}
}
