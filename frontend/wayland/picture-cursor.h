#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "base/rect.h"
#include "cursor-copy.h"
#include "deadline.h"

struct display;
struct geometry;
struct guest_cursor;
struct sight;

/* A move that a frame of the guest's may take along waits this long for one. */
#define PICTURE_CURSOR_PATIENCE_NS UINT64_C(4000000)

/* Where it is, and what of it the picture has room for. */
struct picture_cursor_place {
	struct rect shown; /* of the window, logical; empty: nothing */
	int32_t left, top; /* logical pixels of it that are cut off there */
	uint64_t serial;   /* of the image; 0: none */
};

/*
 * The guest's cursor over the picture, where the guest has it, while the host's pointer is locked
 * and hidden, or nothing to the guest: a subsurface, as large as the picture makes it. It moves
 * with the guest's frames, and else with a commit of its own, of which each waits until the last
 * one was drawn. It never reaches out of the picture: without a window geometry that would make the
 * window larger. Zero-initialise.
 */
struct picture_cursor {
	struct display *display;
	struct wl_surface *parent; /* the window's own */
	const struct geometry *geometry;
	const struct guest_cursor *guest;
	const struct sight *sight;

	bool active; /* it is to be shown */
	bool known;  /* the guest has told where it is */
	int32_t gx, gy;
	struct cursor_copy copy;
	struct wl_subsurface *subsurface; /* NULL: not shown */
	struct picture_cursor_place sent; /* while shown */
	struct wl_callback *callback;     /* of the last commit of its own */
	struct deadline deadline;
};

/* All but the display are borrowed for its life. */
/* The guest has not said where it has it. */
void picture_cursor_forget(struct picture_cursor *cursor);
void picture_cursor_init(struct picture_cursor *cursor, struct display *display,
	struct wl_surface *parent, const struct geometry *geometry,
	const struct guest_cursor *guest, const struct sight *sight);
void picture_cursor_finish(struct picture_cursor *cursor);

void picture_cursor_set_active(struct picture_cursor *cursor, bool active);
/* Guest pixels, of the image's top left corner. */
void picture_cursor_move(struct picture_cursor *cursor, int32_t gx, int32_t gy);
/* The guest's cursor, or the layout, is another one. */
void picture_cursor_update(struct picture_cursor *cursor);

/* Before a commit of the parent: it comes along. */
void picture_cursor_commit(struct picture_cursor *cursor);
/* A frame of the guest's was drawn. */
void picture_cursor_handle_frame(struct picture_cursor *cursor);
