#include "tablet-tool.h"

#include <stdlib.h>

#include "base/log.h"
#include "cursor-shape-v1-client.h"
#include "display-private.h"
#include "tablet-v2-client.h"
#include "window-private.h"

void
tablet_tool_refresh_cursor(struct tablet_tool *tool)
{
	const struct window *window = tool->focus;
	struct display *display = tool->seat->display;
	bool other = look_choose(&tool->look, window, tool->sx, tool->sy);
	struct wl_surface *surface = NULL;

	if (tool->look.kind == LOOK_ARROW && tool->shape != NULL) {
		if (other) {
			wp_cursor_shape_device_v1_set_shape(tool->shape, tool->enter_serial,
				WP_CURSOR_SHAPE_DEVICE_V1_SHAPE_DEFAULT);
		}
		return;
	}
	if (tool->look.kind != LOOK_HIDDEN && cursor_copy_prepare(&tool->copy, display) >= 0) {
		surface = tool->copy.surface;
	}
	if (other) {
		zwp_tablet_tool_v2_set_cursor(tool->proxy, tool->enter_serial, surface,
			tool->look.hot_x, tool->look.hot_y);
	}
	if (surface != NULL && tool->look.kind == LOOK_GUEST) {
		cursor_copy_show(&tool->copy, &window->cursor);
	} else if (surface != NULL) {
		cursor_copy_show_arrow(&tool->copy, display);
	}
}

static void
tell(struct tablet_tool *tool, const struct input_event *event)
{
	/* Each event may make its listener destroy the window. */
	if (tool->focus != NULL) {
		window_input(tool->focus, event);
	}
}

static void
tell_state(struct tablet_tool *tool)
{
	struct input_event event = { .kind = INPUT_PEN };

	if (!tool->changed || tool->focus == NULL) {
		return;
	}
	tool->changed = false;
	tool->told_near = true;
	event.pen.near = true;
	event.pen.touching = tool->touching;
	event.pen.eraser = tool->eraser;
	geometry_to_guest(
		&tool->focus->stage.geometry, tool->sx, tool->sy, &event.pen.gx, &event.pen.gy);
	if (tool->touching) {
		event.pen.pressure =
			tool->senses_pressure ? tool->pressure : INPUT_PEN_MAX_PRESSURE;
	}
	event.pen.tilt_x = tool->tilt_x;
	event.pen.tilt_y = tool->tilt_y;
	tell(tool, &event);
}

static void
tell_button(struct tablet_tool *tool, uint32_t code, bool pressed)
{
	struct input_event event = { .kind = INPUT_BUTTON };

	event.button.code = code;
	event.button.pressed = pressed;
	tell(tool, &event);
}

static void
release(struct tablet_tool *tool)
{
	const struct input_event away = { .kind = INPUT_PEN };
	uint32_t code;

	tell_state(tool);
	while (buttons_take(&tool->buttons, &code)) {
		tell_button(tool, code, false);
	}
	tool->touching = false;
	if (tool->told_near) {
		tool->told_near = false;
		tell(tool, &away);
	}
}

void
tablet_tool_release(struct tablet_tool *tool, struct window *window)
{
	if (tool->focus == window) {
		release(tool);
	}
}

static void
drop_focus(struct tablet_tool *tool)
{
	release(tool);
	tool->focus = NULL;
	tool->changed = false;
}

void
tablet_tool_forget_window(struct tablet_tool *tool, struct window *window)
{
	if (tool->focus == window) {
		tool->focus = NULL;
		tool->told_near = false;
		tool->buttons.n = 0;
	}
}

static void
handle_tool_type(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t type)
{
	struct tablet_tool *tool = data;

	tool->eraser = type == ZWP_TABLET_TOOL_V2_TYPE_ERASER;
}

static void
handle_tool_hardware_serial(
	void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t high, uint32_t low)
{
}

static void
handle_tool_hardware_id_wacom(
	void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t high, uint32_t low)
{
}

static void
handle_tool_capability(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t capability)
{
	struct tablet_tool *tool = data;

	tool->senses_pressure |= capability == ZWP_TABLET_TOOL_V2_CAPABILITY_PRESSURE;
}

static void
handle_tool_done(void *data, struct zwp_tablet_tool_v2 *proxy)
{
}

static void
handle_tool_removed(void *data, struct zwp_tablet_tool_v2 *proxy)
{
	tablet_tool_destroy(data);
}

static void
handle_tool_proximity_in(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t serial,
	struct zwp_tablet_v2 *tablet, struct wl_surface *surface)
{
	struct tablet_tool *tool = data;

	drop_focus(tool);
	tool->focus = window_find(tool->seat->display, surface);
	tool->enter_serial = serial;
	tool->look.kind = LOOK_UNSET;
	tool->pressure = 0;
	tool->tilt_x = tool->tilt_y = 0;
}

