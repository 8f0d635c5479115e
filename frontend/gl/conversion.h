#pragma once

#include "gl/context.h"
#include "gl/program.h"
#include "gl/target.h"
#include "gl/texture.h"

/* A guest's buffer and the host buffers that it is drawn into. */
struct conversion {
	struct buffer *buffer;
	struct texture texture;
	uint32_t n_targets;
	struct target targets[GPU_TARGETS];
};

/*
 * The guest's layout with its fds (the caller keeps its own), and what the sink takes, best first,
 * of which n_targets are made.
 * Returns 0, -EBADMSG or -ENOTSUP (see texture_init), or why the last offer could not be made.
 */
int conversion_init(struct conversion *conversion, const struct context *context,
	const struct buffer_layout *layout, const struct gpu_offer *offers, uint32_t n_offers,
	uint32_t n_targets);
/* Fine for one that is all zero. */
void conversion_finish(struct conversion *conversion, const struct context *context);

/*
 * Draws a pixel for nobody: what drivers put off when they link they compile at the first draw. 0
 * or a negative errno, which the first picture will have as well.
 */
int conversion_rehearse(const struct context *context, const struct program *program);
/*
 * Brings these parts of the guest's buffer into that target; returns when they are there. -EBADMSG
 * for rectangles outside the buffer and for a target that was not made, -EIO when the driver fails.
 */
int conversion_draw(struct conversion *conversion, const struct program *program, uint32_t index,
	const struct rect *rects, uint32_t n_rects);
