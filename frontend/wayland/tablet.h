#pragma once

#include <stdint.h>
#include <wayland-client.h>

#include "tablet-tool.h"

struct seat;
struct window;
struct zwp_tablet_seat_v2;

/*
 * Of one seat. Whoever has more pens than this near a tablet in a session does without the rest.
 */
#define TABLETS_MAX_TOOLS 64

/* A seat's graphics tablets, of which only the tools matter. Pads have keys that no VMM carries. */
struct tablets {
	struct seat *seat;
	struct zwp_tablet_seat_v2 *proxy; /* NULL: the compositor has no tablets */
	struct wl_list tools;             /* struct tablet_tool.link */
	struct wl_list tablets; /* struct tablet.link, as long as the compositor has them */
};

void tablets_init(struct tablets *tablets, struct seat *seat);
/* The compositor has them, it turns out. Nothing when that was known. */
void tablets_start(struct tablets *tablets);
void tablets_finish(struct tablets *tablets);
/* As tablet_tool_release(), of all tools. */
void tablets_release(struct tablets *tablets, struct window *window);
void tablets_forget_window(struct tablets *tablets, struct window *window);
/* Of the tools over the window. */
void tablets_refresh_cursors(struct tablets *tablets, struct window *window);
