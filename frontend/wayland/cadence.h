#pragma once

#include <wayland-client.h>

struct display;
struct wp_fifo_v1;
struct wp_tearing_control_v1;

/*
 * What the user wants of a surface's presentation, beyond the compositor's own choice: a frame may
 * be shown at once, in the middle of a refresh (tearing-control-v1), or each is to be shown for
 * a refresh, in order (fifo-v1). Zero-initialise.
 */
struct cadence {
	struct wp_tearing_control_v1 *tearing; /* NULL: not wanted, or not to be had */
	struct wp_fifo_v1 *fifo;
};

/* Once per connection: says what was wanted and is not to be had. */
void cadence_check(const struct display *display);

void cadence_init(struct cadence *cadence, struct display *display, struct wl_surface *surface);
/* Before the surface goes. */
void cadence_finish(struct cadence *cadence);
/* The commit that follows shows after the one before it has been shown, and for a refresh. */
void cadence_queue(struct cadence *cadence);
