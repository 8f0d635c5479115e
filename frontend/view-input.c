#include "view-private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

/* What the router of a view asks for: the guest's input, the window's grabs, and our own keys. */

#define VIEW_SAY_NS (4000 * NS_PER_MS)

static void
handle_router_event(void *data, const struct input_event *event)
{
	struct view *view = data;

	if (event->kind == INPUT_MOTION) {
		warp_note_motion(&view->warp, event->motion.gx, event->motion.gy, clock_now_ns());
	}
	guest_input(view->context->guest, view->head, event);
}

static int
handle_router_lock_pointer(void *data, bool lock)
{
	struct view *view = data;
	int r = 0;

	if (lock) {
		r = window_lock_pointer(view->window);
	} else {
		window_unlock_pointer(view->window);
	}
	if (r < 0) {
		log_limited_here(LOG_LEVEL_WARNING,
			"the guest wants relative motion, but the pointer cannot be locked: %s",
			r == -ENOTSUP ? "the compositor has no pointer constraints" : strerror(-r));
	}
	return r;
}

void
view_hide_stats(struct view *view)
{
	if (view->stats_overlay != NULL) {
		stats_overlay_destroy(view->stats_overlay);
		view->stats_overlay = NULL;
		view_set_measuring(view, false);
	}
}

void
view_show_stats(struct view *view)
{
	int r = view_set_measuring(view, true);

	if (r >= 0) {
		r = stats_overlay_create(view->context->event, view->context->text, view->window,
			view, &view->stats_overlay);
		if (r < 0) {
			view_set_measuring(view, false);
		}
	}
	if (r < 0) {
		log_warning("cannot show statistics: %s", strerror(-r));
	}
}

static void
toggle_stats(struct view *view)
{
	view->stats_wanted = view->stats_overlay == NULL;
	if (view->stats_wanted) {
		view_show_stats(view);
	} else {
		view_hide_stats(view);
	}
}

static void
handle_snapshot_done(void *data, const char *trouble, const char *path)
{
	struct view *view = data;
	const char *slash = strrchr(path, '/');
	char text[VIEW_PASSING_SIZE];

	if (trouble != NULL) {
		log_error("cannot save a picture of console %u%s%s: %s", view->head->console,
			path[0] != '\0' ? " as " : "", path, trouble);
		snprintf(text, sizeof(text), "no picture saved: %s", trouble);
	} else {
		log_info("saved %s", path);
		snprintf(text, sizeof(text), "saved %s", slash != NULL ? slash + 1 : path);
	}
	view_say(view, text, VIEW_SAY_NS);
	snapshot_destroy(view->snapshot);
	view->snapshot = NULL;
}

static void
take_snapshot(struct view *view)
{
	struct fetch_means means = *view->context->means;
	int r;

	if (!view_is_on(view)) {
		view_say(view, "no picture saved: the monitor is off", VIEW_SAY_NS);
		return;
	}
	means.device = view_device(view);
	if (view->snapshot != NULL) {
		return; /* a key that is pressed faster than files are written */
	}
	r = snapshot_create(view->context->event, &means, &view->scanout, view->vm_name,
		view->head->console, handle_snapshot_done, view, &view->snapshot);
	if (r < 0) {
		log_error("cannot save a picture: %s", strerror(-r));
	}
}

static void
handle_router_inhibit_shortcuts(void *data, bool inhibit)
{
	struct view *view = data;

	window_inhibit_shortcuts(view->window, inhibit);
}

static void
handle_router_action(void *data, const struct hotkey *hotkey)
{
	struct view *view = data;

	if (hotkey->action == HOTKEY_STATISTICS) {
		toggle_stats(view);
	} else if (hotkey->action == HOTKEY_SCREENSHOT) {
		take_snapshot(view);
	} else {
		view->context->listener->action(view->context->data, view, hotkey);
	}
}

static void
handle_router_hint_changed(void *data)
{
	view_refresh_title(data);
}

const struct router_listener view_router_listener = {
	.event = handle_router_event,
	.lock_pointer = handle_router_lock_pointer,
	.inhibit_shortcuts = handle_router_inhibit_shortcuts,
	.action = handle_router_action,
	.hint_changed = handle_router_hint_changed,
};
