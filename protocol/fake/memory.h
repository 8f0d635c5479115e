#pragma once

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "fake-timeline.h"
#include "script.h"

/*
 * A piece of the test guest's memory. It is written through the kernel, never mapped: so a
 * script may truncate it, and the viewer's own mappings are all that a test sees.
 */
struct fake_memory {
	struct buffer_layout layout; /* the fds are the memory's own; planes share one */
	int memory_fd;               /* what is written to; a udmabuf lies on top of it */
	size_t size;                 /* bytes, less once truncated */
	struct buffer *buffer;       /* NULL until shown, and once the guest forgot it */
	uint8_t *row;                /* room for one row of pixels */
	/* The second is not open where one serves for both purposes. */
	struct fake_timeline acquire, release;
	struct timelines timelines; /* theirs, as the layout has them */
	int fence_fd;               /* eventfd, 0 while the guest draws; -1: it never said so */
};

/*
 * Dma-bufs come from /dev/udmabuf, or are plain memory where that passes for one. Returns 0,
 * -ENOTSUP (neither is possible, or no timelines are), -EBADMSG (a layout that no guest may use),
 * or the kernel's error.
 */
int fake_memory_create(const struct script_memory *description, struct fake_memory **ret_memory);
/* NULL is fine. */
void fake_memory_destroy(struct fake_memory *memory);

/* The buffer as the frontend sees it; made when there is none. Errors as buffer_create(). */
int fake_memory_get_buffer(struct fake_memory *memory, struct buffer **ret_buffer);

/*
 * Says that the guest's GPU draws into the memory from now on, or that all it drew is there.
 * Returns 0, -ENOTSUP (only memory that passes as a dma-buf has such a fence), or the kernel's
 * error.
 */
int fake_memory_set_fence(struct fake_memory *memory, bool signalled);

/*
 * Whether its release timeline has reached the point. Returns 0 or 1, -ENOTSUP (there is none with
 * points), or the kernel's error.
 */
int fake_memory_is_released(const struct fake_memory *memory, uint64_t point);

/* Shortens unsealed memory. */
int fake_memory_truncate(struct fake_memory *memory, size_t size);
