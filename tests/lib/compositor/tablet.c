#include "tablet.h"

#include <stdlib.h>

#include "cursor-shape-v1-server-protocol.h"
#include "record.h"
#include "seat.h"
#include "surface.h"
#include "tablet-v2-server-protocol.h"
#include "compositor.h"

/* An object of one client's: its user data. */
struct device {
	struct seat *seat;
	struct wl_list link; /* in one of the seat's lists */
	struct wl_resource *resource;
	uint32_t number; /* of a tool */
	uint32_t serial; /* of its proximity */
};

static void
handle_resource_destroy_request(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_device_destroy(struct wl_resource *resource)
{
	struct device *device = wl_resource_get_user_data(resource);

	wl_list_remove(&device->link);
	free(device);
}

static struct device *
add_device(struct wl_client *client, uint32_t version, uint32_t id, struct seat *seat,
	struct wl_list *list, const struct wl_interface *interface, const void *implementation)
{
	struct device *device = calloc(1, sizeof(*device));

	if (device == NULL) {
		abort();
	}
	device->seat = seat;
	device->resource = wl_resource_create(client, interface, (int)version, id);
	if (device->resource == NULL) {
		abort();
	}
	wl_list_insert(list, &device->link);
	wl_resource_set_implementation(
		device->resource, implementation, device, handle_device_destroy);
	return device;
}

/* The same of the client that the tablet seat is of. */
static struct device *
add_for(const struct device *tablet_seat, struct wl_list *list,
	const struct wl_interface *interface, const void *implementation)
{
	return add_device(wl_resource_get_client(tablet_seat->resource),
		(uint32_t)wl_resource_get_version(tablet_seat->resource), 0, tablet_seat->seat,
		list, interface, implementation);
}

static const struct zwp_tablet_seat_v2_interface tablet_seat_implementation = {
	.destroy = handle_resource_destroy_request,
};

static const struct zwp_tablet_v2_interface tablet_implementation = {
	.destroy = handle_resource_destroy_request,
};

/* A surface is the cursor of one tool, or of pointers, for good. */
static void
handle_tool_set_cursor(struct wl_client *client, struct wl_resource *resource, uint32_t serial,
	struct wl_resource *surface_resource, int32_t hot_x, int32_t hot_y)
{
	struct device *tool = wl_resource_get_user_data(resource);
	struct surface *surface = surface_from_resource(surface_resource);
	json_object *event;

	if (surface != NULL && (!surface_set_role(surface, ROLE_TOOL_CURSOR, resource,
				       ZWP_TABLET_TOOL_V2_ERROR_ROLE))) {
		return;
	}
	if (surface != NULL && surface->tool != 0 && surface->tool != tool->number) {
		wl_resource_post_error(resource, ZWP_TABLET_TOOL_V2_ERROR_ROLE,
			"the surface is another tool's cursor");
		return;
	}
	event = record_new("set_tool_cursor");
	record_int(event, "tool", tool->number);
	if (surface != NULL) {
		surface->tool = tool->number;
		record_int(event, "surface", surface->number);
	} else {
		record_text(event, "surface", NULL);
	}
	record_int(event, "hot_x", hot_x);
	record_int(event, "hot_y", hot_y);
	record_bool(event, "serial_is_latest", serial == tool->serial);
	record_write(tool->seat->compositor->log, event);
}

static const struct zwp_tablet_tool_v2_interface tool_implementation = {
	.set_cursor = handle_tool_set_cursor,
	.destroy = handle_resource_destroy_request,
};

static void
handle_ring_set_feedback(struct wl_client *client, struct wl_resource *resource,
	const char *description, uint32_t serial)
{
}

static const struct zwp_tablet_pad_ring_v2_interface ring_implementation = {
	.set_feedback = handle_ring_set_feedback,
	.destroy = handle_resource_destroy_request,
};

static const struct zwp_tablet_pad_strip_v2_interface strip_implementation = {
	.set_feedback = handle_ring_set_feedback,
	.destroy = handle_resource_destroy_request,
};

static const struct zwp_tablet_pad_group_v2_interface group_implementation = {
	.destroy = handle_resource_destroy_request,
};

static void
handle_pad_set_feedback(struct wl_client *client, struct wl_resource *resource, uint32_t button,
	const char *description, uint32_t serial)
{
}

static const struct zwp_tablet_pad_v2_interface pad_implementation = {
	.set_feedback = handle_pad_set_feedback,
	.destroy = handle_resource_destroy_request,
};

void
tablet_add(struct seat *seat)
{
	struct device *tablet_seat;

	wl_list_for_each(tablet_seat, &seat->tablet_seats, link)
	{
		struct device *tablet = add_for(tablet_seat, &seat->tablets,
			&zwp_tablet_v2_interface, &tablet_implementation);

		zwp_tablet_seat_v2_send_tablet_added(tablet_seat->resource, tablet->resource);
		zwp_tablet_v2_send_name(tablet->resource, "mini tablet");
		zwp_tablet_v2_send_id(tablet->resource, 0x56a, 1);
		zwp_tablet_v2_send_path(tablet->resource, "/dev/input/event0");
		zwp_tablet_v2_send_done(tablet->resource);
	}
}

void
tablet_add_tool(
	struct seat *seat, uint32_t number, bool eraser, bool senses_pressure, bool senses_tilt)
{
	struct device *tablet_seat;

	wl_list_for_each(tablet_seat, &seat->tablet_seats, link)
	{
		struct device *tool = add_for(tablet_seat, &seat->tools,
			&zwp_tablet_tool_v2_interface, &tool_implementation);

		tool->number = number;
		zwp_tablet_seat_v2_send_tool_added(tablet_seat->resource, tool->resource);
		zwp_tablet_tool_v2_send_type(tool->resource,
			eraser ? ZWP_TABLET_TOOL_V2_TYPE_ERASER : ZWP_TABLET_TOOL_V2_TYPE_PEN);
		zwp_tablet_tool_v2_send_hardware_serial(tool->resource, 0, number);
		if (senses_pressure) {
			zwp_tablet_tool_v2_send_capability(
				tool->resource, ZWP_TABLET_TOOL_V2_CAPABILITY_PRESSURE);
		}
		if (senses_tilt) {
			zwp_tablet_tool_v2_send_capability(
				tool->resource, ZWP_TABLET_TOOL_V2_CAPABILITY_TILT);
		}
		zwp_tablet_tool_v2_send_done(tool->resource);
	}
}

void
tablet_add_pad(struct seat *seat)
{
	struct device *tablet_seat;

	wl_list_for_each(tablet_seat, &seat->tablet_seats, link)
	{
		struct wl_array buttons = { 0 };
		struct device *pad = add_for(tablet_seat, &seat->pads, &zwp_tablet_pad_v2_interface,
			&pad_implementation);
		struct device *group, *ring, *strip;

		zwp_tablet_seat_v2_send_pad_added(tablet_seat->resource, pad->resource);
		group = add_for(tablet_seat, &seat->pads, &zwp_tablet_pad_group_v2_interface,
			&group_implementation);
		zwp_tablet_pad_v2_send_group(pad->resource, group->resource);
		zwp_tablet_pad_group_v2_send_buttons(group->resource, &buttons);
		ring = add_for(tablet_seat, &seat->pads, &zwp_tablet_pad_ring_v2_interface,
			&ring_implementation);
		zwp_tablet_pad_group_v2_send_ring(group->resource, ring->resource);
		strip = add_for(tablet_seat, &seat->pads, &zwp_tablet_pad_strip_v2_interface,
			&strip_implementation);
		zwp_tablet_pad_group_v2_send_strip(group->resource, strip->resource);
		zwp_tablet_pad_group_v2_send_modes(group->resource, 2);
		zwp_tablet_pad_group_v2_send_done(group->resource);
		zwp_tablet_pad_v2_send_path(pad->resource, "/dev/input/event1");
		zwp_tablet_pad_v2_send_buttons(pad->resource, 4);
		zwp_tablet_pad_v2_send_done(pad->resource);
		/* Before anybody can have destroyed what they are about. */
		zwp_tablet_pad_v2_send_button(pad->resource, compositor_now_ms(), 0,
			ZWP_TABLET_PAD_V2_BUTTON_STATE_PRESSED);
		zwp_tablet_pad_ring_v2_send_angle(ring->resource, 0);
		zwp_tablet_pad_ring_v2_send_frame(ring->resource, compositor_now_ms());
	}
}

void
tablet_remove(struct seat *seat)
{
	struct device *tablet;

	wl_list_for_each(tablet, &seat->tablets, link)
	{
		zwp_tablet_v2_send_removed(tablet->resource);
	}
}

/* Runs the block for each client's object of the tool. */
#define for_each_tool(tool, seat, number_) \
	wl_list_for_each(tool, &(seat)->tools, link) if (tool->number == (number_))

void
tablet_remove_tool(struct seat *seat, uint32_t number)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_removed(tool->resource);
	}
}

