#include "seat.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "globals.h"
#include "keymap.h"
#include "surface.h"
#include "compositor.h"
#include "relative-pointer-unstable-v1-server-protocol.h"

/* A notch of a wheel in the units of wl_pointer.axis, as libinput has it. */
#define AXIS_UNITS_PER_NOTCH 15.0

void
seats_init(struct compositor *compositor)
{
	compositor->n_seats = 1;
	for (uint32_t i = 0; i < SEATS_MAX; i++) {
		struct seat *seat = &compositor->seats[i];

		seat->compositor = compositor;
		seat->capabilities = WL_SEAT_CAPABILITY_POINTER | WL_SEAT_CAPABILITY_KEYBOARD |
				     WL_SEAT_CAPABILITY_TOUCH;
		wl_list_init(&seat->resources);
		wl_list_init(&seat->pointers);
		wl_list_init(&seat->keyboards);
		wl_list_init(&seat->touches);
		wl_list_init(&seat->relative_pointers);
		wl_list_init(&seat->tablet_seats);
		wl_list_init(&seat->tablets);
		wl_list_init(&seat->tools);
		wl_list_init(&seat->pads);
	}
}

void
seats_forget_surface(struct compositor *compositor, struct surface *surface)
{
	for (uint32_t i = 0; i < compositor->n_seats; i++) {
		struct seat *seat = &compositor->seats[i];

		if (seat->pointer_focus == surface) {
			seat->pointer_focus = NULL;
		}
		if (seat->keyboard_focus == surface) {
			seat->keyboard_focus = NULL;
		}
	}
}

static uint32_t
next_serial(struct seat *seat)
{
	return wl_display_next_serial(seat->compositor->display);
}

static bool
belongs_to(struct wl_resource *resource, const struct surface *focus)
{
	return focus != NULL &&
	       wl_resource_get_client(resource) == wl_resource_get_client(focus->resource);
}

/* Runs the block for each of the focused client's devices. */
#define for_each_focused(resource, list, focus) \
	wl_resource_for_each(resource, list) if (belongs_to(resource, focus))

bool
seat_keyboard_enter(
	struct seat *seat, struct surface *surface, const uint32_t *keys, uint32_t n_keys)
{
	struct wl_array array = { .size = n_keys * sizeof(*keys), .data = (void *)keys };
	struct wl_resource *keyboard;
	uint32_t serial = next_serial(seat);

	seat_keyboard_leave(seat);
	seat->keyboard_focus = surface;
	for_each_focused(keyboard, &seat->keyboards, surface)
	{
		wl_keyboard_send_enter(keyboard, serial, surface->resource, &array);
		wl_keyboard_send_modifiers(keyboard, next_serial(seat), 0, 0, seat->locked, 0);
	}
	return true;
}

bool
seat_lock_modifiers(struct seat *seat, uint32_t locked)
{
	struct wl_resource *keyboard;

	seat->locked = locked;
	for_each_focused(keyboard, &seat->keyboards, seat->keyboard_focus)
	{
		wl_keyboard_send_modifiers(keyboard, next_serial(seat), 0, 0, locked, 0);
	}
	return seat->keyboard_focus != NULL;
}

void
seat_send_keymap(struct seat *seat)
{
	struct wl_resource *keyboard;

	wl_resource_for_each(keyboard, &seat->keyboards)
	{
		keymap_send(keyboard, seat->compositor->keymap);
	}
}

bool
seat_keyboard_leave(struct seat *seat)
{
	struct wl_resource *keyboard;
	uint32_t serial = next_serial(seat);

	for_each_focused(keyboard, &seat->keyboards, seat->keyboard_focus)
	{
		wl_keyboard_send_leave(keyboard, serial, seat->keyboard_focus->resource);
	}
	seat->keyboard_focus = NULL;
	return true;
}

bool
seat_key(struct seat *seat, uint32_t code, bool pressed)
{
	struct wl_resource *keyboard;
	uint32_t serial = next_serial(seat);

	for_each_focused(keyboard, &seat->keyboards, seat->keyboard_focus)
	{
		wl_keyboard_send_key(keyboard, serial, compositor_now_ms(), code,
			pressed ? WL_KEYBOARD_KEY_STATE_PRESSED : WL_KEYBOARD_KEY_STATE_RELEASED);
	}
	return seat->keyboard_focus != NULL;
}

bool
seat_pointer_enter(struct seat *seat, struct surface *surface, double sx, double sy)
{
	struct wl_resource *pointer;

	seat_pointer_leave(seat);
	seat->pointer_focus = surface;
	seat->enter_serial = next_serial(seat);
	/* Cursors are shown on another output, perhaps. */
	scale_update_all(seat->compositor);
	for_each_focused(pointer, &seat->pointers, surface)
	{
		wl_pointer_send_enter(pointer, seat->enter_serial, surface->resource,
			wl_fixed_from_double(sx), wl_fixed_from_double(sy));
	}
	return seat_frame(seat);
}

