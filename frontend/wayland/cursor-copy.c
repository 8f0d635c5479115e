#include "cursor-copy.h"

#include <errno.h>
#include <wayland-cursor.h>

#include "display-private.h"
#include "guest-cursor.h"
#include "viewporter-client.h"

/* No guest's cursor has it. */
#define ARROW_SERIAL UINT64_MAX

int
cursor_copy_prepare(struct cursor_copy *copy, struct display *display)
{
	if (copy->surface == NULL) {
		copy->surface = wl_compositor_create_surface(display->globals.compositor);
	}
	if (copy->surface != NULL && copy->viewport == NULL) {
		copy->viewport =
			wp_viewporter_get_viewport(display->globals.viewporter, copy->surface);
	}
	return copy->viewport != NULL ? 0 : -ENOMEM;
}

/* False: it is there. */
static bool
attach(struct cursor_copy *copy, struct wl_buffer *buffer, uint64_t serial)
{
	if (copy->serial == serial) {
		return false;
	}
	copy->serial = serial;
	wl_surface_attach(copy->surface, buffer, 0, 0);
	wl_surface_damage_buffer(copy->surface, 0, 0, INT32_MAX, INT32_MAX);
	return true;
}

bool
cursor_copy_attach(struct cursor_copy *copy, const struct guest_cursor *cursor)
{
	return attach(copy, cursor->slots[cursor->last].proxy, cursor->serial);
}

void
cursor_copy_show(struct cursor_copy *copy, const struct guest_cursor *cursor)
{
	if (cursor_copy_attach(copy, cursor)) {
		wp_viewport_set_destination(copy->viewport, cursor->width, cursor->height);
		wl_surface_commit(copy->surface);
	}
}

void
cursor_copy_show_arrow(struct cursor_copy *copy, struct display *display)
{
	struct wl_cursor_image *image = display->arrow.image;

	if (image != NULL && attach(copy, wl_cursor_image_get_buffer(image), ARROW_SERIAL)) {
		/* As large as it is. */
		wp_viewport_set_destination(copy->viewport, -1, -1);
		wl_surface_commit(copy->surface);
	}
}

void
cursor_copy_finish(struct cursor_copy *copy)
{
	if (copy->viewport != NULL) {
		wp_viewport_destroy(copy->viewport);
	}
	if (copy->surface != NULL) {
		wl_surface_destroy(copy->surface);
	}
	*copy = (struct cursor_copy){ 0 };
}
