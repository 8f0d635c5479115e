#pragma once

#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "base/rect.h"
#include "buffer.h"
#include "format.h"

/*
 * What QEMU says to a listener (ui/dbus-display1.xml), decoded into plain numbers. Nothing here
 * touches memory behind an fd. fds and data belong to the message. All return 0, -EBADMSG (the
 * numbers contradict each other or a limit) or -ENOTSUP (a pixel format outside our table).
 *
 * Limits on what a peer may say: BUFFER_MAX_DIMENSION for every width and height,
 * BUFFER_MAX_PLANES, CURSOR_MAX_DIMENSION; rectangles of updates may hold anything and are clipped.
 */

/* Pixels inside the message: Scanout (at 0,0) and Update. */
struct message_pixels {
	struct rect rect;
	const struct format *format;
	uint32_t stride;     /* bytes from row to row in data, at least one row */
	const uint8_t *data; /* stride * (height - 1) + one row, or more */
};

int message_read_scanout(sd_bus_message *message, struct message_pixels *ret_pixels);
int message_read_update(sd_bus_message *message, struct message_pixels *ret_pixels);

/* A picture in shared memory or a dma-buf. */
struct message_scanout {
	struct buffer_layout layout; /* not checked against the fds */
	struct rect source;          /* inside the layout's dimensions, not empty */
	bool bottom_up;
	bool guessed_format; /* QEMU sent none, see message_read_scanout_dmabuf */
};

int message_read_scanout_map(sd_bus_message *message, struct message_scanout *ret_scanout);
/*
 * QEMU 7.2 sends format 0 for guest blobs with red and blue swapped, whose format its table lacks:
 * those are taken for XBGR8888.
 */
int message_read_scanout_dmabuf(sd_bus_message *message, struct message_scanout *ret_scanout);
int message_read_scanout_dmabuf2(sd_bus_message *message, struct message_scanout *ret_scanout);

/* UpdateMap and UpdateDMABUF: any rectangle, even an empty one. */
int message_read_rect(sd_bus_message *message, struct rect *ret_rect);

struct message_mouse {
	int32_t x, y;
	bool on;
};

int message_read_mouse(sd_bus_message *message, struct message_mouse *ret_mouse);

struct message_cursor {
	uint32_t width, height; /* both 0: no cursor */
	int32_t hot_x, hot_y;   /* inside the picture */
	const void *data;       /* width * height ARGB words, not aligned */
};

int message_read_cursor(sd_bus_message *message, struct message_cursor *ret_cursor);
