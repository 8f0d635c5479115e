#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "buttons.h"
#include "cursor-copy.h"
#include "look.h"

struct seat;
struct window;
struct wp_cursor_shape_device_v1;
struct zwp_tablet_tool_v2;

/* A pen, or what else moves over a tablet. What belongs together (a frame) becomes one event. */
struct tablet_tool {
	struct seat *seat;
	struct wl_list link;
	struct zwp_tablet_tool_v2 *proxy;
	struct wp_cursor_shape_device_v1 *shape;
	bool eraser, senses_pressure;

	struct window *focus; /* NULL: out of reach, or over nothing of ours */
	uint32_t enter_serial;
	struct look look;
	struct cursor_copy copy; /* of the cursor; tools do not share surfaces */

	double sx, sy;
	double tilt_x, tilt_y; /* degrees */
	uint32_t pressure;
	bool touching;
	bool told_near;
	bool changed; /* since the last frame */
	struct buttons buttons;
};

/* Takes the proxy. NULL: out of memory. */
struct tablet_tool *tablet_tool_create(struct seat *seat, struct zwp_tablet_tool_v2 *proxy);
void tablet_tool_destroy(struct tablet_tool *tool);
/*
 * What it has pressed over the window is let go of, and it is out of the guest's reach until it
 * moves; it does not touch again before it has been lifted.
 */
void tablet_tool_release(struct tablet_tool *tool, struct window *window);
void tablet_tool_forget_window(struct tablet_tool *tool, struct window *window);
/* Its window's cursor, or what is under it, is another one. */
void tablet_tool_refresh_cursor(struct tablet_tool *tool);
