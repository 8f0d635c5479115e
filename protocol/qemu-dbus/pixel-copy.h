#pragma once

#include "buffer.h"
#include "qemu-dbus/messages.h"

/*
 * Our own memory for pictures that QEMU sends as bytes inside its messages (Scanout, Update): a
 * memfd, sealed against shrinking, so that it can be handed on like any other guest buffer. Each
 * byte is written into it once, with pwrite: the memory is never mapped here and does not count
 * as ours.
 */

/* More than what fits a D-Bus message (64 MiB) several times over. */
#define PIXEL_COPY_SIZE_MAX (256u * 1024 * 1024)

/*
 * Makes a buffer of that size and format, all zero. Returns 0, -EBADMSG (beyond the limits) or the
 * kernel's error.
 */
int pixel_copy_create(
	uint32_t width, uint32_t height, const struct format *format, struct buffer **ret_buffer);

/* Writes the pixels, which must lie inside the buffer and have its format. */
int pixel_copy_write(struct buffer *buffer, const struct message_pixels *pixels);

/* Copies what both have in common, from the top left corner. The formats are the same. */
int pixel_copy_take_over(struct buffer *buffer, struct buffer *old);
