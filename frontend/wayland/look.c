#include "look.h"

#include "display-private.h"
#include "window-private.h"

static enum look_kind
wanted(const struct window *window, double sx, double sy)
{
	if (window->lock.active) {
		return LOOK_HIDDEN;
	}
	if (window->cursor_apart || !geometry_is_over_picture(&window->stage.geometry, sx, sy)) {
		return LOOK_ARROW;
	}
	switch (window->cursor.kind) {
	case GUEST_CURSOR_HIDDEN:
		return LOOK_HIDDEN;
	case GUEST_CURSOR_IMAGE:
		return LOOK_GUEST;
	default:
		return LOOK_ARROW;
	}
}

bool
look_choose(struct look *look, const struct window *window, double sx, double sy)
{
	const struct look before = *look;

	*look = (struct look){ .kind = wanted(window, sx, sy) };
	if (look->kind == LOOK_ARROW) {
		look->hot_x = window->display->arrow.hot_x;
		look->hot_y = window->display->arrow.hot_y;
	} else if (look->kind == LOOK_GUEST) {
		look->hot_x = window->cursor.hot_x;
		look->hot_y = window->cursor.hot_y;
	}
	return look->kind != before.kind || look->hot_x != before.hot_x ||
	       look->hot_y != before.hot_y;
}
