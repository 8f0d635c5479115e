#include "monitors-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static struct monitor *
find(const struct monitors *monitors, const struct view *view)
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
	return number < monitors->views->n_views ? find(monitors, monitors->views->views[number])
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
	       view_head(monitor->view)->resizable && !resizer_is_ignored(&monitor->resizer);
}

void
monitor_apply(struct monitor *monitor)
{
	struct view_wishes wishes = {
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
		monitor = find(monitors, NULL);
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
	if (monitors->synced) {
		if (monitor->told) {
			/* The VM has made it anew. */
			monitor->told = false;
			monitors_tell(monitors);
		}
	}
}

void
monitors_handle_head_removed(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = find(monitors, view);

	if (monitor != NULL) {
		monitor->view = NULL;
		resizer_handle_picture(&monitor->resizer, 0, 0);
	}
}

void
monitors_handle_head_changed(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = find(monitors, view);

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
	struct monitor *monitor = find(monitors, view);
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
	if (on && !monitor->plugged && !monitor->closed && !monitor->lost_output) {
		/* The guest had it on by itself. */
		monitor->plugged = true;
		monitors_place(monitors);
		monitors_save_later(monitors);
	}
}

static bool
is_named(const struct monitors *monitors, const struct monitor *monitor)
{
	uint32_t console = view_head(monitor->view)->console;

	return console < GUEST_MAX_HEADS && monitors->options->plug & 1u << console;
}

/* Which of the command line's consoles there are; says so of the others. */
static uint32_t
check_named(const struct monitors *monitors)
{
	uint32_t all = (1u << GUEST_MAX_HEADS) - 1, present = 0;

	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		uint32_t console = view_head(monitors->views->views[i])->console;

		present |= console < GUEST_MAX_HEADS ? 1u << console : 0;
	}
	for (uint32_t i = 0; i < GUEST_MAX_HEADS && (monitors->options->plug & all) != all; i++) {
		if (monitors->options->plug & ~present & 1u << i) {
			log_error("--monitors: the VM has no console %u; it is left out", i);
		}
	}
	return monitors->options->plug & present;
}

static void
plug_what_was_asked_for(struct monitors *monitors)
{
	if (!monitors->options->plug_given) {
		monitors_recall_plugs(monitors);
		return;
	}
	if (check_named(monitors) == 0) {
		return; /* a guest without any monitor is nothing to look at */
	}
	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		struct monitor *monitor = monitors_at(monitors, i);

		if (monitor == NULL) {
			continue;
		}
		if (is_named(monitors, monitor)) {
			monitor_plug(monitor);
		} else {
			monitor_unplug(monitor);
		}
	}
}

void
monitors_handle_synced(struct monitors *monitors)
{
	if (monitors->synced) {
		return;
	}
	monitors->synced = true;
	plug_what_was_asked_for(monitors);
	monitors_place(monitors);
	monitors_tell(monitors);
	monitors->listener->changed(monitors->data);
}

