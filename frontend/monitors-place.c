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
	if (output != NULL) {
		monitor->has_home = true;
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

static void
list_names(const struct monitors *monitors, struct output_name names[static DISPLAY_MAX_OUTPUTS])
{
	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		names[i] = monitors->outputs[i].identity;
	}
}

/* NULL: it has none, or that is not there. */
static const struct display_output *
find_home(const struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;
	struct output_name present[DISPLAY_MAX_OUTPUTS];
	int32_t at;

	list_names(monitors, present);
	at = monitor->has_home ? layout_find_output(&monitor->home, present, monitors->n_outputs)
			       : -1;
	return at >= 0 ? &monitors->outputs[at] : NULL;
}

/* It covers that, or is about to: what it was asked to cover, unless the user has moved it off. */
static bool
is_on(const struct monitor *monitor, const struct display_output *output)
{
	const struct display_output *home = find_home(monitor);
	uint32_t where = monitor->view != NULL ? view_room(monitor->view)->output : 0;

	return where == output->id ||
	       (monitor->output == output->id && (home == NULL || home->id != where));
}

/* By another one. */
static bool
is_taken(const struct monitor *monitor, const struct display_output *output)
{
	const struct monitors *monitors = monitor->monitors;

	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		const struct monitor *other = &monitors->monitors[i];

		/* Also one whose window is not on full screen yet. */
		if (other != monitor && (other->fullscreen || other->placed) &&
			monitor_is_shown(other) && is_on(other, output)) {
			return true;
		}
	}
	return false;
}

static const struct display_output *
find_free(const struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;

	for (uint32_t i = 0; i < monitors->n_outputs; i++) {
		if (!is_taken(monitor, &monitors->outputs[i])) {
			return &monitors->outputs[i];
		}
	}
	return NULL;
}

/* At home, or, while that is not there, where the desktop has put it and no other is. */
static bool
is_settled(const struct monitor *monitor)
{
	const struct display_output *home = find_home(monitor);
	const struct display_output *output =
		monitors_find_output(monitor->monitors, view_room(monitor->view)->output);

	if (home != NULL) {
		return is_on(monitor, home);
	}
	return output != NULL && !is_taken(monitor, output);
}

/* NULL: none, or wherever the desktop puts it. Several windows would cover each other there. */
static const struct display_output *
choose_for_shown(const struct monitor *monitor, uint32_t n_shown)
{
	const struct display_output *home = find_home(monitor);

	if (home != NULL && !is_taken(monitor, home)) {
		return home;
	}
	return n_shown > 1 ? find_free(monitor) : NULL;
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
			(monitor->placed && is_settled(monitor))) {
			continue;
		}
		output = choose_for_shown(monitor, n_shown);
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

		if (at[i] >= 0 && !is_on(monitor, &monitors->outputs[at[i]])) {
			cover(monitor, &monitors->outputs[at[i]]);
		} else if (at[i] < 0 && homes.heads[i].has_output) {
			monitor->output = 0; /* where the desktop moves it */
		}
	}
}

void
monitor_note_home(struct monitor *monitor, const struct window_room *before)
{
	struct monitors *monitors = monitor->monitors;
	const struct display_output *output =
		monitors_find_output(monitors, view_room(monitor->view)->output);
	bool is_moved;

	if (before->width == 0) {
		monitor->seen_output = 0; /* it is another window */
	}
	if (!monitor->fullscreen || output == NULL) {
		return;
	}
	/* Off a monitor that is unplugged it was not the user who moved it. */
	is_moved = monitor->seen_output != output->id &&
		   monitors_find_output(monitors, monitor->seen_output) != NULL;
	monitor->seen_output = output->id;
	if (is_moved || !monitor->has_home) {
		monitor->has_home = true;
		monitor->home = output->identity;
	}
}

/* What the user has put on full screen, and has no window now, comes up there again. */
static void
place_own_ways(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct monitor *monitor = &monitors->monitors[i];
		const struct display_output *home;

		if (!monitor->own_way || !monitor->fullscreen || monitor->view == NULL ||
			view_is_shown(monitor->view)) {
			continue;
		}
		home = find_home(monitor);
		monitor->output = home != NULL ? home->id : 0;
		monitor_apply(monitor);
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
monitors_place_homes(struct monitors *monitors)
{
	if (monitors->n_outputs == 0) {
		return;
	}
	place_own_ways(monitors);
	if (monitors->options->mapping.n_pairs > 0) {
		return;
	}
	if (monitors->options->fullscreen == FULLSCREEN_NONE) {
		place_home(monitors);
	} else if (monitors->options->fullscreen == FULLSCREEN_SHOWN) {
		place_shown(monitors);
	}
}

void
monitors_place(struct monitors *monitors)
{
	if (monitors->n_outputs == 0) {
		return;
	}
	monitors_place_homes(monitors);
	if (monitors->options->mapping.n_pairs > 0) {
		place_mapping(monitors);
	} else if (monitors->options->fullscreen == FULLSCREEN_OUTPUT) {
		place_first(monitors);
	} else if (monitors->options->fullscreen == FULLSCREEN_ALL) {
		place_all(monitors);
	}
}
