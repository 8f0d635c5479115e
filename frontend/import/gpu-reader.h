#pragma once

#include <systemd/sd-event.h>

#include "import/gpu-set.h"

/*
 * The GPU helper at the service of those who read pictures: what the CPU cannot read of a guest
 * buffer is drawn into memory. Imports are kept for a while, since a picture that is waited for is
 * read again and again.
 */
struct gpu_reader;

/* Imports that are kept while nobody reads: each costs as much memory as its picture. */
#define GPU_READER_MAX_KEPT 8
/* For this long after the last picture. */
#define GPU_READER_KEEP_MS 2000

/*
 * The helper is borrowed. What it does not take others try, on the nodes that it does not draw on
 * (at most GPU_MAX_NODES; the array need not live).
 */
int gpu_reader_create(sd_event *event, struct gpu_helper *helper, const struct gpu_node *nodes,
	uint32_t n_nodes, struct gpu_reader **ret_reader);
/* Nobody may be reading any more. NULL is fine. */
void gpu_reader_destroy(struct gpu_reader *reader);
/* The borrowed helper may be asked again: who waited for that goes on. */
void gpu_reader_handle_available(struct gpu_reader *reader);

/* One picture that is read. */
struct gpu_read;

/*
 * From the event loop, once, never from inside a call. memory: see gpu_read_memory. error: 0,
 * -ENOTSUP (no GPU takes this buffer, or there is none), -ETIMEDOUT (the GPU hangs), -ECONNRESET
 * (the helper failed), or -EIO (the GPU could not draw it); reason says so in a few words.
 */
typedef void (*gpu_read_done_fn)(void *data, int error, const char *reason);

/*
 * Reads rect (inside the buffer, which is a dma-buf that nobody draws into now). device: that a
 * compositor draws with, 0 without one. A helper that fails is waited for while it is likely to be
 * back soon (gpu_helper_is_coming_back). Returns 0, or an
 * error as of done, which is not called then, or -ENOMEM.
 */
int gpu_read_start(struct gpu_reader *reader, struct buffer *buffer, const struct rect *rect,
	dev_t device, gpu_read_done_fn done, void *data, struct gpu_read **ret_read,
	const char **ret_reason);
/*
 * Once done: memory of the buffer's size that holds rect of it, the guest's rows in the guest's
 * order, in a format that the CPU reads. Stays as it is while the read lives.
 */
struct buffer *gpu_read_memory(const struct gpu_read *read);
/* Whoever has the memory now keeps it: it is not drawn into again after gpu_read_finish. */
void gpu_read_give_away(struct gpu_read *read);
/* At any time, also inside done. NULL is fine. */
void gpu_read_finish(struct gpu_read *read);
