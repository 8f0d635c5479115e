#pragma once

#include <stdint.h>
#include <wayland-server-core.h>

#include "buffer.h"

struct json_object;

/*
 * The copy that a renderer makes of wl_shm memory at a commit: only what the
 * client called damaged, so that forgotten damage shows as stale pixels.
 */
struct texture {
	struct buffer_memory memory;
	uint8_t *data; /* NULL: nothing uploaded */
};

void texture_finish(struct texture *texture);

/*
 * Uploads from the buffer's wl_shm memory. Also touches every page of it:
 * memory that is shorter than promised costs the client its connection here.
 * damage is the list of rectangles in buffer pixels, NULL for all. Nothing
 * happens for dma-bufs.
 */
void texture_upload(struct texture *texture, struct buffer *buffer, struct json_object *damage);

/*
 * The pixels of a dma-buf's first plane as they are now, to be freed; NULL with
 * a reason where the CPU can not read them.
 */
uint8_t *texture_read_dmabuf(const struct buffer_memory *memory, const char **ret_reason);
