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

/* Pixels on their way into a buffer, as they come in. Zero-initialise. */
struct pixel_copy {
	struct buffer *buffer; /* holds a reference; NULL: nothing is under way */
	struct message_pixels pixels;
	uint64_t at; /* bytes that came */
	int error;   /* the first one, of writing */
};

/* The pixels must lie inside the buffer and have its format. */
void pixel_copy_begin(
	struct pixel_copy *copy, struct buffer *buffer, const struct message_pixels *pixels);
/* What follows the pixels is left out. */
void pixel_copy_write(struct pixel_copy *copy, const uint8_t *bytes, size_t size);
/* Lets go of the buffer. */
void pixel_copy_finish(struct pixel_copy *copy);

/* Copies what both have in common, from the top left corner. The formats are the same. */
int pixel_copy_take_over(struct buffer *buffer, struct buffer *old);
