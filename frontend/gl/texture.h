#pragma once

#include "buffer.h"
#include "gl/context.h"

/* A guest's buffer as a texture: no copy, what the guest draws later is seen by later draws. */
struct texture {
	GLuint name;
	GLenum target; /* GL_TEXTURE_2D, or GL_TEXTURE_EXTERNAL_OES where the driver has it only so
			*/
	EGLImageKHR image;
};

/*
 * The planes, offsets, strides and modifier as an EGL image. Returns EGL_NO_IMAGE_KHR where the
 * driver does not take it. Any modifier but DRM_FORMAT_MOD_INVALID is passed on.
 * Source: EGL_EXT_image_dma_buf_import, EGL_EXT_image_dma_buf_import_modifiers.
 */
EGLImageKHR texture_create_image(
	const struct context *context, const struct buffer_layout *layout, uint32_t fourcc);

/*
 * 0, -ENOTSUP (a format, a modifier or a buffer that the driver does not take), or -EBADMSG (a
 * linear buffer that is not all there).
 */
int texture_init(
	struct texture *texture, const struct context *context, const struct buffer *buffer);
/* Fine for one that is all zero. */
void texture_finish(struct texture *texture, const struct context *context);
