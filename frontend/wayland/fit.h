#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/rect.h"

/* A window that is so many of the monitor's pixels larger than the picture does not scale it. */
#define FIT_SLACK_PX 2

enum fit_mode {
	FIT_WINDOW,     /* as large as the window lets it be, in its own proportions */
	FIT_ONE_TO_ONE, /* in its own size; smaller where the window is */
	FIT_INTEGER,    /* a whole multiple of its own size; smaller where the window is */
};

struct fit_request {
	int32_t width, height;       /* of the window, logical */
	int32_t width_px, height_px; /* the same in the monitor's pixels */
	uint32_t scale_120;
	int32_t picture_width, picture_height; /* guest pixels */
	uint32_t zoom_percent;                 /* what "its own size" is multiplied by */
	enum fit_mode mode;
};

/*
 * Where the picture goes: in the middle of the window, on the monitor's grid of pixels where a
 * logical position can be. Logical pixels, inside the window, never empty.
 */
struct rect fit_picture(const struct fit_request *request);

/* Whether a length of the window shows so many guest pixels one for one. */
bool fit_is_exact(const struct fit_request *request, const struct rect *fit, int32_t shown_width,
	int32_t shown_height);
