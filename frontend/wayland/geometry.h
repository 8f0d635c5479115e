#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"
#include "fit.h"

/* No output is nearly as large; a compositor's larger wishes are cut to it. */
#define GEOMETRY_MAX_SIZE 65536
/*
 * A window on full screen that is so few pixels off is as large as the monitor: rounding of its
 * logical size. That of the scale to 120ths comes on top.
 */
#define GEOMETRY_SCREEN_SLACK_PX 2

/*
 * How large a window is and where in it the picture goes: numbers only. Sizes of windows are
 * logical pixels, those of pictures guest pixels; _px are the monitor's own. Zero-initialise.
 */
struct geometry {
	int32_t width, height;               /* of the window's content now; 0: no picture yet */
	int32_t width_px, height_px;         /* the same on the monitor */
	uint32_t scale_120;                  /* pixels for 120 logical ones; 0: not known, 120 */
	int32_t screen_width, screen_height; /* on full screen: the monitor's pixels; else 0 */

	int32_t picture_width, picture_height;
	uint32_t zoom_percent; /* of the monitor's pixels for a guest pixel; 0: 100 */
	enum fit_mode mode;

	int32_t floating_width, floating_height;       /* when neither maximised nor tiled */
	int32_t floating_width_px, floating_height_px; /* the same, where it is a picture's size */
	int32_t max_floating; /* what a picture's size may make of either, in px; 0: no limit */
	int32_t stale_width, stale_height; /* floating size before the guest changed it */
	bool fixed;      /* maximised, fullscreen or tiled: the compositor's size counts */
	bool user_sized; /* the floating size is the user's, not the picture's */

	/*
	 * The guest takes the window's size, and the window that of a guest that changes it by
	 * itself. Between the two the picture is held: unscaled, at the top left, cut off where
	 * the window ends.
	 */
	bool follows;
	bool holding;
	bool words;      /* what is shown is ours, and no guest is waited for */
	bool hold_moved; /* the guest has changed the picture's size since it is held */

	struct rect fit;                   /* the picture in the window, the rest is bars */
	int32_t shown_width, shown_height; /* of the picture, from its top left: what fit shows */
	bool exact;                        /* one guest pixel is one of the monitor's */
};

/* A picture of this size comes. Returns whether anything has to be laid out anew. */
bool geometry_set_picture(struct geometry *geometry, int32_t width, int32_t height);
/* The same for one that was made for the window: unless it is the first, sizes stay as they are. */
bool geometry_set_words(struct geometry *geometry, int32_t width, int32_t height);

/*
 * The compositor's wish; zero leaves that dimension to us. The window takes
 * geometry.width x height.
 */
void geometry_configure(struct geometry *geometry, int32_t width, int32_t height, bool fixed);

/* These return whether anything has to be laid out anew. */
bool geometry_set_scale(struct geometry *geometry, uint32_t scale_120);
/* On full screen: the monitor's size as it is turned, in pixels; 0: not on full screen. */
bool geometry_set_screen(struct geometry *geometry, int32_t width, int32_t height);
bool geometry_set_zoom(struct geometry *geometry, uint32_t zoom_percent, enum fit_mode mode);
void geometry_set_follows(struct geometry *geometry, bool follows);
/*
 * The guest has had its time: the picture is fitted. A floating window whose guest came close
 * takes its size.
 */
bool geometry_end_hold(struct geometry *geometry);

/* The size is the user's or the compositor's, not the picture's; so while that is held. */
bool geometry_is_chosen(const struct geometry *geometry);
/*
 * The window does not float, and the picture does not say how large it was when it did: the guest
 * follows, or has followed.
 */
bool geometry_floats_apart(const struct geometry *geometry);
/* The size of a picture that fills the window one for one, zoom considered; 0 without a window. */
void geometry_wanted_picture(
	const struct geometry *geometry, int32_t *ret_width, int32_t *ret_height);

/* The picture fills the window. */
bool geometry_is_direct(const struct geometry *geometry);
/* A point of the window, in guest pixels, moved inside the picture. */
void geometry_to_guest(
	const struct geometry *geometry, double sx, double sy, double *ret_gx, double *ret_gy);
/*
 * A point of the window that is well inside a guest pixel, which is moved inside the picture:
 * however the point is rounded, it is that pixel again, and a cursor at it is drawn there.
 */
void geometry_from_guest(
	const struct geometry *geometry, double gx, double gy, double *ret_sx, double *ret_sy);
/*
 * A point of the picture, inside it or not, as the nearest whole one of the window's; no farther
 * outside than any window is large.
 */
void geometry_place(
	const struct geometry *geometry, double gx, double gy, int32_t *ret_sx, int32_t *ret_sy);
/* The point is over the picture, not over a bar. */
bool geometry_is_over_picture(const struct geometry *geometry, double sx, double sy);
