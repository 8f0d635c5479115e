#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

struct display;
struct guest_cursor;
struct wp_viewport;

/*
 * A further surface with a cursor on it, of the same pixels: the one that pointers show is for
 * nothing else. Zero-initialise.
 */
struct cursor_copy {
	struct wl_surface *surface; /* NULL: not made yet */
	struct wp_viewport *viewport;
	uint64_t serial; /* of what is on it; 0: nothing */
};

/* Makes the surface, unless it is there. Returns 0 or -ENOMEM. */
int cursor_copy_prepare(struct cursor_copy *copy, struct display *display);
/* To a prepared one, unless it is on it already; it is for the caller to size and to commit. */
bool cursor_copy_attach(struct cursor_copy *copy, const struct guest_cursor *cursor);
/* The same in its own size; commits. */
void cursor_copy_show(struct cursor_copy *copy, const struct guest_cursor *cursor);
/* The host's, where it is loaded. */
void cursor_copy_show_arrow(struct cursor_copy *copy, struct display *display);
void cursor_copy_finish(struct cursor_copy *copy);
