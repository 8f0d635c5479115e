#include "tablet.h"

#include <stdlib.h>

#include "display-private.h"
#include "tablet-v2-client.h"

struct tablet {
	struct wl_list link;
	struct zwp_tablet_v2 *proxy;
};

static void
destroy_tablet(struct tablet *tablet)
{
	zwp_tablet_v2_destroy(tablet->proxy);
	wl_list_remove(&tablet->link);
	free(tablet);
}

static void
handle_tablet_name(void *data, struct zwp_tablet_v2 *proxy, const char *name)
{
}

static void
handle_tablet_id(void *data, struct zwp_tablet_v2 *proxy, uint32_t vendor, uint32_t product)
{
}

static void
handle_tablet_path(void *data, struct zwp_tablet_v2 *proxy, const char *path)
{
}

static void
handle_tablet_done(void *data, struct zwp_tablet_v2 *proxy)
{
}

static void
handle_tablet_removed(void *data, struct zwp_tablet_v2 *proxy)
{
	destroy_tablet(data);
}

static const struct zwp_tablet_v2_listener tablet_listener = {
	.name = handle_tablet_name,
	.id = handle_tablet_id,
	.path = handle_tablet_path,
	.done = handle_tablet_done,
	.removed = handle_tablet_removed,
};

/*
 * Kept until it is removed: a tool may still name it, and an object that a compositor made and we
 * destroyed is an error to libwayland.
 */
static void
handle_seat_tablet_added(
	void *data, struct zwp_tablet_seat_v2 *proxy, struct zwp_tablet_v2 *tablet_proxy)
{
	struct tablets *tablets = data;
	struct tablet *tablet = calloc(1, sizeof(*tablet));

	/* Without memory it stays until the connection ends. */
	if (tablet != NULL) {
		tablet->proxy = tablet_proxy;
		wl_list_insert(&tablets->tablets, &tablet->link);
		zwp_tablet_v2_add_listener(tablet_proxy, &tablet_listener, tablet);
	}
}

static void
handle_seat_tool_added(
	void *data, struct zwp_tablet_seat_v2 *proxy, struct zwp_tablet_tool_v2 *tool_proxy)
{
	struct tablets *tablets = data;
	struct tablet_tool *tool;

	if (wl_list_length(&tablets->tools) == TABLETS_MAX_TOOLS) {
		zwp_tablet_tool_v2_destroy(tool_proxy);
		return;
	}
	tool = tablet_tool_create(tablets->seat, tool_proxy);
	if (tool != NULL) {
		wl_list_insert(&tablets->tools, &tool->link);
	}
}

/*
 * What a pad consists of is announced before it is done, as objects of its own: each is destroyed
 * as soon as no more of them come from it.
 */
static void
handle_group_buttons(void *data, struct zwp_tablet_pad_group_v2 *group, struct wl_array *buttons)
{
}

static void
handle_group_ring(
	void *data, struct zwp_tablet_pad_group_v2 *group, struct zwp_tablet_pad_ring_v2 *ring)
{
	zwp_tablet_pad_ring_v2_destroy(ring);
}

static void
handle_group_strip(
	void *data, struct zwp_tablet_pad_group_v2 *group, struct zwp_tablet_pad_strip_v2 *strip)
{
	zwp_tablet_pad_strip_v2_destroy(strip);
}

static void
handle_group_modes(void *data, struct zwp_tablet_pad_group_v2 *group, uint32_t n_modes)
{
}

static void
handle_group_done(void *data, struct zwp_tablet_pad_group_v2 *group)
{
	zwp_tablet_pad_group_v2_destroy(group);
}

static void
handle_group_mode_switch(void *data, struct zwp_tablet_pad_group_v2 *group, uint32_t time_ms,
	uint32_t serial, uint32_t mode)
{
}

static const struct zwp_tablet_pad_group_v2_listener group_listener = {
	.buttons = handle_group_buttons,
	.ring = handle_group_ring,
	.strip = handle_group_strip,
	.modes = handle_group_modes,
	.done = handle_group_done,
	.mode_switch = handle_group_mode_switch,
};