void
monitors_handle_power_done(struct monitors *monitors, int error)
{
	monitors->listener->leave(monitors->data);
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

void
monitors_handle_room(
	struct monitors *monitors, struct view *view, const struct window_room *before)
{
	struct monitor *monitor = find(monitors, view);
	const struct window_room *room = view_room(view);

	if (monitor == NULL || room->width == 0) {
		return;
	}
	monitor->floating_width = room->floating_width;
	monitor->floating_height = room->floating_height;
	/* Desktops have keys of their own for that: what they made of it counts. */
	monitor->fullscreen = room->fullscreen;
	if (before->fullscreen && !room->fullscreen) {
		monitor->placed = false;
		monitor->own_way = true;
	}
	monitor_apply(monitor);
	/* Also one that was not chosen but has come back, from full screen: the guest is to follow.
	 */
	if (monitors->options->auto_resize && (room->chosen || room->holding) &&
		view_head(view)->resizable && monitors->guest != NULL) {
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

static void
zoom(struct monitor *monitor, int32_t step)
{
	int32_t percent = monitor->zoom_percent != 0 ? (int32_t)monitor->zoom_percent : 100;

	percent = step == 0 ? 100 : percent + step;
	percent = percent < MONITORS_ZOOM_MIN ? MONITORS_ZOOM_MIN : percent;
	percent = percent > MONITORS_ZOOM_MAX ? MONITORS_ZOOM_MAX : percent;
	monitor->zoom_percent = (uint32_t)percent;
	monitor_apply(monitor);
	monitors_save_later(monitor->monitors);
}

static void
toggle_fullscreen(struct monitor *monitor)
{
	const struct display_output *output =
		monitors_find_output(monitor->monitors, view_room(monitor->view)->output);

	monitor->fullscreen = !monitor->fullscreen;
	monitor->output = monitor->fullscreen && output != NULL ? output->id : 0;
	if (monitor->output != 0) {
		monitor->has_home = true;
		monitor->home = output->identity;
	}
	monitor->placed = false;
	monitor->own_way = true;
	monitor_apply(monitor);
	monitors_tell(monitor->monitors);
	monitors_save_later(monitor->monitors);
}

static uint32_t
count_shown(const struct monitors *monitors)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		n += monitor_is_shown(&monitors->monitors[i]);
	}
	return n;
}

static void
toggle_monitor(struct monitors *monitors, struct monitor *monitor)
{
	if (!monitor_is_shown(monitor)) {
		monitor_plug(monitor);
	} else if (count_shown(monitors) > 1) {
		monitor_unplug(monitor);
	} else {
		log_info("the last monitor stays");
	}
	monitors_place(monitors);
	monitors_tell(monitors);
	monitors_save_later(monitors);
	monitors->listener->changed(monitors->data);
}

void
monitors_handle_action(
	struct monitors *monitors, struct view *view, enum router_action action, uint32_t number)
{
	struct monitor *monitor = find(monitors, view);

	if (action == ROUTER_TOGGLE_MONITOR) {
		monitor = monitors_at(monitors, number - 1);
	}
	if (monitor == NULL) {
		return;
	}
	switch (action) {
	case ROUTER_TOGGLE_FULLSCREEN:
		toggle_fullscreen(monitor);
		break;
	case ROUTER_ZOOM_RESET:
		zoom(monitor, 0);
		break;
	case ROUTER_ZOOM_IN:
		zoom(monitor, MONITORS_ZOOM_STEP);
		break;
	case ROUTER_ZOOM_OUT:
		zoom(monitor, -MONITORS_ZOOM_STEP);
		break;
	case ROUTER_TOGGLE_MONITOR:
		toggle_monitor(monitors, monitor);
		break;
	case ROUTER_TOGGLE_STATS:
		break; /* the view's own */
	}
}

/* The last window is closed: is that the end? */
static void
close_last(struct monitors *monitors, struct view *view)
{
	uint64_t now = clock_now_ns();
	int r;

	switch (monitors->options->window_close) {
	case WINDOW_CLOSE_DETACH:
		break;
	case WINDOW_CLOSE_ASK:
		if (monitors->close_asked_ns == 0 ||
			now - monitors->close_asked_ns > MONITORS_ASK_NS) {
			monitors->close_asked_ns = now;
			view_set_notice(view, "close again to leave; the VM goes on");
			return;
		}
		break;
	case WINDOW_CLOSE_POWERDOWN:
		r = guest_power(monitors->guest, GUEST_POWER_DOWN);
		if (r >= 0) {
			view_set_notice(view, "shutting down");
			return; /* monitors_handle_power_done */
		}
		if (r == -EALREADY) {
			return;
		}
		log_warning("the VM cannot be shut down from here (%s); it goes on",
			r == -ENOTSUP ? "that takes --qmp" : strerror(-r));
		break;
	}
	monitors->listener->leave(monitors->data);
}

void
monitors_handle_close(struct monitors *monitors, struct view *view)
{
	struct monitor *monitor = find(monitors, view);
	bool is_last = true;

	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		const struct view *other = monitors->views->views[i];

		if (other != view &&
			(view_is_shown(other) || monitors_wants_window(monitors, other))) {
			is_last = false;
		}
	}
	if (is_last) {
		close_last(monitors, view);
		return;
	}
	if (monitor != NULL) {
		monitor_unplug(monitor);
	} else {
		view_hide(view);
	}
	monitors_tell(monitors);
	monitors_save_later(monitors);
	monitors->listener->changed(monitors->data);
}

bool
monitors_wants_window(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = find(monitors, view);

	if (monitor == NULL) {
		return view_is_on(view);
	}
	return !monitor->closed && !monitor->lost_output &&
	       (monitor->asked_ns != 0 || view_is_on(view));
}

bool
monitors_may_stand_in(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = find(monitors, view);

	return monitor == NULL || (!monitor->closed && !monitor->lost_output);
}

uint64_t
monitors_asked_ns(const struct monitors *monitors, const struct view *view)
{
	const struct monitor *monitor = find(monitors, view);

	return monitor != NULL ? monitor->asked_ns : 0;
}
