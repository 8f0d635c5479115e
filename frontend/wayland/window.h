#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cursor.h"
#include "input.h"
#include "sink.h"

/*
 * A toplevel that shows one guest monitor: a sink. The picture fills it, or is fitted into it
 * with black bars. The only code that touches wl_surface of a picture. It is mapped with the
 * first frame, at that frame's size.
 */

struct display;
struct window;

/* Of one window's pictures, since it was made. */
struct window_counts {
	uint64_t commits;
	uint64_t superseded; /* replaced by the next one before they were committed */
};

/* How the window and what it shows stand with the compositor, for the verdict. */
struct window_report {
	bool takes_dmabufs;            /* linux-dmabuf version 3 or later */
	bool takes_fourcc, takes_pair; /* the guest's format in any layout; in its own */
	bool names_scanout;            /* the compositor says which pairs it could scan out... */
	bool scans_pair;               /* ...and what is shown is of such a one */
	dev_t main_device;             /* of the compositor; 0: not known */
	dev_t scanout_device;          /* of the tranche with that pair; 0: none, or not known */
	bool tells_presentation;       /* it has wp_presentation */
	bool hides_zero_copy;          /* but never says that it scans out */
	bool fullscreen;
	bool cropped; /* the picture is a part of what was handed over */
	bool bars;    /* the picture does not fill the window */
	bool scaled;  /* on full screen: the picture does not have the monitor's size */
};

struct window_listener {
	struct sink_listener sink;
	/* The user wants it closed. */
	void (*close)(void *data);
	/*
	 * Keys, buttons, motion in guest pixels (relative motion while the pointer is locked),
	 * wheel and touch. Coalesced per wl_pointer.frame; order of buttons is kept.
	 */
	void (*input)(void *data, const struct input_event *event);
	/* Keyboard focus came, or a keyboard went (of two seats, each): its keys are not told as
	 * up. */
	void (*focus)(void *data, bool focused);
	/* The pointer is locked to the window, or free again. */
	void (*pointer_locked)(void *data, bool locked);
	/* Refresh of the output that it is on, in mHz; 0: unknown. */
	void (*refresh)(void *data, uint32_t refresh_mhz);
	/* What the picture has room in, bars included; logical pixels. */
	void (*resized)(void *data, int32_t width, int32_t height);
};

/* The title is shown as it is; app_id names the desktop entry. */
int window_create(struct display *display, const char *title, const char *app_id,
	const struct window_listener *listener, void *data, struct window **ret_window);
/* Host buffers of its sink must have been dropped. NULL is fine. */
void window_destroy(struct window *window);

struct sink *window_sink(struct window *window);

/* Whether what becomes of every frame is asked; costs two messages a frame. */
void window_set_measuring(struct window *window, bool measuring);
struct window_counts window_counts(const struct window *window);

/* fourcc and modifier: of the guest's buffer, whatever was made of them. */
void window_report(const struct window *window, uint32_t fourcc, uint64_t modifier,
	struct window_report *ret_report);

void window_set_title(struct window *window, const char *title);

/*
 * The guest's cursor becomes the host's over the picture. NULL hides it. Until the first call the
 * host's arrow is shown. The pixels are copied. -EAGAIN: the compositor does not read; try again
 * after the next frame.
 */
int window_set_cursor(struct window *window, const struct cursor_image *image);

/* Drawn over the picture's top left corner. Premultiplied ARGB, tightly packed. */
struct overlay_image {
	uint32_t width, height; /* pixels, multiples of the scale */
	uint32_t scale;         /* pixels per logical pixel */
	const uint32_t *pixels;
};

/* The room for it, in logical pixels, and the scale to draw it at. False: none now. */
bool window_overlay_room(
	const struct window *window, int32_t *ret_width, int32_t *ret_height, uint32_t *ret_scale);
/*
 * Shows it until the next one; NULL takes it away. The pixels are copied. It goes by itself when
 * the window becomes too small for it. Returns 0, -EAGAIN (it can not be shown now: try again
 * later, with what there is room for then) or -ENOMEM.
 */
int window_set_overlay(struct window *window, const struct overlay_image *image);

/*
 * Locks the pointer to the window and reports relative motion, until unlocked here, or by the
 * compositor. -ENOTSUP when the compositor can not.
 */
int window_lock_pointer(struct window *window);
void window_unlock_pointer(struct window *window);
