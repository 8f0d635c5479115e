#include "monitors-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct monitor *
monitors_find(const struct monitors *monitors, const struct view *view)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		if (monitors->monitors[i].view == view) {
			return (struct monitor *)&monitors->monitors[i];
		}
	}
	return NULL;
}

struct monitor *
monitors_at(struct monitors *monitors, uint32_t number)
{
	/* The views are in that order. */
	return number < monitors->views->n_views
		       ? monitors_find(monitors, monitors->views->views[number])
		       : NULL;
}

const struct display_output *
monitors_find_output(const struct monitors *monitors, uint32_t id)
{
	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		if (monitors->outputs[i].id == id) {
			return &monitors->outputs[i];
		}
	}
	return NULL;
}

bool
monitor_is_shown(const struct monitor *monitor)
{
	return monitor->view != NULL && !monitor->closed && !monitor->lost_output &&
	       (monitor->asked_ns != 0 || view_is_on(monitor->view) ||
		       view_is_shown(monitor->view));
}

static bool
follows(const struct monitor *monitor)
{
	return monitor->monitors->options->auto_resize && monitor->view != NULL &&
	       monitors_can_tell(monitor->monitors) && view_head(monitor->view)->resizable &&
	       !resizer_is_ignored(&monitor->resizer);
}

void
monitor_apply(struct monitor *monitor)
{
	struct view_wishes wishes = {
		.maximized = monitor->maximized,
		.fullscreen = monitor->fullscreen,
		.output = monitor->output,
		.floating_width = monitor->floating_width,
		.floating_height = monitor->floating_height,
		.zoom_percent = monitor->zoom_percent,
		.mode = monitor->monitors->options->mode,
		.nearest = monitor->monitors->options->nearest,
		.follows = follows(monitor),
	};

	if (monitor->view != NULL) {
		view_set_wishes(monitor->view, &wishes);
	}
}

static void
handle_resizer_tell(void *data, int32_t width, int32_t height)
{
	struct monitor *monitor = data;

	monitor->width = width;
	monitor->height = height;
	monitors_tell(monitor->monitors);
}

static void
handle_resizer_give_up(void *data)
{
	struct monitor *monitor = data;

	monitor_apply(monitor);
	if (monitor->view != NULL) {
		view_end_hold(monitor->view);
	}
}

static const struct resizer_listener resizer_listener = {
	.tell = handle_resizer_tell,
	.give_up = handle_resizer_give_up,
};

int
monitors_create(sd_event *event, struct deadlines *deadlines, const struct view_list *views,
	const struct monitors_options *options, const struct monitors_listener *listener,
	void *data, struct monitors **ret_monitors)
{
	struct monitors *monitors = calloc(1, sizeof(*monitors));

	if (monitors == NULL) {
		return -ENOMEM;
	}
	monitors->event = event;
	monitors->deadlines = deadlines;
	monitors->views = views;
	monitors->options = options;
	monitors->listener = listener;
	monitors->data = data;
	*ret_monitors = monitors;
	return 0;
}

void
monitors_destroy(struct monitors *monitors)
{
	if (monitors == NULL) {
		return;
	}
	monitors_close_layout(monitors);
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		resizer_finish(&monitors->monitors[i].resizer);
	}
	free(monitors);
}

void
monitors_set_guest(struct monitors *monitors, struct guest *guest,
	const struct guest_identity *identity, const char *qmp_path)
{
	monitors->guest = guest;
	if (monitors->options->remember) {
		monitors_open_layout(monitors, identity, qmp_path);
	}
}

static struct monitor *
find_or_add(struct monitors *monitors, const struct guest_head *head)
{
	struct monitor *monitor;

	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		monitor = &monitors->monitors[i];
		if (monitor->index == head->index && strcmp(monitor->gpu, head->gpu) == 0) {
			return monitor;
		}
	}
	if (monitors->n_monitors == GUEST_MAX_HEADS) {
		/* One of a GPU that is gone makes room. */
		monitor = monitors_find(monitors, NULL);
		if (monitor == NULL) {
			return NULL;
		}
		resizer_finish(&monitor->resizer);
	} else {
		monitor = &monitors->monitors[monitors->n_monitors++];
	}
	*monitor = (struct monitor){
		.monitors = monitors,
		.index = head->index,
		.zoom_percent = monitors->options->zoom_percent,
	};
	strcpy(monitor->gpu, head->gpu);
	resizer_init(&monitor->resizer, monitors->deadlines, monitors->options->even_width,
		&resizer_listener, monitor);
	monitor_recall(monitor);
	return monitor;
}

void
monitors_handle_head_added(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = find_or_add(monitors, view_head(view));

	/* Two consoles that call themselves the same: the second is just shown. */
	if (monitor == NULL || monitor->view != NULL) {
		return;
	}
	monitor->view = view;
	monitors_place(monitors);
	monitor_apply(monitor);
	if (!monitors->synced) {
		return;
	}
	monitor_plug_asked(monitor);
	/* The VM may have made it anew. */
	monitor->told = false;
	monitors_tell(monitors);
	/* One that the user asked for has a window before it is on. */
	monitors->listener->changed(monitors->data);
}