bool
seat_pointer_leave(struct seat *seat)
{
	struct wl_resource *pointer;
	uint32_t serial = next_serial(seat);

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		wl_pointer_send_leave(pointer, serial, seat->pointer_focus->resource);
	}
	seat_frame(seat);
	seat->pointer_focus = NULL;
	return true;
}

bool
seat_motion(struct seat *seat, double sx, double sy)
{
	struct wl_resource *pointer;

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		wl_pointer_send_motion(pointer, compositor_now_ms(), wl_fixed_from_double(sx),
			wl_fixed_from_double(sy));
	}
	return seat->pointer_focus != NULL;
}

bool
seat_button(struct seat *seat, uint32_t code, bool pressed)
{
	struct wl_resource *pointer;
	uint32_t serial = next_serial(seat);

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		wl_pointer_send_button(pointer, serial, compositor_now_ms(), code,
			pressed ? WL_POINTER_BUTTON_STATE_PRESSED
				: WL_POINTER_BUTTON_STATE_RELEASED);
	}
	return seat->pointer_focus != NULL;
}

static uint32_t
axis_of(bool horizontal)
{
	return horizontal ? WL_POINTER_AXIS_HORIZONTAL_SCROLL : WL_POINTER_AXIS_VERTICAL_SCROLL;
}

bool
seat_axis(struct seat *seat, bool horizontal, int32_t value_120, bool inverted)
{
	struct wl_resource *pointer;
	uint32_t axis = axis_of(horizontal);

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		int version = wl_resource_get_version(pointer);
		if (version >= WL_POINTER_AXIS_SOURCE_SINCE_VERSION) {
			wl_pointer_send_axis_source(pointer, WL_POINTER_AXIS_SOURCE_WHEEL);
		}
		if (version >= WL_POINTER_AXIS_RELATIVE_DIRECTION_SINCE_VERSION) {
			wl_pointer_send_axis_relative_direction(pointer, axis,
				inverted ? WL_POINTER_AXIS_RELATIVE_DIRECTION_INVERTED
					 : WL_POINTER_AXIS_RELATIVE_DIRECTION_IDENTICAL);
		}
		if (version >= WL_POINTER_AXIS_VALUE120_SINCE_VERSION) {
			wl_pointer_send_axis_value120(pointer, axis, value_120);
		} else if (version >= WL_POINTER_AXIS_DISCRETE_SINCE_VERSION) {
			wl_pointer_send_axis_discrete(pointer, axis, value_120 / 120);
		}
		wl_pointer_send_axis(pointer, compositor_now_ms(), axis,
			wl_fixed_from_double(value_120 * AXIS_UNITS_PER_NOTCH / 120));
	}
	return seat->pointer_focus != NULL;
}

bool
seat_axis_smooth(struct seat *seat, bool horizontal, double value)
{
	struct wl_resource *pointer;

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		if (wl_resource_get_version(pointer) >= WL_POINTER_AXIS_SOURCE_SINCE_VERSION) {
			wl_pointer_send_axis_source(pointer, WL_POINTER_AXIS_SOURCE_FINGER);
		}
		wl_pointer_send_axis(pointer, compositor_now_ms(), axis_of(horizontal),
			wl_fixed_from_double(value));
	}
	return seat->pointer_focus != NULL;
}

bool
seat_axis_stop(struct seat *seat, bool horizontal)
{
	struct wl_resource *pointer;

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		if (wl_resource_get_version(pointer) >= WL_POINTER_AXIS_STOP_SINCE_VERSION) {
			wl_pointer_send_axis_source(pointer, WL_POINTER_AXIS_SOURCE_FINGER);
			wl_pointer_send_axis_stop(
				pointer, compositor_now_ms(), axis_of(horizontal));
		}
	}
	return seat->pointer_focus != NULL;
}

bool
seat_frame(struct seat *seat)
{
	struct wl_resource *pointer;

	for_each_focused(pointer, &seat->pointers, seat->pointer_focus)
	{
		if (wl_resource_get_version(pointer) >= WL_POINTER_FRAME_SINCE_VERSION) {
			wl_pointer_send_frame(pointer);
		}
	}
	return seat->pointer_focus != NULL;
}

bool
seat_relative(struct seat *seat, double dx, double dy)
{
	struct wl_resource *relative;
	uint64_t time_us = (uint64_t)compositor_now_ms() * 1000;
	/* Pointer acceleration as desktops do it, to tell the two apart. */
	wl_fixed_t accelerated_dx = wl_fixed_from_double(3 * dx);
	wl_fixed_t accelerated_dy = wl_fixed_from_double(3 * dy);

	for_each_focused(relative, &seat->relative_pointers, seat->pointer_focus)
	{
		zwp_relative_pointer_v1_send_relative_motion(relative, (uint32_t)(time_us >> 32),
			(uint32_t)time_us, accelerated_dx, accelerated_dy, wl_fixed_from_double(dx),
			wl_fixed_from_double(dy));
	}
	return seat->pointer_focus != NULL;
}

/* Touch is focused by its surface; the pointer's and keyboard's focus do not
 * matter. */
