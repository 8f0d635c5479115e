#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

/* No output is nearly as large; a compositor's larger wishes are cut to it. */
#define GEOMETRY_MAX_SIZE 65536

/*
 * How large a window is and where in it the picture goes: numbers only. Sizes of windows are
 * logical pixels (one for one guest pixel until somebody resizes), those of pictures guest
 * pixels. Zero-initialise.
 */
struct geometry {
	int32_t width, height; /* of the window's content now; 0: no picture yet */
	int32_t picture_width, picture_height;
	int32_t floating_width, floating_height; /* when neither maximised nor tiled */
	int32_t max_floating; /* what a picture's size may make of either; 0: no limit */
	int32_t stale_width, stale_height; /* floating size before the guest changed it */
	bool fixed;      /* maximised, fullscreen or tiled: the compositor's size counts */
	bool user_sized; /* the guest's size does not change the window's any more */
	struct rect fit; /* the picture in the window, the rest is bars */
};

/* A picture of this size comes. Returns whether anything has to be laid out anew. */
bool geometry_set_picture(struct geometry *geometry, int32_t width, int32_t height);

/*
 * The compositor's wish; zero leaves that dimension to us. The window takes
 * geometry.width x height.
 */
void geometry_configure(struct geometry *geometry, int32_t width, int32_t height, bool fixed);

/* The picture fills the window. */
bool geometry_is_direct(const struct geometry *geometry);
/* A point of the window, in guest pixels, moved inside the picture. */
void geometry_to_guest(
	const struct geometry *geometry, double sx, double sy, double *ret_gx, double *ret_gy);
/* The point is over the picture, not over a bar. */
bool geometry_is_over_picture(const struct geometry *geometry, double sx, double sy);
