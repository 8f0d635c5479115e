#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "base/rect.h"
#include "cadence.h"
#include "sink.h"

struct display;
struct wayland_buffer;
struct wp_viewport;

enum layer_content {
	LAYER_EMPTY,
	LAYER_PICTURE,
	LAYER_BLACK,
};

/*
 * A surface that is scaled by a viewport, with the state that the compositor knows, so that only
 * what changed is sent. The caller commits. Zero-initialise.
 */
struct layer {
	struct display *display;
	struct wl_surface *surface;
	struct wp_viewport *viewport;
	struct cadence cadence;
	enum layer_content content;
	int32_t width, height; /* logical */
	struct rect source;    /* buffer pixels; empty: the whole buffer */
	bool bottom_up;
	uint32_t buffer_width, buffer_height;
	struct wp_linux_drm_syncobj_surface_v1 *syncobj; /* while pictures come with points */
};

/* Returns 0 or -ENOMEM; layer_finish either way. */
int layer_init(struct layer *layer, struct display *display);
void layer_finish(struct layer *layer);

/* Size on screen. The whole of it is declared opaque: a guest's monitor is. */
void layer_set_size(struct layer *layer, int32_t width, int32_t height);
void layer_attach_picture(
	struct layer *layer, struct wayland_buffer *buffer, const struct frame *frame);
void layer_attach_black(struct layer *layer);
void layer_detach(struct layer *layer);
