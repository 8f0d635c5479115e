#pragma once

#include "buffer.h"

/* The buffers that a VMM cycles through on one head; guests use two or three. */
#define BUFFER_CACHE_MAX 8

/*
 * Knows the buffers of one head by identity. Zero-initialise; buffer_cache_clear() to finish.
 * `removed` is called before the cache lets go of a buffer.
 */
struct buffer_cache {
	uint32_t n_buffers;
	struct buffer *buffers[BUFFER_CACHE_MAX]; /* most recently used first */
	struct buffer_budget *budget;             /* of its buffers, borrowed; NULL: no limit */
	uint32_t n_misses;                        /* in a row, in one mode; 0: the last was known */
	bool complained;                          /* about too many of them */
	uint32_t *n_complaints; /* of the VM, borrowed, for log_may_repeat(); NULL: no limit */
	void (*removed)(void *data, struct buffer *buffer);
	void *data;
};

/*
 * The known buffer for this layout, or a new one, evicting the least recently used when full. A
 * layout of another size or format evicts all: the guest changed its mode. The reference stays
 * the cache's. Errors as buffer_create, or -EDQUOT (beyond the budget); nothing is evicted then. A
 * known buffer costs one system call per fd.
 */
int buffer_cache_get(
	struct buffer_cache *cache, const struct buffer_layout *layout, struct buffer **ret_buffer);
void buffer_cache_clear(struct buffer_cache *cache);
