#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "base/rect.h"
#include "output-name.h"

struct display;
struct zxdg_output_v1;

/* A monitor of the host. */
struct output {
	struct display *display;
	struct wl_list link;
	struct wl_output *proxy;
	struct zxdg_output_v1 *xdg;            /* NULL where the compositor has no such thing */
	uint32_t name;                         /* in the registry */
	uint32_t scale;                        /* pixels per logical pixel, whole */
	uint32_t refresh_mhz;                  /* of the current mode; 0: unknown */
	bool turned;                           /* by a quarter: width and height change places */
	int32_t width, height;                 /* of that mode, in pixels; 0: unknown */
	int32_t width_mm, height_mm;           /* 0: unknown, or no monitor of flesh and blood */
	int32_t x, y;                          /* in the desktop, logical */
	int32_t logical_width, logical_height; /* by xdg-output; 0: it has not said */
	struct output_name identity;
};

/* Of all that a compositor says of a monitor, either way: sums of a few are no surprise then. */
#define OUTPUT_MAX_NUMBER (1 << 24)
/* Taken for the largest output's longer side where no output says. */
#define OUTPUT_DEFAULT_DIMENSION 4096
int32_t output_largest_dimension(const struct display *display);

/* Of all outputs together, logical pixels. */
void output_desktop_size(const struct display *display, int32_t *ret_width, int32_t *ret_height);

/* Takes the proxy, also when there is no memory. */
void output_create(struct display *display, struct wl_output *proxy, uint32_t name);
/* xdg-output was announced: for outputs that were there before it. */
void output_listen_all(struct display *display);
/* Its proxy stays until output_release_removed: events on their way may still name it. */
void output_remove_by_name(struct display *display, uint32_t name);
void output_release_removed(struct display *display);
void output_remove_all(struct display *display);
/* NULL when it is not one of ours: libraries bind outputs of their own. */
struct output *output_find(struct display *display, struct wl_output *proxy);
struct output *output_find_by_name(struct display *display, uint32_t name);

/* Pixels, as it is turned; 0: unknown. */
void output_size(const struct output *output, int32_t *ret_width, int32_t *ret_height);
/* Where it is in the desktop; without a size while none is known. */
struct rect output_logical(const struct output *output);
/* Pixels for 120 logical ones, as near as the sizes tell; at least 1. */
uint32_t output_scale_120(const struct output *output);
