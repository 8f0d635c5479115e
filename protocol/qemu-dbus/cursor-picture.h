#pragma once

#include "cursor.h"
#include "qemu-dbus/messages.h"

/* Memory for a cursor's pixels, reused from one shape to the next. Zero-initialise. */
struct cursor_picture {
	uint32_t *pixels;
	size_t capacity; /* in pixels */
};

/*
 * Turns what QEMU sent (not empty) into a cursor image that lives until the next load. Linux
 * guests send premultiplied pixels, other drivers straight alpha, and the message does not say
 * which: a channel above its alpha can only be straight. Returns 0 or -ENOMEM.
 */
int cursor_picture_load(struct cursor_picture *picture, const struct message_cursor *cursor,
	struct cursor_image *ret_image);
void cursor_picture_finish(struct cursor_picture *picture);