void
tool_proximity_in(struct seat *seat, uint32_t number, struct surface *surface)
{
	struct device *tool, *tablet;

	for_each_tool(tool, seat, number)
	{
		wl_list_for_each(tablet, &seat->tablets, link)
		{
			tool->serial = wl_display_next_serial(seat->compositor->display);
			zwp_tablet_tool_v2_send_proximity_in(
				tool->resource, tool->serial, tablet->resource, surface->resource);
			break;
		}
	}
}

void
tool_proximity_out(struct seat *seat, uint32_t number)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_proximity_out(tool->resource);
	}
}

void
tool_motion(struct seat *seat, uint32_t number, double sx, double sy)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_motion(
			tool->resource, wl_fixed_from_double(sx), wl_fixed_from_double(sy));
	}
}

void
tool_pressure(struct seat *seat, uint32_t number, uint32_t pressure)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_pressure(tool->resource, pressure);
	}
}

void
tool_tilt(struct seat *seat, uint32_t number, double tilt_x, double tilt_y)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_tilt(
			tool->resource, wl_fixed_from_double(tilt_x), wl_fixed_from_double(tilt_y));
	}
}

void
tool_touch(struct seat *seat, uint32_t number, bool down)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		if (down) {
			zwp_tablet_tool_v2_send_down(
				tool->resource, wl_display_next_serial(seat->compositor->display));
		} else {
			zwp_tablet_tool_v2_send_up(tool->resource);
		}
	}
}

