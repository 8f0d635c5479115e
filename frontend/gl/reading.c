#include "gl/reading.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <stddef.h>

#define IN_ORDER \
	{ \
		GL_RED, GL_GREEN, GL_BLUE \
	}
#define RGB(name, bytes_per_pixel) \
	{ \
		.fourcc = DRM_FORMAT_##name, .imported_as = DRM_FORMAT_##name, \
		.channels = IN_ORDER, .n_planes = 1, .planes = { { bytes_per_pixel, 1, 1 } }, \
	}
/* Bytes of a pixel: unused or alpha, then three channels. */
#define PADDED_FIRST(name, red, blue) \
	{ \
		.fourcc = DRM_FORMAT_##name, .imported_as = DRM_FORMAT_ABGR8888, \
		.channels = { red, GL_BLUE, blue }, .n_planes = 1, .planes = { { 4, 1, 1 } }, \
	}
#define YUV(name, luma_bytes) \
	{ \
		.fourcc = DRM_FORMAT_##name, .imported_as = DRM_FORMAT_##name, \
		.channels = IN_ORDER, .n_planes = 2, \
		.planes = { { luma_bytes, 1, 1 }, { 2 * (luma_bytes), 2, 2 } }, \
	}

static const struct reading readings[] = {
	RGB(XRGB8888, 4),
	RGB(ARGB8888, 4),
	RGB(XBGR8888, 4),
	RGB(ABGR8888, 4),
	PADDED_FIRST(RGBX8888, GL_ALPHA, GL_GREEN),
	PADDED_FIRST(RGBA8888, GL_ALPHA, GL_GREEN),
	PADDED_FIRST(BGRX8888, GL_GREEN, GL_ALPHA),
	PADDED_FIRST(BGRA8888, GL_GREEN, GL_ALPHA),
	RGB(XRGB2101010, 4),
	RGB(ARGB2101010, 4),
	RGB(XBGR2101010, 4),
	RGB(ABGR2101010, 4),
	RGB(RGB888, 3),
	RGB(BGR888, 3),
	RGB(RGB565, 2),
	{
		.fourcc = DRM_FORMAT_XRGB1555,
		.imported_as = DRM_FORMAT_ARGB1555,
		.channels = IN_ORDER,
		.n_planes = 1,
		.planes = { { 2, 1, 1 } },
	},
	RGB(XBGR16161616F, 8),
	RGB(ABGR16161616F, 8),
	YUV(NV12, 1),
	YUV(P010, 2),
};

#define N_READINGS (sizeof(readings) / sizeof(readings[0]))

const struct reading *
reading_at(uint32_t index)
{
	return index < N_READINGS ? &readings[index] : NULL;
}

const struct reading *
reading_from_fourcc(uint32_t fourcc)
{
	for (uint32_t i = 0; i < N_READINGS; i++) {
		if (readings[i].fourcc == fourcc) {
			return &readings[i];
		}
	}
	return NULL;
}

int
reading_check_linear(const struct reading *reading, const struct buffer *buffer)
{
	const struct buffer_layout *layout = &buffer->layout;

	if (layout->n_planes != reading->n_planes) {
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < reading->n_planes; i++) {
		const struct buffer_plane *plane = &layout->planes[i];
		uint32_t across = reading->planes[i].divide_width;
		uint32_t down = reading->planes[i].divide_height;
		uint64_t row = (uint64_t)((layout->width + across - 1) / across) *
			       reading->planes[i].bytes;
		uint64_t n_rows = (layout->height + down - 1) / down;

		if (plane->stride < row ||
			plane->offset + plane->stride * n_rows > buffer->infos[i].size) {
			return -EBADMSG;
		}
	}
	return 0;
}