static void
handle_pad_group(void *data, struct zwp_tablet_pad_v2 *pad, struct zwp_tablet_pad_group_v2 *group)
{
	zwp_tablet_pad_group_v2_add_listener(group, &group_listener, NULL);
}

static void
handle_pad_path(void *data, struct zwp_tablet_pad_v2 *pad, const char *path)
{
}

static void
handle_pad_buttons(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t n_buttons)
{
}

static void
handle_pad_done(void *data, struct zwp_tablet_pad_v2 *pad)
{
	zwp_tablet_pad_v2_destroy(pad);
}

static void
handle_pad_button(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t time_ms, uint32_t button,
	uint32_t state)
{
}

static void
handle_pad_enter(void *data, struct zwp_tablet_pad_v2 *pad, uint32_t serial,
	struct zwp_tablet_v2 *tablet, struct wl_surface *surface)
{
}

static void
handle_pad_leave(
	void *data, struct zwp_tablet_pad_v2 *pad, uint32_t serial, struct wl_surface *surface)
{
}

static const struct zwp_tablet_pad_v2_listener pad_listener = {
	.group = handle_pad_group,
	.path = handle_pad_path,
	.buttons = handle_pad_buttons,
	.done = handle_pad_done,
	.button = handle_pad_button,
	.enter = handle_pad_enter,
	.leave = handle_pad_leave,
	/* Gone before it could be. */
	.removed = handle_pad_done,
};

static void
handle_seat_pad_added(void *data, struct zwp_tablet_seat_v2 *proxy, struct zwp_tablet_pad_v2 *pad)
{
	zwp_tablet_pad_v2_add_listener(pad, &pad_listener, NULL);
}

static const struct zwp_tablet_seat_v2_listener tablet_seat_listener = {
	.tablet_added = handle_seat_tablet_added,
	.tool_added = handle_seat_tool_added,
	.pad_added = handle_seat_pad_added,
};

void
tablets_init(struct tablets *tablets, struct seat *seat)
{
	tablets->seat = seat;
	wl_list_init(&tablets->tools);
	wl_list_init(&tablets->tablets);
	tablets_start(tablets);
}

void
tablets_start(struct tablets *tablets)
{
	struct zwp_tablet_manager_v2 *manager = tablets->seat->display->globals.tablet_manager;

	if (manager == NULL || tablets->proxy != NULL) {
		return;
	}
	tablets->proxy = zwp_tablet_manager_v2_get_tablet_seat(manager, tablets->seat->proxy);
	if (tablets->proxy != NULL) {
		zwp_tablet_seat_v2_add_listener(tablets->proxy, &tablet_seat_listener, tablets);
	}
}

void
tablets_finish(struct tablets *tablets)
{
	struct tablet_tool *tool, *next;
	struct tablet *tablet, *next_tablet;

	wl_list_for_each_safe(tool, next, &tablets->tools, link)
	{
		tablet_tool_destroy(tool);
	}
	wl_list_for_each_safe(tablet, next_tablet, &tablets->tablets, link)
	{
		destroy_tablet(tablet);
	}
	if (tablets->proxy != NULL) {
		zwp_tablet_seat_v2_destroy(tablets->proxy);
		tablets->proxy = NULL;
	}
}

void
tablets_release(struct tablets *tablets, struct window *window)
{
	struct tablet_tool *tool;

	wl_list_for_each(tool, &tablets->tools, link)
	{
		tablet_tool_release(tool, window);
	}
}

void
tablets_forget_window(struct tablets *tablets, struct window *window)
{
	struct tablet_tool *tool;

	wl_list_for_each(tool, &tablets->tools, link)
	{
		tablet_tool_forget_window(tool, window);
	}
}

void
tablets_refresh_cursors(struct tablets *tablets, struct window *window)
{
	struct tablet_tool *tool;

	wl_list_for_each(tool, &tablets->tools, link)
	{
		if (tool->focus == window) {
			tablet_tool_refresh_cursor(tool);
		}
	}
}
