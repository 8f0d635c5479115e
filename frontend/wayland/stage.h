#pragma once

#include <stdbool.h>
#include <systemd/sd-event.h>
#include <wayland-client.h>

#include "geometry.h"
#include "layer.h"
#include "overlay.h"
#include "picture-cursor.h"
#include "sight.h"
#include "sink.h"
#include "timing.h"
#include "veil.h"

struct display;
struct toplevel;
struct wayland_buffer;

enum stage_shape {
	STAGE_UNSHAPED,
	STAGE_DIRECT,    /* the picture is on the toplevel's own surface: can be scanned out */
	STAGE_LETTERBOX, /* black toplevel, picture on a subsurface */
};

/*
 * What a window shows and on which surfaces: the frame at hand, its callback, the picture with
 * or without bars. Zero-initialise.
 */
struct stage {
	struct display *display;
	struct toplevel *toplevel; /* borrowed */
	struct layer base;         /* the toplevel's surface */
	struct layer child;        /* made with the first bars */
	struct wl_subsurface *subsurface;
	struct overlay overlay;       /* above either */
	struct picture_cursor cursor; /* above them */
	struct veil veil;             /* above all */
	enum stage_shape shape;
	struct geometry geometry;

	struct wayland_buffer *shown;      /* of the last commit */
	struct wayland_buffer *next;       /* queued, to be committed; NULL: nothing new */
	struct frame frame;                /* of next, else of shown */
	int32_t shown_width, shown_height; /* of the picture, as attached last */
	struct wl_callback *callback;      /* outstanding frame callback */
	struct sight sight;
	struct timing timing;
	uint64_t n_commits;    /* of pictures */
	uint64_t n_superseded; /* pictures that the next one replaced before they were committed */
	/* The compositor draws the next frame; called from the event loop. */
	void (*frame_done)(void *data);
	/* Geometry is another one, and its commit comes next. */
	void (*laid_out)(void *data);
	/* While timing.every is set: the commit comes next. */
	void (*committed)(void *data, uint64_t time_ns);
	void *data;
};

/*
 * The caller sets frame_done, laid_out, committed, data, and the toplevel once it has one for
 * base's surface. cursor: the guest's, borrowed.
 */
int stage_init(struct stage *stage, struct display *display, const struct guest_cursor *cursor,
	void (*sight_changed)(void *data), void *sight_data);
/* After the toplevel. */
void stage_finish(struct stage *stage);

/* Takes a frame; of one that was not committed yet only the damage remains. */
void stage_queue(struct stage *stage, struct wayland_buffer *buffer, const struct frame *frame);
/* Commits the queued frame. Whether with a new layout, for which its size has asked. */
bool stage_commit(struct stage *stage);
/* A window size came. Commits; there must be a frame, queued or shown. */
void stage_configure(struct stage *stage, int32_t width, int32_t height, bool fixed);
/* The geometry has been changed otherwise. Commits; there must be a frame, queued or shown. */
void stage_relayout(struct stage *stage);
