#include "format.h"

#include <drm_fourcc.h>
#include <stddef.h>

/* wl_shm's two codes that are not a fourcc (wayland.xml, wl_shm.format). */
#define SHM_ARGB8888 0
#define SHM_XRGB8888 1

#define FORMAT(fourcc_name, opaque_name, pixman_name, bytes) \
	{ \
		.name = #fourcc_name, .fourcc = DRM_FORMAT_##fourcc_name, \
		.opaque = DRM_FORMAT_##opaque_name, .pixman = PIXMAN_##pixman_name, \
		.shm = DRM_FORMAT_##fourcc_name, .bytes_per_pixel = bytes, \
	}

static const struct format formats[] = {
	{
		.name = "XRGB8888",
		.fourcc = DRM_FORMAT_XRGB8888,
		.opaque = DRM_FORMAT_XRGB8888,
		.pixman = PIXMAN_x8r8g8b8,
		.shm = SHM_XRGB8888,
		.bytes_per_pixel = 4,
	},
	{
		.name = "ARGB8888",
		.fourcc = DRM_FORMAT_ARGB8888,
		.opaque = DRM_FORMAT_XRGB8888,
		.pixman = PIXMAN_a8r8g8b8,
		.shm = SHM_ARGB8888,
		.bytes_per_pixel = 4,
	},
	FORMAT(XBGR8888, XBGR8888, x8b8g8r8, 4),
	FORMAT(ABGR8888, XBGR8888, a8b8g8r8, 4),
	FORMAT(BGRX8888, BGRX8888, b8g8r8x8, 4),
	FORMAT(BGRA8888, BGRX8888, b8g8r8a8, 4),
	FORMAT(RGBX8888, RGBX8888, r8g8b8x8, 4),
	FORMAT(RGBA8888, RGBX8888, r8g8b8a8, 4),
	FORMAT(XRGB2101010, XRGB2101010, x2r10g10b10, 4),
	FORMAT(ARGB2101010, XRGB2101010, a2r10g10b10, 4),
	FORMAT(XBGR2101010, XBGR2101010, x2b10g10r10, 4),
	FORMAT(ABGR2101010, XBGR2101010, a2b10g10r10, 4),
	FORMAT(RGB888, RGB888, r8g8b8, 3),
	FORMAT(BGR888, BGR888, b8g8r8, 3),
	FORMAT(RGB565, RGB565, r5g6b5, 2),
	FORMAT(XRGB1555, XRGB1555, x1r5g5b5, 2),
};

#define N_FORMATS (sizeof(formats) / sizeof(formats[0]))

const struct format *
format_at(uint32_t index)
{
	return index < N_FORMATS ? &formats[index] : NULL;
}

const struct format *
format_from_fourcc(uint32_t fourcc)
{
	for (uint32_t i = 0; i < N_FORMATS; i++) {
		if (formats[i].fourcc == fourcc) {
			return &formats[i];
		}
	}
	return NULL;
}

const struct format *
format_from_pixman(uint32_t pixman_code)
{
	for (uint32_t i = 0; i < N_FORMATS; i++) {
		if ((uint32_t)formats[i].pixman == pixman_code) {
			return &formats[i];
		}
	}
	return NULL;
}

const struct format *
format_from_shm(uint32_t shm_code)
{
	for (uint32_t i = 0; i < N_FORMATS; i++) {
		if (formats[i].shm == shm_code) {
			return &formats[i];
		}
	}
	return NULL;
}

uint32_t
format_opaque(uint32_t fourcc)
{
	const struct format *format = format_from_fourcc(fourcc);

	return format != NULL ? format->opaque : fourcc;
}

uint32_t
format_deep(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_XRGB2101010:
	case DRM_FORMAT_ARGB2101010:
	case DRM_FORMAT_P010:
		return DRM_FORMAT_XRGB2101010;
	case DRM_FORMAT_XBGR2101010:
	case DRM_FORMAT_ABGR2101010:
	case DRM_FORMAT_XBGR16161616F:
	case DRM_FORMAT_ABGR16161616F:
		return DRM_FORMAT_XBGR2101010;
	default:
		return 0;
	}
}

const char *
format_fourcc_text(uint32_t fourcc, char text[FORMAT_FOURCC_TEXT_SIZE])
{
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)(fourcc >> (8 * i));
		text[i] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	text[4] = '\0';
	return text;
}
