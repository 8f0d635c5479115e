#include "monitors-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

#define OUTPUT_NAMES_SIZE 512

/* Which of the host's monitors are covered by which of the guest's. */

static void
cover(struct monitor *monitor, const struct display_output *output)
{
	uint32_t id = output != NULL ? output->id : 0;
	bool same = monitor->placed && monitor->output == id && !monitor->lost_output;
	bool was_lost = monitor->lost_output;

	if (same || monitor->own_way) {
		return;
	}
	monitor->lost_output = false;
	monitor->placed = true;
	monitor->fullscreen = true;
	monitor->output = id;
	monitor->has_home = output != NULL;
	if (output != NULL) {
		monitor->home = output->identity;
	}
	if (was_lost) {
		monitor_plug(monitor); /* in the size of what it covers */
	}
	monitor_apply(monitor);
}

/* One that is to be there, in the size of what it covers. */
static void
plug_and_cover(
	struct monitors *monitors, struct monitor *monitor, const struct display_output *output)
{
	cover(monitor, output);
	if (monitors->synced && !monitor_is_shown(monitor)) {
		monitor_plug(monitor);
	}
}

static uint32_t
count_others(const struct monitors *monitors, const struct monitor *monitor)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		n += &monitors->monitors[i] != monitor && monitor_is_shown(&monitors->monitors[i]);
	}
	return n;
}

/* What it was to cover is not there: until it comes back, the guest has a monitor less. */
static void
lose(struct monitors *monitors, struct monitor *monitor)
{
	if (monitor->lost_output || !monitor->placed || count_others(monitors, monitor) == 0) {
		return;
	}
	monitor_unplug(monitor);
	monitor->closed = false;
	monitor->own_way = false;
	monitor->lost_output = true;
}

static void
complain(struct monitors *monitors, const char *what)
{
	char names[OUTPUT_NAMES_SIZE] = "";
	size_t length = 0;

	if (monitors->complained) {
		return;
	}
	monitors->complained = true;
	for (uint32_t i = 0; i < monitors->n_outputs && length < sizeof(names); i++) {
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
			i > 0 ? ", " : "", monitors->outputs[i].identity.name);
	}
	log_error("%s: the host has no such monitor; it has: %s", what, names);
}

static const struct display_output *
find_named(struct monitors *monitors, const char *name)
{
	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		if (strcmp(monitors->outputs[i].identity.name, name) == 0) {
			return &monitors->outputs[i];
		}
	}
	return NULL;
}

static void
place_mapping(struct monitors *monitors)
{
	const struct monitor_mapping *mapping = &monitors->options->mapping;
	struct monitor_mapping_output outputs[DISPLAY_MAX_OUTPUTS];

	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		outputs[i] = (struct monitor_mapping_output){
			.name = monitors->outputs[i].identity.name,
			.x = monitors->outputs[i].logical.x,
			.y = monitors->outputs[i].logical.y,
		};
	}
	for (uint32_t i = 0; i < mapping->n_pairs; i++) {
		uint32_t head = mapping->pairs[i].head;
		struct monitor *monitor = monitors_at(monitors, head);
		int32_t at = monitor_mapping_find(mapping, head, outputs, monitors->n_outputs);

		if (monitor == NULL || monitor->closed) {
			continue;
		}
		if (at < 0) {
			complain(monitors, "--monitor-mapping");
			lose(monitors, monitor);
			continue;
		}
		plug_and_cover(monitors, monitor, &monitors->outputs[at]);
	}
}

static void
place_all(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		struct monitor *monitor = monitors_at(monitors, i);

		if (monitor == NULL || monitor->closed) {
			continue;
		}
		if (i >= monitors->n_outputs) {
			lose(monitors, monitor);
			continue;
		}
		plug_and_cover(monitors, monitor, &monitors->outputs[i]);
	}
}

/* Where it is covered, or is about to be. */
static bool
is_taken(const struct monitors *monitors, const struct display_output *output)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *monitor = &monitors->monitors[i];

		/* Also one whose window is not on full screen yet. */
		if ((monitor->fullscreen || monitor->placed) && monitor_is_shown(monitor) &&
			(monitor->output == output->id ||
				view_room(monitor->view)->output == output->id)) {
			return true;
		}
	}
	return false;
}

static const struct display_output *
find_free(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		if (!is_taken(monitors, &monitors->outputs[i])) {
			return &monitors->outputs[i];
		}
	}
	return NULL;
}

static void
list_names(const struct monitors *monitors, struct output_name names[static DISPLAY_MAX_OUTPUTS])
{
	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		names[i] = monitors->outputs[i].identity;
	}
}

/* What it covered is gone, or came back as another one. */
static bool
is_displaced(const struct monitor *monitor)
{
	return monitor->has_home &&
	       monitors_find_output(monitor->monitors, monitor->output) == NULL;
}

/* It is for the desktop to say, which has not yet: there may be others of that kind. */
static bool
is_nowhere_yet(const struct monitor *monitor)
{
	return !monitor->has_home && view_room(monitor->view)->output == 0;
}

