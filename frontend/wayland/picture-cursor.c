#include "picture-cursor.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "display-private.h"
#include "geometry.h"
#include "guest-cursor.h"
#include "sight.h"
#include "subsurface.h"
#include "viewporter-client.h"

#define FIXED_ONE 256

static struct picture_cursor_place
wanted_place(const struct picture_cursor *cursor)
{
	const struct guest_cursor *guest = cursor->guest;
	struct picture_cursor_place place = { 0 };
	struct rect whole = { .width = guest->width, .height = guest->height };

	if (!cursor->active || !cursor->known || guest->kind != GUEST_CURSOR_IMAGE) {
		return place;
	}
	/* By its hotspot, which is on a whole pixel of the surface's. */
	geometry_place(cursor->geometry, (double)cursor->gx + guest->image.hot_x,
		(double)cursor->gy + guest->image.hot_y, &whole.x, &whole.y);
	whole.x -= guest->hot_x;
	whole.y -= guest->hot_y;
	place.shown = rect_intersect(&whole, &cursor->geometry->fit);
	if (rect_is_empty(&place.shown)) {
		return (struct picture_cursor_place){ 0 };
	}
	place.left = place.shown.x - whole.x;
	place.top = place.shown.y - whole.y;
	place.serial = guest->serial;
	return place;
}

static bool
same_place(const struct picture_cursor_place *a, const struct picture_cursor_place *b)
{
	return rect_equal(&a->shown, &b->shown) && a->left == b->left && a->top == b->top &&
	       a->serial == b->serial;
}

static void
hide(struct picture_cursor *cursor)
{
	/* Needs no commit of the parent's. */
	if (cursor->subsurface != NULL) {
		wl_subsurface_destroy(cursor->subsurface);
	}
	cursor_copy_finish(&cursor->copy);
	cursor->subsurface = NULL;
	cursor->sent = (struct picture_cursor_place){ 0 };
}

static int
prepare(struct picture_cursor *cursor)
{
	int r;

	if (cursor->subsurface != NULL) {
		return 0;
	}
	r = cursor_copy_prepare(&cursor->copy, cursor->display);
	return r < 0 ? r
		     : subsurface_create(cursor->display, cursor->copy.surface, cursor->parent,
			       &cursor->subsurface);
}

/* Of one dimension: rounded so that it stays inside the image, and is some of it. */
static void
crop(int32_t start, int32_t length, int32_t logical, uint32_t pixels, wl_fixed_t *ret_start,
	wl_fixed_t *ret_length)
{
	int64_t all = (int64_t)pixels * FIXED_ONE;
	int64_t from = start * all / logical, size = length * all / logical;

	size = size > 0 ? size : 1;
	*ret_start = (wl_fixed_t)(from < all - size ? from : all - size);
	*ret_length = (wl_fixed_t)size;
}

static void
send_place(struct picture_cursor *cursor, const struct picture_cursor_place *place)
{
	const struct guest_cursor *guest = cursor->guest;
	const struct guest_cursor_slot *slot = &guest->slots[guest->last];
	const struct rect *shown = &place->shown;
	wl_fixed_t x, y, width, height;

	cursor_copy_attach(&cursor->copy, guest);
	crop(place->left, shown->width, guest->width, slot->width, &x, &width);
	crop(place->top, shown->height, guest->height, slot->height, &y, &height);
	wp_viewport_set_source(cursor->copy.viewport, x, y, width, height);
	wp_viewport_set_destination(cursor->copy.viewport, shown->width, shown->height);
	wl_surface_commit(cursor->copy.surface);
	wl_subsurface_set_position(cursor->subsurface, shown->x, shown->y);
}

void
picture_cursor_commit(struct picture_cursor *cursor)
{
	struct picture_cursor_place place = wanted_place(cursor);

	if (same_place(&place, &cursor->sent)) {
		return;
	}
	if (place.serial == 0) {
		hide(cursor);
		return;
	}
	if (prepare(cursor) < 0) {
		log_warning("no memory to show the guest's cursor on its picture");
		cursor->active = false;
		hide(cursor);
		return;
	}
	send_place(cursor, &place);
	cursor->sent = place;
}

static void commit_alone(struct picture_cursor *cursor);

static void
handle_callback_done(void *data, struct wl_callback *callback, uint32_t time_ms)
{
	struct picture_cursor *cursor = data;

	wl_callback_destroy(callback);
	cursor->callback = NULL;
	commit_alone(cursor);
}

static const struct wl_callback_listener callback_listener = {
	.done = handle_callback_done,
};

/* Unless there is nothing new, or the last one was not drawn yet. */
static void
commit_alone(struct picture_cursor *cursor)
{
	struct picture_cursor_place place = wanted_place(cursor);

	if (cursor->callback != NULL || cursor->display->blocked ||
		same_place(&place, &cursor->sent)) {
		return;
	}
	picture_cursor_commit(cursor);
	if (cursor->subsurface == NULL) {
		return;
	}
	cursor->callback = wl_surface_frame(cursor->parent);
	if (cursor->callback != NULL) {
		wl_callback_add_listener(cursor->callback, &callback_listener, cursor);
	}
	wl_surface_commit(cursor->parent);
}

void
picture_cursor_update(struct picture_cursor *cursor)
{
	if (wanted_place(cursor).serial == 0) {
		hide(cursor);
	} else if (!cursor->sight->waiting && cursor->deadline.at_ns == DEADLINE_NEVER) {
		commit_alone(cursor);
	}
}

void
picture_cursor_handle_frame(struct picture_cursor *cursor)
{
	struct picture_cursor_place place = wanted_place(cursor);

	if (!same_place(&place, &cursor->sent)) {
		deadline_set(&cursor->deadline, clock_now_ns() + PICTURE_CURSOR_PATIENCE_NS);
	}
}

static void
handle_deadline_reached(void *data)
{
	commit_alone(data);
}

void
picture_cursor_set_active(struct picture_cursor *cursor, bool active)
{
	cursor->active = active;
	picture_cursor_update(cursor);
}

void
picture_cursor_move(struct picture_cursor *cursor, int32_t gx, int32_t gy)
{
	cursor->known = true;
	cursor->gx = gx;
	cursor->gy = gy;
	picture_cursor_update(cursor);
}

void
picture_cursor_forget(struct picture_cursor *cursor)
{
	cursor->known = false;
	picture_cursor_update(cursor);
}

void
picture_cursor_init(struct picture_cursor *cursor, struct display *display,
	struct wl_surface *parent, const struct geometry *geometry,
	const struct guest_cursor *guest, const struct sight *sight)
{
	cursor->display = display;
	cursor->parent = parent;
	cursor->geometry = geometry;
	cursor->guest = guest;
	cursor->sight = sight;
	deadline_init(&cursor->deadline, display->deadlines, handle_deadline_reached, cursor);
}

void
picture_cursor_finish(struct picture_cursor *cursor)
{
	if (cursor->callback != NULL) {
		wl_callback_destroy(cursor->callback);
	}
	deadline_finish(&cursor->deadline);
	hide(cursor);
	*cursor = (struct picture_cursor){ 0 };
}
