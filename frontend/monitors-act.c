#include "monitors-private.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* What the user does to a window: our keys, and closing it. */

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

/* Without it, too, there is something to be seen. */
static bool
has_others(const struct monitors *monitors, const struct monitor *monitor)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *other = &monitors->monitors[i];

		if (other != monitor && monitor_is_shown(other) && !view_is_blank(other->view)) {
			return true;
		}
	}
	return false;
}

static void
toggle_monitor(struct monitors *monitors, struct monitor *monitor)
{
	if (!monitor_is_shown(monitor)) {
		/* In the size of what it covers. */
		monitors_place_homes(monitors);
		monitor_plug(monitor);
	} else if (has_others(monitors, monitor)) {
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
monitors_handle_action(struct monitors *monitors, struct view *view, const struct hotkey *hotkey)
{
	struct monitor *monitor = hotkey->action == HOTKEY_MONITOR
					  ? monitors_at(monitors, hotkey->number - 1)
					  : monitors_find(monitors, view);

	if (monitor == NULL) {
		return;
	}
	switch (hotkey->action) {
	case HOTKEY_FULL_SCREEN:
		toggle_fullscreen(monitor);
		break;
	case HOTKEY_ZOOM_RESET:
		zoom(monitor, 0);
		break;
	case HOTKEY_ZOOM_IN:
		zoom(monitor, MONITORS_ZOOM_STEP);
		break;
	case HOTKEY_ZOOM_OUT:
		zoom(monitor, -MONITORS_ZOOM_STEP);
		break;
	case HOTKEY_MONITOR:
		toggle_monitor(monitors, monitor);
		break;
	default:
		break; /* others' */
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
			view_say(view, "close again to leave; the VM goes on", MONITORS_ASK_NS);
			return;
		}
		break;
	case WINDOW_CLOSE_POWERDOWN:
		r = guest_power(monitors->guest, GUEST_POWER_DOWN);
		if (r >= 0) {
			view_set_notice(view, "shutting down");
			monitors->powers_down = true;
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
	struct monitor *monitor = monitors_find(monitors, view);
	bool is_last = true;

	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		const struct view *other = monitors->views->views[i];

		/* A picture that cannot be shown leaves its window without any, unseen. */
		if (other != view && !view_is_blank(other) &&
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

void
monitors_handle_power_done(struct monitors *monitors, int error)
{
	/* Somebody else may have asked for it, through the control socket. */
	if (monitors->powers_down) {
		monitors->listener->leave(monitors->data);
	}
}
