#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "cursor-scale.h"
#include "cursor.h"
#include "shm-pool.h"

struct display;
struct wp_viewport;

/* Pictures that may be on their way at once; animated cursors change faster than frames. */
#define GUEST_CURSOR_SLOTS 4

enum guest_cursor_kind {
	GUEST_CURSOR_UNKNOWN, /* the guest never said: the host's arrow */
	GUEST_CURSOR_HIDDEN,
	GUEST_CURSOR_IMAGE,
};

struct guest_cursor_slot {
	struct wl_buffer *proxy;
	uint32_t width, height; /* padding included */
	bool busy;
};

/*
 * The guest's cursor as a surface that pointers can show. In memory, not in a dma-buf: some
 * compositors take nothing else for their cursor plane. Zero-initialise.
 */
struct guest_cursor {
	enum guest_cursor_kind kind;
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	int32_t hot_x, hot_y, width, height; /* logical */
	uint64_t serial;                     /* of the picture on the surface: no other has it */
	struct cursor_scale scale;
	/* The image as the guest gave it: rows of width pixels. */
	struct cursor_image image;
	uint32_t *pixels; /* room for the largest; NULL before the first */
	struct shm_pool pool;
	struct guest_cursor_slot slots[GUEST_CURSOR_SLOTS];
	uint32_t last; /* slot */
};

/* NULL hides it. Returns 0, -EINVAL for a picture outside the limits, or another error. */
int guest_cursor_set(
	struct guest_cursor *cursor, struct display *display, const struct cursor_image *image);
/* The guest has said nothing of it. */
void guest_cursor_forget(struct guest_cursor *cursor);
/* The picture under it is shown in another size. Nothing when it is the same. */
void guest_cursor_set_scale(
	struct guest_cursor *cursor, struct display *display, const struct cursor_scale *scale);
void guest_cursor_finish(struct guest_cursor *cursor);
