#include "arrow.h"

#include <stdlib.h>
#include <wayland-cursor.h>

#include "base/log.h"
#include "display-private.h"

#define ARROW_DEFAULT_SIZE 24
#define ARROW_MAX_SIZE 256

/* What every toolkit understands; there is no other place where the user's choice stands. */
static int
wanted_size(void)
{
	const char *text = getenv("XCURSOR_SIZE");
	long size = text == NULL ? 0 : strtol(text, NULL, 10);

	return size > 0 && size <= ARROW_MAX_SIZE ? (int)size : ARROW_DEFAULT_SIZE;
}

void
arrow_init(struct arrow *arrow, struct display *display)
{
	struct wl_cursor *cursor = NULL;
	struct wl_cursor_image *image;

	if (display->globals.cursor_shape_manager != NULL) {
		return;
	}
	arrow->theme =
		wl_cursor_theme_load(getenv("XCURSOR_THEME"), wanted_size(), display->globals.shm);
	if (arrow->theme != NULL) {
		cursor = wl_cursor_theme_get_cursor(arrow->theme, "left_ptr");
	}
	if (cursor == NULL || cursor->image_count == 0) {
		log_warning("no arrow in the cursor theme: the host's cursor is not shown");
		arrow_finish(arrow);
		return;
	}
	image = cursor->images[0];
	arrow->image = image;
	arrow->hot_x = (int32_t)image->hotspot_x;
	arrow->hot_y = (int32_t)image->hotspot_y;
	arrow->surface = wl_compositor_create_surface(display->globals.compositor);
	if (arrow->surface != NULL) {
		wl_surface_attach(arrow->surface, wl_cursor_image_get_buffer(image), 0, 0);
		wl_surface_damage_buffer(
			arrow->surface, 0, 0, (int32_t)image->width, (int32_t)image->height);
		wl_surface_commit(arrow->surface);
	}
}

void
arrow_finish(struct arrow *arrow)
{
	if (arrow->surface != NULL) {
		wl_surface_destroy(arrow->surface);
	}
	if (arrow->theme != NULL) {
		wl_cursor_theme_destroy(arrow->theme);
	}
	*arrow = (struct arrow){ 0 };
}