/* Where it was, if that is back; NULL: it is not. */
static const struct display_output *
find_home(const struct monitors *monitors, const struct monitor *monitor)
{
	struct output_name present[DISPLAY_MAX_OUTPUTS];
	int32_t at;

	list_names(monitors, present);
	at = is_displaced(monitor)
		     ? layout_find_output(&monitor->home, present, monitors->n_outputs)
		     : -1;
	return at >= 0 ? &monitors->outputs[at] : NULL;
}

/* NULL: none, or wherever the desktop puts it. Several windows would cover each other there. */
static const struct display_output *
choose_for_shown(struct monitors *monitors, const struct monitor *monitor, uint32_t n_shown)
{
	const struct display_output *home = find_home(monitors, monitor);

	if (home != NULL && !is_taken(monitors, home)) {
		return home;
	}
	return n_shown > 1 ? find_free(monitors) : NULL;
}

static void
place_shown(struct monitors *monitors)
{
	uint32_t n_shown = 0;

	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		struct monitor *monitor = monitors_at(monitors, i);

		n_shown += monitor != NULL && monitor_is_shown(monitor);
	}
	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		struct monitor *monitor = monitors_at(monitors, i);
		const struct display_output *output;

		if (monitor == NULL || !monitor_is_shown(monitor) ||
			(monitor->placed && !is_displaced(monitor) &&
				(n_shown == 1 || !is_nowhere_yet(monitor)))) {
			continue;
		}
		output = choose_for_shown(monitors, monitor, n_shown);
		if (n_shown == 1 || output != NULL) {
			cover(monitor, output);
		}
	}
}

static void
place_first(struct monitors *monitors)
{
	const struct display_output *output =
		find_named(monitors, monitors->options->fullscreen_output);
	struct monitor *monitor = monitors_at(monitors, 0);

	if (output == NULL) {
		complain(monitors, "--full-screen");
	} else if (monitor != NULL && !monitor->closed) {
		cover(monitor, output);
	}
}

/* Those that were on full screen when the VM was last shown. */
static void
place_home(struct monitors *monitors)
{
	struct output_name present[DISPLAY_MAX_OUTPUTS];
	struct layout homes = { .n_heads = monitors->n_monitors };
	int32_t at[GUEST_MAX_HEADS];

	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *monitor = &monitors->monitors[i];

		homes.heads[i].has_output = monitor->placed && monitor->has_home;
		homes.heads[i].output = monitor->home;
	}
	list_names(monitors, present);
	/* Of two monitors that look alike each gets its own. */
	layout_assign_outputs(&homes, present, monitors->n_outputs, at);
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct monitor *monitor = &monitors->monitors[i];

		if (at[i] >= 0 && monitors->outputs[at[i]].id != monitor->output) {
			cover(monitor, &monitors->outputs[at[i]]);
		} else if (at[i] < 0 && homes.heads[i].has_output) {
			monitor->output = 0; /* where the desktop moves it */
		}
	}
}

/* Not another one of its kind: these often come in pairs. */
static bool
home_is_there(const struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;

	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		if (layout_is_same_output(&monitors->outputs[i].identity, &monitor->home)) {
			return true;
		}
	}
	return false;
}

void
monitor_note_home(struct monitor *monitor)
{
	struct monitors *monitors = monitor->monitors;
	const struct display_output *output =
		monitors_find_output(monitors, view_room(monitor->view)->output);

	if (!monitor->own_way || !monitor->fullscreen || output == NULL) {
		return;
	}
	/* Off a monitor that is unplugged it was not the user who moved it. */
	if (!monitor->has_home || home_is_there(monitor)) {
		monitor->has_home = true;
		monitor->home = output->identity;
	}
}

void
monitors_place_own_ways(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct monitor *monitor = &monitors->monitors[i];
		const struct display_output *home;

		if (!monitor->own_way || !monitor->fullscreen || monitor->view == NULL ||
			view_is_shown(monitor->view)) {
			continue;
		}
		home = find_home(monitors, monitor);
		if (home != NULL) {
			monitor->output = home->id;
			monitor_apply(monitor);
		}
	}
}

void
monitors_forget_outputs(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		monitors->monitors[i].output = 0;
		monitor_apply(&monitors->monitors[i]);
	}
}

void
monitors_place(struct monitors *monitors)
{
	if (monitors->n_outputs == 0) {
		return;
	}
	monitors_place_own_ways(monitors);
	if (monitors->options->mapping.n_pairs > 0) {
		place_mapping(monitors);
		return;
	}
	switch (monitors->options->fullscreen) {
	case FULLSCREEN_NONE:
		place_home(monitors);
		break;
	case FULLSCREEN_SHOWN:
		place_shown(monitors);
		break;
	case FULLSCREEN_OUTPUT:
		place_first(monitors);
		break;
	case FULLSCREEN_ALL:
		place_all(monitors);
		break;
	}
}
