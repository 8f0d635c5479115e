#include "gl/texture.h"

#include <drm_fourcc.h>
#include <errno.h>

#include "gl/reading.h"

/* Per plane: fd, offset, pitch and two halves of a modifier, each with its name. */
#define MAX_ATTRIBUTES (2 * 5 * BUFFER_MAX_PLANES + 2 * 4 + 1)

static const struct {
	EGLint fd, offset, pitch, modifier_low, modifier_high;
} plane_names[BUFFER_MAX_PLANES] = {
	{ EGL_DMA_BUF_PLANE0_FD_EXT, EGL_DMA_BUF_PLANE0_OFFSET_EXT, EGL_DMA_BUF_PLANE0_PITCH_EXT,
		EGL_DMA_BUF_PLANE0_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE0_MODIFIER_HI_EXT },
	{ EGL_DMA_BUF_PLANE1_FD_EXT, EGL_DMA_BUF_PLANE1_OFFSET_EXT, EGL_DMA_BUF_PLANE1_PITCH_EXT,
		EGL_DMA_BUF_PLANE1_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE1_MODIFIER_HI_EXT },
	{ EGL_DMA_BUF_PLANE2_FD_EXT, EGL_DMA_BUF_PLANE2_OFFSET_EXT, EGL_DMA_BUF_PLANE2_PITCH_EXT,
		EGL_DMA_BUF_PLANE2_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE2_MODIFIER_HI_EXT },
	{ EGL_DMA_BUF_PLANE3_FD_EXT, EGL_DMA_BUF_PLANE3_OFFSET_EXT, EGL_DMA_BUF_PLANE3_PITCH_EXT,
		EGL_DMA_BUF_PLANE3_MODIFIER_LO_EXT, EGL_DMA_BUF_PLANE3_MODIFIER_HI_EXT },
};

static void
add(EGLint *attributes, uint32_t *n_attributes, EGLint name, EGLint value)
{
	attributes[(*n_attributes)++] = name;
	attributes[(*n_attributes)++] = value;
}

EGLImageKHR
texture_create_image(
	const struct context *context, const struct buffer_layout *layout, uint32_t fourcc)
{
	EGLint attributes[MAX_ATTRIBUTES];
	uint32_t n = 0;
	bool with_modifier = context->has_modifiers && layout->modifier != DRM_FORMAT_MOD_INVALID;

	add(attributes, &n, EGL_WIDTH, (EGLint)layout->width);
	add(attributes, &n, EGL_HEIGHT, (EGLint)layout->height);
	add(attributes, &n, EGL_LINUX_DRM_FOURCC_EXT, (EGLint)fourcc);
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		const struct buffer_plane *plane = &layout->planes[i];

		add(attributes, &n, plane_names[i].fd, plane->fd);
		add(attributes, &n, plane_names[i].offset, (EGLint)plane->offset);
		add(attributes, &n, plane_names[i].pitch, (EGLint)plane->stride);
		if (with_modifier) {
			add(attributes, &n, plane_names[i].modifier_low,
				(EGLint)(uint32_t)layout->modifier);
			add(attributes, &n, plane_names[i].modifier_high,
				(EGLint)(uint32_t)(layout->modifier >> 32));
		}
	}
	attributes[n] = EGL_NONE;
	return context->create_image(
		context->display, EGL_NO_CONTEXT, EGL_LINUX_DMA_BUF_EXT, NULL, attributes);
}

static int
check(const struct context *context, const struct buffer *buffer, const struct reading *reading,
	bool *ret_external_only)
{
	const struct buffer_layout *layout = &buffer->layout;

	if (reading == NULL ||
		!context_imports(
			context, reading->imported_as, layout->modifier, ret_external_only) ||
		layout->width > (uint32_t)context->max_size ||
		layout->height > (uint32_t)context->max_size) {
		return -ENOTSUP;
	}
	/* What the driver has to convert is never a plain texture. */
	*ret_external_only |= reading->n_planes > 1;
	/* External textures cannot be told an order. */
	if (*ret_external_only && reading->channels[0] != GL_RED) {
		return -ENOTSUP;
	}
	/* What is implicit may lie in any order that the GPU's own driver knows; the CPU's knows
	 * none. */
	if (layout->modifier == DRM_FORMAT_MOD_INVALID && context->software &&
		!buffer_is_linear(buffer)) {
		return -ENOTSUP;
	}
	/* What is implicit may be linear, and is where the CPU draws. */
	if (layout->modifier == DRM_FORMAT_MOD_LINEAR ||
		layout->modifier == DRM_FORMAT_MOD_INVALID) {
		return reading_check_linear(reading, buffer);
	}
	return 0;
}

int
texture_init(struct texture *texture, const struct context *context, const struct buffer *buffer)
{
	const struct reading *reading = reading_from_fourcc(buffer->layout.fourcc);
	bool external_only = false;
	int r = check(context, buffer, reading, &external_only);

	if (r < 0) {
		return r;
	}
	texture->image = texture_create_image(context, &buffer->layout, reading->imported_as);
	if (texture->image == EGL_NO_IMAGE_KHR) {
		return -ENOTSUP;
	}
	texture->target = external_only ? GL_TEXTURE_EXTERNAL_OES : GL_TEXTURE_2D;
	glGenTextures(1, &texture->name);
	glBindTexture(texture->target, texture->name);
	glTexParameteri(texture->target, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
	glTexParameteri(texture->target, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
	if (!external_only) {
		glTexParameteri(texture->target, GL_TEXTURE_SWIZZLE_R, reading->channels[0]);
		glTexParameteri(texture->target, GL_TEXTURE_SWIZZLE_G, reading->channels[1]);
		glTexParameteri(texture->target, GL_TEXTURE_SWIZZLE_B, reading->channels[2]);
	}
	context->set_texture_image(texture->target, (GLeglImageOES)texture->image);
	return glGetError() == GL_NO_ERROR ? 0 : -ENOTSUP;
}

void
texture_finish(struct texture *texture, const struct context *context)
{
	if (texture->name != 0) {
		glDeleteTextures(1, &texture->name);
	}
	if (texture->image != EGL_NO_IMAGE_KHR) {
		context->destroy_image(context->display, texture->image);
	}
	*texture = (struct texture){ 0 };
}