bool
seat_touch_down(struct seat *seat, struct surface *surface, int32_t id, double sx, double sy)
{
	struct wl_resource *touch;
	uint32_t serial = next_serial(seat);

	for_each_focused(touch, &seat->touches, surface)
	{
		wl_touch_send_down(touch, serial, compositor_now_ms(), surface->resource, id,
			wl_fixed_from_double(sx), wl_fixed_from_double(sy));
	}
	return true;
}

bool
seat_touch_motion(struct seat *seat, int32_t id, double sx, double sy)
{
	struct wl_resource *touch;

	wl_resource_for_each(touch, &seat->touches)
	{
		wl_touch_send_motion(touch, compositor_now_ms(), id, wl_fixed_from_double(sx),
			wl_fixed_from_double(sy));
	}
	return true;
}

bool
seat_touch_up(struct seat *seat, int32_t id)
{
	struct wl_resource *touch;
	uint32_t serial = next_serial(seat);

	wl_resource_for_each(touch, &seat->touches)
	{
		wl_touch_send_up(touch, serial, compositor_now_ms(), id);
	}
	return true;
}

bool
seat_touch_cancel(struct seat *seat)
{
	struct wl_resource *touch;

	wl_resource_for_each(touch, &seat->touches)
	{
		wl_touch_send_cancel(touch);
	}
	return true;
}

bool
seat_touch_frame(struct seat *seat)
{
	struct wl_resource *touch;

	wl_resource_for_each(touch, &seat->touches)
	{
		wl_touch_send_frame(touch);
	}
	return true;
}

static void
handle_resource_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_resource_destroy_unlink(struct wl_resource *resource)
{
	wl_list_remove(wl_resource_get_link(resource));
}

static struct wl_resource *
add_device(struct wl_client *client, struct wl_resource *seat_resource, uint32_t id,
	const struct wl_interface *interface, const void *implementation, struct wl_list *list)
{
	struct wl_resource *device =
		wl_resource_create(client, interface, wl_resource_get_version(seat_resource), id);

	if (device == NULL) {
		abort();
	}
	wl_resource_set_implementation(device, implementation,
		wl_resource_get_user_data(seat_resource), handle_resource_destroy_unlink);
	wl_list_insert(list, wl_resource_get_link(device));
	return device;
}

static void
handle_seat_get_pointer(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	add_device(client, resource, id, &wl_pointer_interface, &pointer_implementation,
		&seat->pointers);
}

static const struct wl_keyboard_interface keyboard_implementation = {
	.release = handle_resource_release,
};

static void
handle_seat_get_keyboard(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);
	struct wl_resource *keyboard = add_device(client, resource, id, &wl_keyboard_interface,
		&keyboard_implementation, &seat->keyboards);

	keymap_send(keyboard, seat->compositor->keymap);
	if (wl_resource_get_version(keyboard) >= WL_KEYBOARD_REPEAT_INFO_SINCE_VERSION) {
		wl_keyboard_send_repeat_info(keyboard, 25, 600);
	}
}

static const struct wl_touch_interface touch_implementation = {
	.release = handle_resource_release,
};

static void
handle_seat_get_touch(struct wl_client *client, struct wl_resource *resource, uint32_t id)
{
	struct seat *seat = wl_resource_get_user_data(resource);

	add_device(
		client, resource, id, &wl_touch_interface, &touch_implementation, &seat->touches);
}

static const struct wl_seat_interface seat_implementation = {
	.get_pointer = handle_seat_get_pointer,
	.get_keyboard = handle_seat_get_keyboard,
	.get_touch = handle_seat_get_touch,
	.release = handle_resource_release,
};

static void
bind_seat(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct seat *seat = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_seat_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &seat_implementation, seat, handle_resource_destroy_unlink);
	wl_list_insert(&seat->resources, wl_resource_get_link(resource));
	if (version >= WL_SEAT_NAME_SINCE_VERSION) {
		wl_seat_send_name(resource, "mini-seat");
	}
	wl_seat_send_capabilities(resource, seat->capabilities);
}

void
seat_announce(struct seat *seat)
{
	if (globals_has(wl_seat_interface.name)) {
		seat->global = wl_global_create(seat->compositor->display, &wl_seat_interface,
			globals_version(wl_seat_interface.name), seat, bind_seat);
	}
}

void
seat_remove(struct seat *seat)
{
	if (seat->global != NULL) {
		/* Whoever has not heard of it yet may bind it; the display forgets it. */
		wl_global_remove(seat->global);
		seat->global = NULL;
	}
	seat->pointer_focus = NULL;
	seat->keyboard_focus = NULL;
}

void
seat_set_capabilities(struct seat *seat, uint32_t capabilities)
{
	struct wl_resource *resource;

	seat->capabilities = capabilities;
	if (!(capabilities & WL_SEAT_CAPABILITY_POINTER)) {
		seat->pointer_focus = NULL;
	}
	if (!(capabilities & WL_SEAT_CAPABILITY_KEYBOARD)) {
		seat->keyboard_focus = NULL;
	}
	wl_resource_for_each(resource, &seat->resources)
	{
		wl_seat_send_capabilities(resource, capabilities);
	}
}
