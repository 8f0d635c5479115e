#include "monitors-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* What is remembered from one run to the next. */

/* The user's arrangement now; monitors that are not there at present keep theirs. */
static void
describe(const struct monitors *monitors, struct layout *ret_layout)
{
	struct layout *layout = ret_layout;

	*layout = (struct layout){ 0 };
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *monitor = &monitors->monitors[i];
		struct layout_head *head = &layout->heads[layout->n_heads++];
		const struct display_output *output = NULL;

		*head = (struct layout_head){
			.index = monitor->index,
			/* One that waits for its output is wanted all the same. */
			.plugged = monitor->plugged || monitor->lost_output,
			.maximized = monitor->maximized,
			.fullscreen = monitor->fullscreen,
			.width = monitor->floating_width,
			.height = monitor->floating_height,
			.zoom_percent = monitor->zoom_percent,
			.has_output = monitor->has_home,
			.output = monitor->home,
		};
		snprintf(head->gpu, sizeof(head->gpu), "%s", monitor->gpu);
		if (monitor->view != NULL) {
			output = monitors_find_output(monitors, view_room(monitor->view)->output);
		}
		/* On full screen its home counts: an unplugging may have driven it away. */
		if (output != NULL && !(monitor->fullscreen && monitor->has_home)) {
			head->has_output = true;
			head->output = output->identity;
		}
	}
}

static void
save(struct monitors *monitors)
{
	struct layout layout;

	describe(monitors, &layout);
	if (layout_file_save(monitors->layout_file, &layout) == -ENOMEM) {
		log_warning("no memory to save the layout; the one of before is kept");
	}
}

static void
handle_save_due(void *data)
{
	save(data);
}

void
monitors_open_layout(
	struct monitors *monitors, const struct guest_identity *identity, const char *qmp_path)
{
	if (layout_file_open(monitors->event, identity, qmp_path, &monitors->layout_file) < 0) {
		return; /* logged */
	}
	deadline_init(&monitors->save, monitors->deadlines, handle_save_due, monitors);
	if (layout_file_load(monitors->layout_file, &monitors->remembered) < 0) {
		monitors->remembered.n_heads = 0;
	}
}

void
monitors_close_layout(struct monitors *monitors)
{
	if (monitors->layout_file == NULL) {
		return;
	}
	if (monitors->save.at_ns != DEADLINE_NEVER) {
		save(monitors);
	}
	deadline_finish(&monitors->save);
	layout_file_close(monitors->layout_file);
	monitors->layout_file = NULL;
}

void
monitor_recall(struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;
	const struct layout_head *head =
		layout_find_head(&monitors->remembered, monitor->gpu, monitor->index);

	if (head == NULL) {
		return;
	}
	monitor->floating_width = head->width;
	monitor->floating_height = head->height;
	monitor->maximized = head->maximized;
	if (monitor->zoom_percent == 0) {
		monitor->zoom_percent = head->zoom_percent;
	}
	/* The command line says it anew, or it is as it was. */
	if (monitors->options->fullscreen == FULLSCREEN_NONE &&
		monitors->options->mapping.n_pairs == 0 && head->fullscreen) {
		monitor->fullscreen = true;
		monitor->placed = true;
		monitor->has_home = head->has_output;
		monitor->home = head->output;
	}
}

/* One that was plugged is there: the VM may have fewer monitors than it had. */
static bool
is_any_to_be_plugged(const struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *monitor = &monitors->monitors[i];
		const struct layout_head *head =
			layout_find_head(&monitors->remembered, monitor->gpu, monitor->index);

		if (monitor->view != NULL && head != NULL && head->plugged) {
			return true;
		}
	}
	return false;
}

void
monitors_recall_plugs(struct monitors *monitors)
{
	if (!is_any_to_be_plugged(monitors)) {
		return; /* a guest without any monitor is nothing to look at */
	}
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct monitor *monitor = &monitors->monitors[i];
		const struct layout_head *head =
			layout_find_head(&monitors->remembered, monitor->gpu, monitor->index);

		if (head == NULL || monitor->view == NULL) {
			continue;
		}
		if (head->plugged && !monitor->plugged) {
			monitor_plug(monitor);
		} else if (!head->plugged && monitor->plugged) {
			monitor_unplug(monitor);
		}
	}
}

void
monitors_save_later(struct monitors *monitors)
{
	if (monitors->layout_file != NULL) {
		deadline_set(&monitors->save, clock_now_ns() + MONITORS_SAVE_NS);
	}
}
