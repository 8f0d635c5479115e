#pragma once

#include <errno.h>
#include <wayland-client.h>

#include "toplevel.h"

struct display;

/*
 * Decorations by libdecor, where the compositor draws none. Its plugins read fonts and themes
 * from disk, so all of that is done before attaching to a VM. Built without libdecor, such
 * windows have no title bar.
 */

#ifdef HAVE_LIBDECOR

/* Sets display->libdecor, or leaves it NULL with a warning. May wait for the compositor. */
void decor_init(struct display *display);
void decor_finish(struct display *display);
/* Gives plugins with an event queue of their own (GTK's) their turn. */
void decor_dispatch(struct display *display);
/* As toplevel_create; -ENOTSUP when libdecor can not. */
int decor_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, const struct toplevel_listener *listener, void *data,
	struct toplevel **ret_toplevel);

#else

static inline void
decor_init(struct display *display)
{
}

static inline void
decor_finish(struct display *display)
{
}

static inline void
decor_dispatch(struct display *display)
{
}

static inline int
decor_create(struct display *display, struct wl_surface *surface, const char *title,
	const char *app_id, const struct toplevel_listener *listener, void *data,
	struct toplevel **ret_toplevel)
{
	return -ENOTSUP;
}

#endif