void
monitors_handle_head_removed(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = monitors_find(monitors, view);

	if (monitor != NULL) {
		monitor->view = NULL;
		resizer_handle_picture(&monitor->resizer, 0, 0);
	}
}

void
monitors_handle_head_changed(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = monitors_find(monitors, view);

	if (monitor != NULL) {
		monitor_apply(monitor);
		if (!view_head(view)->resizable) {
			view_end_hold(view);
		}
	}
}

void
monitors_handle_scanout(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = monitors_find(monitors, view);
	bool on = view_is_on(view);
	struct rect source = { 0 };
	bool was_ignored;

	if (monitor == NULL) {
		return;
	}
	if (on) {
		source = view_scanout(view)->source;
	}
	was_ignored = resizer_is_ignored(&monitor->resizer);
	resizer_handle_picture(&monitor->resizer, source.width, source.height);
	if (was_ignored != resizer_is_ignored(&monitor->resizer)) {
		monitor_apply(monitor);
	}
	if (on && !view_is_shown(view)) {
		monitors_place_homes(monitors);
	}
	if (on && !monitor->plugged && !monitor->closed && !monitor->lost_output) {
		/* The guest had it on by itself. */
		monitor->plugged = true;
		monitors_place(monitors);
		monitors_save_later(monitors);
	}
}

void
monitors_handle_synced(struct monitors *monitors)
{
	if (monitors->synced) {
		return;
	}
	monitors->synced = true;
	monitors_plug_asked(monitors);
	monitors_place(monitors);
	monitors_tell(monitors);
	monitors->listener->changed(monitors->data);
}

void
monitors_handle_outputs(struct monitors *monitors, const struct display_output *outputs, uint32_t n)
{
	monitors->n_outputs = n;
	if (n == 0) {
		monitors_forget_outputs(monitors);
		return; /* until the next compositor says */
	}
	memcpy(monitors->outputs, outputs, n * sizeof(*outputs));
	monitors_place(monitors);
	if (monitors->synced) {
		monitors_tell(monitors);
		monitors->listener->changed(monitors->data);
	}
}

/* Maximised, tiled or on full screen just now: no step on the way to another size. */
static bool
has_settled(const struct window_room *room, const struct window_room *before)
{
	return room->fixed && (!before->fixed || room->fullscreen != before->fullscreen ||
				      room->output != before->output);
}

/* Desktops have keys of their own for that: what they made of it counts. */
static void
follow_desktop(struct monitor *monitor, const struct window_room *before)
{
	const struct window_room *room = view_room(monitor->view);
	/* One that is placed was asked for: it comes late. */
	bool began = room->fullscreen && !monitor->fullscreen && !monitor->placed;

	monitor->maximized = room->maximized;
	if (began || (before->fullscreen && !room->fullscreen)) {
		monitor->placed = false;
		monitor->own_way = true;
	}
	monitor->has_home = monitor->has_home && !began;
	monitor->fullscreen = room->fullscreen;
	monitor_note_home(monitor, before);
}

void
monitors_handle_room(struct monitors *monitors, struct view *view, const struct window_room *before)
{
	struct monitor *monitor = monitors_find(monitors, view);
	const struct window_room *room = view_room(view);

	if (monitor == NULL || room->width == 0) {
		return;
	}
	monitor->floating_width = room->floating_width;
	monitor->floating_height = room->floating_height;
	follow_desktop(monitor, before);
	monitor_apply(monitor);
	/* Also one that was not chosen but has come back, from full screen: the guest is to follow.
	 */
	if (monitors->options->auto_resize && (room->chosen || room->holding) &&
		view_head(view)->resizable && monitors->guest != NULL &&
		monitors_can_tell(monitors)) {
		resizer_want(&monitor->resizer, room->wanted_width, room->wanted_height,
			has_settled(room, before));
	} else {
		resizer_want_nothing(&monitor->resizer);
	}
	if (room->holding && monitor->resizer.state == RESIZER_IDLE) {
		view_end_hold(view);
	}
	if (monitor->resizer.state == RESIZER_IDLE) {
		/* Other millimetres, another refresh rate. */
		monitors_tell(monitors);
	}
	monitors_save_later(monitors);
}

bool
monitors_wants_window(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = monitors_find(monitors, view);

	if (monitor == NULL) {
		return view_is_on(view);
	}
	return !monitor->closed && !monitor->lost_output &&
	       (monitor->asked_ns != 0 || view_is_on(view));
}

bool
monitors_may_stand_in(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = monitors_find(monitors, view);

	return monitor == NULL || (!monitor->closed && !monitor->lost_output);
}

uint64_t
monitors_asked_ns(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = monitors_find(monitors, view);

	return monitor != NULL ? monitor->asked_ns : 0;
}
