#pragma once

#include "buffer.h"

/*
 * A GPU that draws into a dma-buf leaves a fence in it, which is signalled when the picture is
 * there; so does every importer that writes: the kind of dma-buf says nothing about it. Memory has
 * none.
 */

/* Whether somebody is still drawing. One system call. */
bool buffer_is_busy(const struct buffer *buffer);
/* Blocks until nobody is: 0, -ETIMEDOUT, or the kernel's error. Never in the event loop. */
int buffer_wait_idle(const struct buffer *buffer, uint32_t timeout_ms);
/*
 * One fd per fence, each readable once those who draw now are done; the caller closes them. Who
 * begins to draw later does not count. Their number, or negative errno. (Before Linux 6.0 they
 * count as well.)
 */
int buffer_export_fences(const struct buffer *buffer, int ret_fds[BUFFER_MAX_PLANES]);
/*
 * For tests, where memory passes as a dma-buf and has no fences: an fd that is readable while
 * nobody draws. Becomes the buffer's.
 */
void buffer_set_test_fence(struct buffer *buffer, int fd);
