#include "seat.h"

#include <stdlib.h>

#include "display-private.h"
#include "window-private.h"

static void
handle_seat_capabilities(void *data, struct wl_seat *proxy, uint32_t capabilities)
{
	struct seat *seat = data;

	if (capabilities & WL_SEAT_CAPABILITY_KEYBOARD) {
		keyboard_init(&seat->keyboard, seat);
	} else {
		keyboard_finish(&seat->keyboard);
	}
	if (capabilities & WL_SEAT_CAPABILITY_POINTER) {
		pointer_init(&seat->pointer, seat);
	} else {
		pointer_finish(&seat->pointer);
	}
	if (capabilities & WL_SEAT_CAPABILITY_TOUCH) {
		touch_init(&seat->touch, seat);
	} else {
		touch_finish(&seat->touch);
	}
}

static void
handle_seat_name(void *data, struct wl_seat *proxy, const char *name)
{
}

static const struct wl_seat_listener seat_listener = {
	.capabilities = handle_seat_capabilities,
	.name = handle_seat_name,
};

void
seat_create(struct display *display, struct wl_seat *proxy, uint32_t name)
{
	struct seat *seat = calloc(1, sizeof(*seat));

	if (seat == NULL) {
		wl_seat_release(proxy);
		return;
	}
	seat->display = display;
	seat->proxy = proxy;
	seat->name = name;
	tablets_init(&seat->tablets, seat);
	wl_list_insert(&display->seats, &seat->link);
	wl_seat_add_listener(proxy, &seat_listener, seat);
}

static void
seat_destroy(struct seat *seat)
{
	shortcuts_lose_seat(seat->display, seat);
	keyboard_finish(&seat->keyboard);
	pointer_finish(&seat->pointer);
	touch_finish(&seat->touch);
	tablets_finish(&seat->tablets);
	wl_list_remove(&seat->link);
	wl_seat_release(seat->proxy);
	free(seat);
}

void
seat_remove_by_name(struct display *display, uint32_t name)
{
	struct seat *seat, *next;

	wl_list_for_each_safe(seat, next, &display->seats, link)
	{
		if (seat->name == name) {
			seat_destroy(seat);
		}
	}
}

void
seat_remove_all(struct display *display)
{
	struct seat *seat, *next;

	wl_list_for_each_safe(seat, next, &display->seats, link)
	{
		seat_destroy(seat);
	}
}

void
seats_start_tablets(struct display *display)
{
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		tablets_start(&seat->tablets);
	}
}

void
seat_forget_window(struct display *display, struct window *window)
{
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		keyboard_forget_window(&seat->keyboard, window);
		pointer_forget_window(&seat->pointer, window);
		touch_forget_window(&seat->touch, window);
		tablets_forget_window(&seat->tablets, window);
	}
}

bool
seat_release_window(struct display *display, struct window *window)
{
	struct window *other;
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		touch_release(&seat->touch, window);
		tablets_release(&seat->tablets, window);
	}
	wl_list_for_each(other, &display->windows, link)
	{
		if (other == window) {
			return true;
		}
	}
	return false;
}

void
seat_tell_locks_again(struct display *display, struct window *window)
{
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		keyboard_tell_locks_again(&seat->keyboard, window);
	}
}

void
seat_refresh_cursors(struct display *display, struct window *window)
{
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		if (seat->pointer.focus == window) {
			pointer_refresh_cursor(&seat->pointer);
		}
		tablets_refresh_cursors(&seat->tablets, window);
	}
}

void
seat_handle_layout(struct display *display, struct window *window)
{
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		if (seat->pointer.focus == window) {
			pointer_handle_layout(&seat->pointer);
		}
	}
}

struct pointer *
seat_find_pointer(struct display *display, struct window *window)
{
	struct pointer *found = NULL;
	struct seat *seat;

	wl_list_for_each(seat, &display->seats, link)
	{
		if (seat->pointer.proxy == NULL) {
			continue;
		}
		if (seat->pointer.focus == window) {
			return &seat->pointer;
		}
		found = &seat->pointer;
	}
	return found;
}
