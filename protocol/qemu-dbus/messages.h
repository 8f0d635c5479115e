#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/rect.h"
#include "buffer.h"
#include "format.h"
#include "qemu-dbus/wire-connection.h"

/*
 * What QEMU says to a listener (ui/dbus-display1.xml), decoded into plain numbers. Nothing here
 * touches memory behind an fd. fds belong to the message, which has the signature that its method
 * has. All return 0, -EBADMSG (the numbers contradict each other or a limit) or -ENOTSUP (a pixel
 * format outside our table).
 *
 * Limits on what a peer may say: BUFFER_MAX_DIMENSION for every width and height,
 * BUFFER_MAX_PLANES, CURSOR_MAX_DIMENSION; rectangles of updates may hold anything and are clipped.
 */

/* Pixels that follow as the message's tail: Scanout (at 0,0) and Update. */
struct message_pixels {
	struct rect rect;
	const struct format *format;
	uint32_t stride; /* bytes from row to row, at least one row; the last one may be shorter */
};

int message_read_scanout(struct wire_call *call, struct message_pixels *ret_pixels);
int message_read_update(struct wire_call *call, struct message_pixels *ret_pixels);

/* A picture in shared memory or a dma-buf. */
struct message_scanout {
	struct buffer_layout layout; /* not checked against the fds */
	struct rect source;          /* inside the layout's dimensions, not empty */
	bool bottom_up;
	bool guessed_format; /* QEMU sent none, see message_read_scanout_dmabuf */
};

int message_read_scanout_map(struct wire_call *call, struct message_scanout *ret_scanout);
/*
 * QEMU 7.2 sends format 0 for guest blobs with red and blue swapped, whose format its table lacks:
 * those are taken for XBGR8888.
 */
int message_read_scanout_dmabuf(struct wire_call *call, struct message_scanout *ret_scanout);
int message_read_scanout_dmabuf2(struct wire_call *call, struct message_scanout *ret_scanout);

/* UpdateMap and UpdateDMABUF: any rectangle, even an empty one. */
int message_read_rect(struct wire_call *call, struct rect *ret_rect);

struct message_mouse {
	int32_t x, y;
	bool on;
};

int message_read_mouse(struct wire_call *call, struct message_mouse *ret_mouse);

struct message_cursor {
	uint32_t width, height; /* both 0: no cursor */
	int32_t hot_x, hot_y;   /* inside the picture */
				/* The tail is width * height ARGB words. */
};

int message_read_cursor(struct wire_call *call, struct message_cursor *ret_cursor);
