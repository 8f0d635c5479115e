#include "monitors-private.h"

#include "base/clock.h"
#include "base/log.h"
#include "wayland/scale.h"

/* Which monitors are connected, and in which size they come up. */

_Static_assert(RESIZER_MAX_SIZE == HEAD_GEOMETRY_MAX_SIZE, "what nobody can be told");

static int32_t
zoomed_out(const struct monitor *monitor, int32_t pixels)
{
	int64_t zoom = monitor->zoom_percent != 0 ? monitor->zoom_percent : 100;
	int64_t size = (pixels * INT64_C(100) + zoom / 2) / zoom;

	return size < RESIZER_MAX_SIZE ? (int32_t)size : RESIZER_MAX_SIZE;
}

/* Of a monitor that has no window yet. */
static void
choose_size(struct monitor *monitor)
{
	const struct display_output *output = monitor_output(monitor);

	if (monitor->fullscreen && output != NULL) {
		monitor->width = zoomed_out(monitor, output->width_px);
		monitor->height = zoomed_out(monitor, output->height_px);
	} else if (monitor->floating_width > 0 && output != NULL) {
		monitor->width = zoomed_out(
			monitor, scale_to_pixels(monitor->floating_width, output->scale_120));
		monitor->height = zoomed_out(
			monitor, scale_to_pixels(monitor->floating_height, output->scale_120));
	} else {
		monitor->width = MONITORS_DEFAULT_WIDTH;
		monitor->height = MONITORS_DEFAULT_HEIGHT;
	}
	monitor->width =
		resizer_limit_width(monitor->width, monitor->monitors->options->even_width);
	monitor->height = resizer_limit_height(monitor->height);
	resizer_note_told(&monitor->resizer, monitor->width, monitor->height);
}

void
monitor_plug(struct monitor *monitor)
{
	monitor->closed = false;
	if (monitor->asked_ns == 0) {
		monitor->asked_ns = clock_now_ns();
	}
	if (!monitor->plugged || (monitor->view != NULL && !view_is_on(monitor->view))) {
		monitor->plugged = true;
		choose_size(monitor);
	}
}

void
monitor_unplug(struct monitor *monitor)
{
	monitor->plugged = false;
	monitor->closed = true;
	monitor->asked_ns = 0;
	monitor->width = monitor->height = 0;
	resizer_note_told(&monitor->resizer, 0, 0);
	if (monitor->view != NULL) {
		view_hide(monitor->view);
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

void
monitors_plug_asked(struct monitors *monitors)
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
monitor_plug_asked(struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;
	const struct layout_head *head =
		layout_find_head(&monitors->remembered, monitor->gpu, monitor->index);
	bool asked = monitors->options->plug_given ? is_named(monitors, monitor)
						   : head != NULL && head->plugged;

	if (asked && !monitor->plugged && !monitor->closed) {
		monitor_plug(monitor);
	}
}
