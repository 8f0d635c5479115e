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

/* width and height: logical; -1: the buffer's. */
static void
show(struct cursor_copy *copy, struct wl_buffer *buffer, int32_t width, int32_t height)
{
	wp_viewport_set_destination(copy->viewport, width, height);
	wl_surface_attach(copy->surface, buffer, 0, 0);
	wl_surface_damage_buffer(copy->surface, 0, 0, INT32_MAX, INT32_MAX);
	wl_surface_commit(copy->surface);
}

void
cursor_copy_show(struct cursor_copy *copy, const struct guest_cursor *cursor)
{
	if (copy->serial != cursor->serial) {
		copy->serial = cursor->serial;
		show(copy, cursor->slots[cursor->last].proxy, cursor->width, cursor->height);
	}
}

void
cursor_copy_show_arrow(struct cursor_copy *copy, struct display *display)
{
	struct wl_cursor_image *image = display->arrow.image;

	if (image != NULL && copy->serial != ARROW_SERIAL) {
		copy->serial = ARROW_SERIAL;
		show(copy, wl_cursor_image_get_buffer(image), -1, -1);
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