static void
handle_tool_proximity_out(void *data, struct zwp_tablet_tool_v2 *proxy)
{
	drop_focus(data);
}

static void
set_touching(struct tablet_tool *tool, bool touching)
{
	/* Where it goes down, or up, comes first; so that no tap is lost within a frame. */
	if (touching != tool->touching) {
		tell_state(tool);
		tool->touching = touching;
		tool->changed = true;
	}
}

static void
handle_tool_down(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t serial)
{
	set_touching(data, true);
}

static void
handle_tool_up(void *data, struct zwp_tablet_tool_v2 *proxy)
{
	set_touching(data, false);
}

static void
handle_tool_motion(void *data, struct zwp_tablet_tool_v2 *proxy, wl_fixed_t sx, wl_fixed_t sy)
{
	struct tablet_tool *tool = data;

	tool->sx = wl_fixed_to_double(sx);
	tool->sy = wl_fixed_to_double(sy);
	tool->changed = true;
	if (tool->focus != NULL) {
		tablet_tool_refresh_cursor(tool);
	}
}

static void
handle_tool_pressure(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t pressure)
{
	struct tablet_tool *tool = data;

	tool->pressure = pressure < INPUT_PEN_MAX_PRESSURE ? pressure : INPUT_PEN_MAX_PRESSURE;
	tool->changed = true;
}

static void
handle_tool_distance(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t distance)
{
}

static void
handle_tool_tilt(void *data, struct zwp_tablet_tool_v2 *proxy, wl_fixed_t tilt_x, wl_fixed_t tilt_y)
{
	struct tablet_tool *tool = data;

	tool->tilt_x = wl_fixed_to_double(tilt_x);
	tool->tilt_y = wl_fixed_to_double(tilt_y);
	tool->changed = true;
}

static void
handle_tool_rotation(void *data, struct zwp_tablet_tool_v2 *proxy, wl_fixed_t degrees)
{
}

static void
handle_tool_slider(void *data, struct zwp_tablet_tool_v2 *proxy, int32_t position)
{
}

static void
handle_tool_wheel(void *data, struct zwp_tablet_tool_v2 *proxy, wl_fixed_t degrees, int32_t clicks)
{
}

static void
handle_tool_button(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t serial, uint32_t code,
	uint32_t state)
{
	struct tablet_tool *tool = data;
	bool pressed = state == ZWP_TABLET_TOOL_V2_BUTTON_STATE_PRESSED;

	/* Where it was pressed comes first. */
	tell_state(tool);
	if (tool->focus != NULL && buttons_note(&tool->buttons, code, pressed)) {
		tell_button(tool, code, pressed);
	}
}

static void
handle_tool_frame(void *data, struct zwp_tablet_tool_v2 *proxy, uint32_t time_ms)
{
	tell_state(data);
}

static const struct zwp_tablet_tool_v2_listener tool_listener = {
	.type = handle_tool_type,
	.hardware_serial = handle_tool_hardware_serial,
	.hardware_id_wacom = handle_tool_hardware_id_wacom,
	.capability = handle_tool_capability,
	.done = handle_tool_done,
	.removed = handle_tool_removed,
	.proximity_in = handle_tool_proximity_in,
	.proximity_out = handle_tool_proximity_out,
	.down = handle_tool_down,
	.up = handle_tool_up,
	.motion = handle_tool_motion,
	.pressure = handle_tool_pressure,
	.distance = handle_tool_distance,
	.tilt = handle_tool_tilt,
	.rotation = handle_tool_rotation,
	.slider = handle_tool_slider,
	.wheel = handle_tool_wheel,
	.button = handle_tool_button,
	.frame = handle_tool_frame,
};

struct tablet_tool *
tablet_tool_create(struct seat *seat, struct zwp_tablet_tool_v2 *proxy)
{
	struct wp_cursor_shape_manager_v1 *manager = seat->display->globals.cursor_shape_manager;
	struct tablet_tool *tool = calloc(1, sizeof(*tool));

	if (tool == NULL) {
		log_warning("no memory for a pen: it does nothing");
		zwp_tablet_tool_v2_destroy(proxy);
		return NULL;
	}
	tool->seat = seat;
	tool->proxy = proxy;
	wl_list_init(&tool->link);
	zwp_tablet_tool_v2_add_listener(proxy, &tool_listener, tool);
	if (manager != NULL) {
		tool->shape = wp_cursor_shape_manager_v1_get_tablet_tool_v2(manager, proxy);
	}
	return tool;
}

void
tablet_tool_destroy(struct tablet_tool *tool)
{
	/* While it is still known: what this tells may destroy the window. */
	drop_focus(tool);
	wl_list_remove(&tool->link);
	if (tool->shape != NULL) {
		wp_cursor_shape_device_v1_destroy(tool->shape);
	}
	zwp_tablet_tool_v2_destroy(tool->proxy);
	cursor_copy_finish(&tool->copy);
	free(tool);
}
