#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cursor.h"
#include "fit.h"
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
	uint32_t refresh_mhz;          /* of the monitor that it is on; 0: not known */
	bool fullscreen;
	bool cropped; /* the picture is a part of what was handed over */
	bool bars;    /* the picture does not fill the window */
	bool scaled;  /* a guest pixel is not one of the monitor's */
};

/* What the picture has room in, bars included, and who says so. */
struct window_room {
	int32_t width, height; /* logical; 0: nothing is shown yet */
	/* That the user chose, or that it had before it was maximised or on full screen; 0: the
	 * picture's. */
	int32_t floating_width, floating_height;
	int32_t width_px, height_px;         /* of the monitor */
	int32_t wanted_width, wanted_height; /* guest pixels that fill it one for one */
	uint32_t output;                     /* display_output.id; 0: not known */
	bool chosen;     /* by the user or the compositor, not taken from the picture */
	bool fixed;      /* maximised, tiled, full screen */
	bool maximized;  /* by somebody who wanted it, also while it is on full screen */
	bool fullscreen; /* it covers the output */
	bool holding;    /* the picture waits for one of the wanted size */
};

/* What the host's shortcuts (Alt+Tab, Super) do while the window has the keyboard. */
enum window_shortcuts {
	WINDOW_SHORTCUTS_HOST,        /* the host's: nobody asked */
	WINDOW_SHORTCUTS_ASKED,       /* asked for; no answer yet, and there may never be one */
	WINDOW_SHORTCUTS_INHIBITED,   /* keys come here, all of them */
	WINDOW_SHORTCUTS_TAKEN_BACK,  /* were inhibited; the compositor (its own key, another
					 window) took them back */
	WINDOW_SHORTCUTS_UNSUPPORTED, /* asked for; the compositor has no such protocol */
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
	/*
	 * Keyboard focus came, with these keys down (evdev; they were meant for somebody else), or
	 * went: then none. Of two seats, each; what one takes with it the other brings back, with
	 * no keys. A keyboard that goes away counts as focus lost, and so does a window that
	 * nobody sees any more; keys are not told as up. Keys come with the focus only.
	 */
	void (*focus)(void *data, bool focused, const uint32_t *keys, size_t n_keys);
	/*
	 * Lock keys of the host's keyboard that are on (INPUT_LOCK_*), after focus came and on
	 * change. Only with display_options.lock_keys, and where the host tells.
	 */
	void (*locks)(void *data, uint32_t mask);
	/* What became of window_inhibit_shortcuts(). */
	void (*shortcuts)(void *data, enum window_shortcuts state);
	/* The pointer is over the window, bars included, or left it. */
	void (*hover)(void *data, bool over);
	/* The pointer is locked to the window, or free again. */
	void (*pointer_locked)(void *data, bool locked);
	/* Refresh of the output that it is on, in mHz; 0: unknown. */
	void (*refresh)(void *data, uint32_t refresh_mhz);
	void (*room)(void *data, const struct window_room *room);
	/* window_report() may say something else now. */
	void (*report_changed)(void *data);
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

/*
 * Whether the guest is told the window's size and takes it. While it has not, the last picture
 * stays as it is, unscaled, from the top left on; and a guest that changes its size by itself makes
 * the window follow. window_end_hold: it does not come, or came as close as it gets.
 */
void window_set_follows(struct window *window, bool follows);
void window_end_hold(struct window *window);

/* zoom_percent: of the monitor's pixels for a guest pixel, where the picture has its own size. */
void window_set_zoom(struct window *window, uint32_t zoom_percent, enum fit_mode mode);

/* Whether the pixels of an enlarged picture are to be seen as such; else they are smoothed. */
void window_set_nearest(struct window *window, bool nearest);

/*
 * Logical: the size to open in, no larger than the desktop, which may have been another one when
 * it was remembered. Nothing once the window is there.
 */
void window_set_floating_size(struct window *window, int32_t width, int32_t height);

/* It asks for that before all else, so that no other size comes first. Nothing once it is there. */
void window_open_maximized(struct window *window);

/* output: display_output.id of the monitor to cover; 0: the compositor's choice. */
void window_set_fullscreen(struct window *window, bool fullscreen, uint32_t output);

/* Whether it keeps the host from blanking its screens. */
void window_set_awake(struct window *window, bool awake);

void window_set_title(struct window *window, const char *title);

/*
 * The guest's cursor becomes the host's over the picture. NULL hides it. Until the first call the
 * host's arrow is shown. The pixels are copied. -EAGAIN: the compositor does not read; try again
 * after the next frame.
 */
int window_set_cursor(struct window *window, const struct cursor_image *image);
/*
 * The guest's cursor is shown where the guest has it, on the picture, and the pointer stays the
 * host's arrow: what the user does with it is not for the guest.
 */
void window_set_cursor_apart(struct window *window, bool apart);
/* As before the first call of either. */
void window_reset_cursor(struct window *window);
/*
 * Where the guest has its cursor: the top left corner of its image, in guest pixels. Shown there
 * while the pointer is locked, when the host's own is not, and while it is apart; else it has the
 * place of the host's.
 */
void window_set_cursor_position(struct window *window, int32_t gx, int32_t gy);

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
 * Dims the picture, whatever it is, until the veil is lifted. Words, of as much room as an
 * overlay's, go in its middle. Return values are those of window_set_overlay().
 */
int window_set_veil(struct window *window);
int window_set_veil_words(struct window *window, const struct overlay_image *image);
void window_lift_veil(struct window *window);

/*
 * Locks the pointer to the window and reports relative motion, until unlocked here, or by the
 * compositor. -ENOTSUP when the compositor can not.
 */
int window_lock_pointer(struct window *window);
void window_unlock_pointer(struct window *window);

/*
 * Where the pointer is to come back to when it is unlocked: the guest's own, in guest pixels. It
 * counts from now on.
 */
void window_set_pointer_hint(struct window *window, double gx, double gy);
/*
 * The guest moved its pointer itself: moves the host's there, if it is over the window and not
 * locked, and the compositor lets us.
 */
void window_warp_pointer(struct window *window, double gx, double gy);

/*
 * Inside locks(): which of the lock keys (INPUT_LOCK_*) the host's keyboard has at all. Of the
 * others, of Scroll Lock mostly, it says nothing that they are not on.
 */
uint32_t window_known_locks(const struct window *window);

/*
 * Asks the compositor to leave its shortcuts to the window while that has the keyboard, or no
 * more. What comes of it is told.
 */
void window_inhibit_shortcuts(struct window *window, bool inhibit);
