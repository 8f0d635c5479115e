#pragma once

#include <systemd/sd-event.h>

/*
 * A view's statistics over its picture. Only while it exists are there text to draw, and a surface
 * for it.
 */

struct stats_overlay;
struct text_renderer;
struct view;
struct window;

/* All are borrowed. Returns 0 or negative errno. */
int stats_overlay_create(sd_event *event, struct text_renderer *renderer, struct window *window,
	const struct view *view, struct stats_overlay **ret_overlay);
/* Takes it off the window. NULL is fine. */
void stats_overlay_destroy(struct stats_overlay *overlay);

/* Draws it now: there are new numbers, or the window has another size. */
void stats_overlay_refresh(struct stats_overlay *overlay);
