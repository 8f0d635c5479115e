#include "subsurface.h"

#include <errno.h>

#include "display-private.h"

int
subsurface_create(struct display *display, struct wl_surface *surface, struct wl_surface *parent,
	struct wl_subsurface **ret_subsurface)
{
	struct globals *globals = &display->globals;
	struct wl_region *nothing = wl_compositor_create_region(globals->compositor);
	struct wl_subsurface *subsurface;

	if (nothing == NULL) {
		return -ENOMEM;
	}
	wl_surface_set_input_region(surface, nothing);
	wl_region_destroy(nothing);
	subsurface = wl_subcompositor_get_subsurface(globals->subcompositor, surface, parent);
	if (subsurface == NULL) {
		return -ENOMEM;
	}
	*ret_subsurface = subsurface;
	return 0;
}
