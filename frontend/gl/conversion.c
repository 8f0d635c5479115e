#include "gl/conversion.h"

#include <drm_fourcc.h>
#include <errno.h>

/* Errors that are still to be fetched, at most: OpenGL keeps one of each kind. */
#define MAX_GL_ERRORS 8

/* What an import before this one did wrong is not this one's fault. */
static void
clear_gl_errors(void)
{
	for (int i = 0; i < MAX_GL_ERRORS && glGetError() != GL_NO_ERROR; i++) {
	}
}

static int
init_targets(
	struct conversion *conversion, const struct context *context, const struct gpu_offer *offer)
{
	const struct buffer_layout *layout = &conversion->buffer->layout;
	int r = 0;

	clear_gl_errors();
	for (uint32_t i = 0; i < conversion->n_targets && r >= 0; i++) {
		r = target_init(
			&conversion->targets[i], context, offer, layout->width, layout->height);
	}
	if (r < 0) {
		for (int i = 0; i < GPU_TARGETS; i++) {
			target_finish(&conversion->targets[i], context);
		}
	}
	return r;
}

int
conversion_init(struct conversion *conversion, const struct context *context,
	const struct buffer_layout *layout, const struct gpu_offer *offers, uint32_t n_offers,
	uint32_t n_targets)
{
	int r;

	*conversion = (struct conversion){ .n_targets = n_targets };
	clear_gl_errors();
	r = buffer_create(layout, &conversion->buffer);
	if (r >= 0) {
		r = texture_init(&conversion->texture, context, conversion->buffer);
	}
	if (r >= 0) {
		r = -ENOTSUP;
		for (uint32_t i = 0; i < n_offers && r < 0; i++) {
			r = init_targets(conversion, context, &offers[i]);
		}
	}
	if (r < 0) {
		conversion_finish(conversion, context);
	}
	return r;
}

void
conversion_finish(struct conversion *conversion, const struct context *context)
{
	for (int i = 0; i < GPU_TARGETS; i++) {
		target_finish(&conversion->targets[i], context);
	}
	texture_finish(&conversion->texture, context);
	buffer_unref(conversion->buffer);
	conversion->buffer = NULL;
}

int
conversion_rehearse(const struct context *context, const struct program *program)
{
	const struct gpu_offer offer = { .kind = BUFFER_MEMORY, .fourcc = DRM_FORMAT_XRGB8888 };
	const struct rect pixel = { 0, 0, 1, 1 };
	struct texture texture = { .target = GL_TEXTURE_2D };
	struct target target;
	int r = target_init(&target, context, &offer, 1, 1);

	if (r < 0) {
		return r;
	}
	glGenTextures(1, &texture.name);
	glBindTexture(texture.target, texture.name);
	glTexStorage2D(texture.target, 1, GL_RGBA8, 1, 1);
	target_bind(&target);
	r = program_draw(program, &texture, target.swaps_red_and_blue, &pixel, 1);
	if (r >= 0) {
		r = target_complete(&target, &pixel, 1);
	}
	texture_finish(&texture, context);
	target_finish(&target, context);
	return r;
}

int
conversion_draw(struct conversion *conversion, const struct program *program, uint32_t index,
	const struct rect *rects, uint32_t n_rects)
{
	const struct buffer_layout *layout = &conversion->buffer->layout;
	const struct rect whole = { 0, 0, (int32_t)layout->width, (int32_t)layout->height };
	const struct target *target = &conversion->targets[index];
	int r;

	if (index >= conversion->n_targets) {
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < n_rects; i++) {
		if (!rect_contains(&whole, &rects[i])) {
			return -EBADMSG;
		}
	}
	clear_gl_errors();
	target_bind(target);
	r = program_draw(program, &conversion->texture, target->swaps_red_and_blue, rects, n_rects);
	return r < 0 ? r : target_complete(target, rects, n_rects);
}
