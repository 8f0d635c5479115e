#pragma once

#include <GLES3/gl3.h>
#include <stdint.h>

#include "buffer.h"

/*
 * How pixels of a format get into a texture. Drivers import some formats under another name only:
 * the same bytes, whose channels the texture then puts in order. Only what is in this table is
 * imported, since only of that is it known how much memory the driver is going to read.
 */
struct reading {
	uint32_t fourcc;      /* DRM_FORMAT_* */
	uint32_t imported_as; /* the same for most */
	GLint channels[3]; /* what the texture says for red, green and blue: GL_RED to GL_ALPHA */
	uint32_t n_planes; /* of a linear buffer; drivers' own layouts may have more */
	struct {
		uint32_t bytes;                       /* of a sample; of both in a plane of two */
		uint32_t divide_width, divide_height; /* by these, rounded up */
	} planes[BUFFER_MAX_PLANES];
};

/* NULL when the table has no such format. */
const struct reading *reading_from_fourcc(uint32_t fourcc);
/* Iterates the table: NULL past its end. */
const struct reading *reading_at(uint32_t index);

/*
 * Whether every sample of a linear buffer lies inside its memory, whose sizes are in the infos: a
 * driver that maps it would read on. Other layouts are known to the kernel's drivers alone, which
 * check them.
 */
int reading_check_linear(const struct reading *reading, const struct buffer *buffer);
