#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "gl/context.h"
#include "gpu-message.h"

/*
 * A host buffer to draw into: a dma-buf that the GPU draws into itself, or shared memory that what
 * was drawn is read back to, where there is no GPU or the sink takes none of its dma-bufs.
 */
struct target {
	struct buffer_layout layout; /* the fds are the target's own */
	bool swaps_red_and_blue;     /* what is drawn has to be in that order */
	GLuint framebuffer;

	/* A dma-buf, as texture. */
	EGLImageKHR image;
	GLuint texture;

	/* Memory, and what is drawn into instead. */
	GLuint renderbuffer;
	uint8_t *map;
	size_t size;
	GLenum read_format, read_type;
};

/*
 * Of the kind and format of the offer. Returns 0, -ENOTSUP where the driver cannot make or draw
 * into such a buffer, -E2BIG over GPU_MAX_TARGET_SIZE, or the kernel's error.
 */
int target_init(struct target *target, const struct context *context, const struct gpu_offer *offer,
	uint32_t width, uint32_t height);
/* Fine for one that is all zero. */
void target_finish(struct target *target, const struct context *context);

/* What is drawn next goes there. */
void target_bind(const struct target *target);
/* Waits until what was drawn is in the host buffer, in these rectangles. 0 or -EIO. */
int target_complete(const struct target *target, const struct rect *rects, uint32_t n_rects);
