#pragma once

#include "cursor.h"
#include "qemu-dbus/messages.h"

/* Memory for a cursor's pixels, reused from one shape to the next. Zero-initialise. */
struct cursor_picture {
	uint32_t *pixels;
	size_t capacity; /* in pixels */
	struct message_cursor coming;
	size_t at; /* bytes of it that came */
};

/* Makes room for what QEMU is about to send. Returns 0 or -ENOMEM. */
int cursor_picture_begin(struct cursor_picture *picture, const struct message_cursor *cursor);
/* Takes the next bytes of it. */
void cursor_picture_write(struct cursor_picture *picture, const uint8_t *bytes, size_t size);

/*
 * Turns all that came into a cursor image that lives until the next one begins. False: there is
 * none, which hides the cursor.
 *
 * The message does not say what the pixels are. Linux guests send premultiplied ones, other drivers
 * straight alpha: a channel above its alpha can only be straight. Of masked cursors (AND and XOR)
 * with one bit a pixel QEMU makes white ones with a black outline where they would invert what is
 * behind (ui/cursor.c), of VMware's with colours it leaves those pixels without alpha: a picture
 * that has nothing but these, a text cursor mostly, would not be seen, and gets the same outline.
 */
bool cursor_picture_end(struct cursor_picture *picture, struct cursor_image *ret_image);
void cursor_picture_finish(struct cursor_picture *picture);