void
tool_button(struct seat *seat, uint32_t number, uint32_t code, bool pressed)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_button(tool->resource,
			wl_display_next_serial(seat->compositor->display), code,
			pressed ? ZWP_TABLET_TOOL_V2_BUTTON_STATE_PRESSED
				: ZWP_TABLET_TOOL_V2_BUTTON_STATE_RELEASED);
	}
}

void
tool_frame(struct seat *seat, uint32_t number)
{
	struct device *tool;

	for_each_tool(tool, seat, number)
	{
		zwp_tablet_tool_v2_send_frame(tool->resource, compositor_now_ms());
	}
}

static void
handle_manager_get_tablet_seat(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *seat_resource)
{
	struct seat *seat = wl_resource_get_user_data(seat_resource);

	add_device(client, (uint32_t)wl_resource_get_version(resource), id, seat,
		&seat->tablet_seats, &zwp_tablet_seat_v2_interface, &tablet_seat_implementation);
}

static const struct zwp_tablet_manager_v2_interface manager_implementation = {
	.get_tablet_seat = handle_manager_get_tablet_seat,
	.destroy = handle_resource_destroy_request,
};

void
bind_tablet_manager(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct wl_resource *resource =
		wl_resource_create(client, &zwp_tablet_manager_v2_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &manager_implementation, data, NULL);
}

static void
handle_shape_device_set_shape(
	struct wl_client *client, struct wl_resource *resource, uint32_t serial, uint32_t shape)
{
	struct device *tool = wl_resource_get_user_data(resource);
	json_object *event = record_new("tool_cursor_shape");

	record_int(event, "tool", tool->number);
	record_int(event, "shape", shape);
	record_bool(event, "serial_is_latest", serial == tool->serial);
	record_write(tool->seat->compositor->log, event);
}

static const struct wp_cursor_shape_device_v1_interface shape_device_implementation = {
	.destroy = handle_resource_destroy_request,
	.set_shape = handle_shape_device_set_shape,
};

void
handle_shape_manager_get_tool(struct wl_client *client, struct wl_resource *resource, uint32_t id,
	struct wl_resource *tool)
{
	struct wl_resource *device = wl_resource_create(client,
		&wp_cursor_shape_device_v1_interface, wl_resource_get_version(resource), id);

	if (device == NULL) {
		abort();
	}
	wl_resource_set_implementation(
		device, &shape_device_implementation, wl_resource_get_user_data(tool), NULL);
}
