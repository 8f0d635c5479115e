#include "window-private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "display-private.h"
#include "toplevel.h"

static void
window_enter(struct window *window, enum window_state next)
{
	/* Each state once, in order: a window that was mapped stays so. */
	assert(next == window->state + 1);
	window->state = next;
}

static void
handle_frame_done(void *data)
{
	struct window *window = data;

	/* The event's own time is in milliseconds of an unnamed clock. */
	window->sink.listener->frame_done(window->sink.data, clock_now_ns());
}

static void
handle_laid_out(void *data)
{
	struct window *window = data;
	const struct geometry *geometry = &window->stage.geometry;
	struct cursor_scale scale;

	/* Padding included: it is compared as bytes. */
	memset(&scale, 0, sizeof(scale));
	scale.scale_120 = geometry->scale_120;
	scale.exact = geometry->exact;
	if (!geometry->exact) {
		scale.fit_width = geometry->fit.width;
		scale.shown_width = geometry->shown_width;
	}
	guest_cursor_set_scale(&window->cursor, window->display, &scale);
}

/* After each commit with a new layout. */
static void
notice_room(struct window *window)
{
	struct window_room room;

	window_choose_enlargement(window);
	seat_handle_layout(window->display, window);
	window_measure_room(window, &room);
	if (memcmp(&room, &window->told_room, sizeof(room)) != 0) {
		window_report_later(window);
	}
	/* Where its hotspot is, and whether the pointer is over the picture or a bar. */
	window_refresh_cursor(window);
}

void
window_relayout(struct window *window)
{
	if (window->state != WINDOW_MAPPED) {
		return;
	}
	window->relayout_due = window->display->blocked;
	if (!window->relayout_due) {
		stage_relayout(&window->stage);
		notice_room(window);
	}
}

static void
handle_committed(void *data, uint64_t time_ns)
{
	struct window *window = data;

	window->sink.listener->committed(window->sink.data, time_ns);
}

static void
handle_presented(void *data, const struct presentation_info *info)
{
	struct window *window = data;

	window->sink.listener->presented(window->sink.data, info);
}

static void
handle_configure(void *data, const struct toplevel_configure *configure)
{
	struct window *window = data;

	window_note_states(window, configure);
	window->suspended = configure->suspended;
	window_report_later(window);
	window_measure(window);
	window_insist_on_fullscreen(window, configure);
	sight_set_suspended(&window->stage.sight, configure->suspended);
	stage_configure(&window->stage, configure->width, configure->height, configure->fixed);
	if (window->state == WINDOW_CONFIGURING) {
		window_enter(window, WINDOW_MAPPED);
		sight_set_mapped(&window->stage.sight);
		window_activate(window);
	}
	notice_room(window);
	/* Whether it has the focus. */
	display_notify_later(window->display);
}

static void
handle_close(void *data)
{
	struct window *window = data;

	window->close_due = true;
	display_notify_later(window->display);
}

static void
handle_commit(void *data)
{
	struct window *window = data;

	wl_surface_commit(window->stage.base.surface);
}

static const struct toplevel_listener toplevel_listener = {
	.configure = handle_configure,
	.close = handle_close,
	.commit = handle_commit,
};

/* With the first frame: libdecor asks for a size at once, which needs a picture to answer. */
static void
open_toplevel(struct window *window)
{
	int r = toplevel_create(window->display, window->stage.base.surface, window->title,
		window->app_id, &toplevel_listener, window, &window->toplevel);

	if (r < 0) {
		log_error("can not open the window '%s': %s: it stays away", window->title,
			strerror(-r));
		return;
	}
	window->stage.toplevel = window->toplevel;
	window_enter(window, WINDOW_CONFIGURING);
	if (window->opens_maximized) {
		toplevel_maximize(window->toplevel);
	}
	window_apply_fullscreen(window);
	toplevel_start(window->toplevel);
}

void
window_show_frame(struct window *window)
{
	if (window->state == WINDOW_EMPTY) {
		open_toplevel(window);
	} else if (window->state == WINDOW_MAPPED && !window->display->blocked) {
		if (stage_commit(&window->stage)) {
			notice_room(window);
		}
		/* Before all else: what follows in this turn of the loop can wait, a frame not. */
		display_send(window->display);
	}
}

void
window_unblock_all(struct display *display)
{
	struct window *window;

	wl_list_for_each(window, &display->windows, link)
	{
		if (window->relayout_due) {
			window_relayout(window);
		} else if (window->state == WINDOW_MAPPED && window->stage.next != NULL &&
			   stage_commit(&window->stage)) {
			notice_room(window);
		} else {
			picture_cursor_update(&window->stage.cursor);
		}
	}
}

void
window_report_later(struct window *window)
{
	window->report_due = true;
	display_notify_later(window->display);
}

static void
handle_sight_changed(void *data)
{
	struct window *window = data;

	display_notify_later(window->display);
}

/* Tells one thing; returns false when there was none. The window may be gone afterwards. */
static bool
tell_one(struct window *window)
{
	const struct window_listener *listener = window->listener;
	uint32_t refresh_mhz = window_current_refresh(window);
	bool visible = sight_is_visible(&window->stage.sight);
	struct window_room room;

	window_measure_room(window, &room);
	if (refresh_mhz != window->told_refresh_mhz) {
		window->told_refresh_mhz = refresh_mhz;
		listener->refresh(window->data, window->told_refresh_mhz);
	} else if (visible != window->told_visible) {
		window->told_visible = visible;
		listener->sink.visible(window->data, visible);
	} else if (window->suspended != window->told_suspended) {
		window_tell_suspended(window);
	} else if (window_has_focus(window) != window->told_focused) {
		window_tell_focus(window);
	} else if (shortcuts_state(&window->shortcuts) != window->told_shortcuts) {
		window_tell_shortcuts(window);
	} else if (window->lock.active != window->told_locked) {
		window->told_locked = window->lock.active;
		listener->pointer_locked(window->data, window->told_locked);
	} else if (memcmp(&room, &window->told_room, sizeof(room)) != 0) {
		window->told_room = room;
		listener->room(window->data, &room);
	} else if (window->formats_due) {
		window->formats_due = false;
		listener->sink.formats_changed(window->data);
	} else if (window->report_due) {
		window->report_due = false;
		listener->report_changed(window->data);
	} else if (window->close_due) {
		window->close_due = false;
		listener->close(window->data);
	} else {
		return false;
	}
	return true;
}

void
window_tell_all(struct display *display)
{
	struct window *window;
	bool again;

	/* From the start after each: what is told may create and destroy any window. */
	do {
		again = false;
		wl_list_for_each(window, &display->windows, link)
		{
			if (tell_one(window)) {
				again = true;
				break;
			}
		}
	} while (again);
}

struct window *
window_find(struct display *display, struct wl_surface *surface)
{
	struct window *window;

	wl_list_for_each(window, &display->windows, link)
	{
		if (window->stage.base.surface == surface) {
			return window;
		}
	}
	return NULL;
}

static int
set_up(struct window *window)
{
	int r = stage_init(
		&window->stage, window->display, &window->cursor, handle_sight_changed, window);

	if (r < 0) {
		return r;
	}
	window->stage.frame_done = handle_frame_done;
	window->stage.laid_out = handle_laid_out;
	window->stage.committed = handle_committed;
	window->stage.data = window;
	timing_init(&window->stage.timing, window->display, handle_presented, window);
	window_watch_outputs(window);
	window->feedback.changed = window_handle_feedback_changed;
	window->feedback.data = window;
	feedback_init(&window->feedback, window->display, window->stage.base.surface);
	return 0;
}

int
window_create(struct display *display, const char *title, const char *app_id,
	const struct window_listener *listener, void *data, struct window **ret_window)
{
	struct window *window = calloc(1, sizeof(*window));
	int r;

	if (window == NULL) {
		return -ENOMEM;
	}
	window->sink = (struct sink){ &window_sink_ops, &listener->sink, data };
	window->display = display;
	window->listener = listener;
	window->data = data;
	text_copy(window->title, sizeof(window->title), title);
	text_copy(window->app_id, sizeof(window->app_id), app_id);
	wl_list_insert(&display->windows, &window->link);
	shortcuts_init(&window->shortcuts, window);
	pointer_warp_init(&window->warp, window);
	r = set_up(window);
	if (r < 0) {
		window_destroy(window);
		return r;
	}
	*ret_window = window;
	return 0;
}

void
window_destroy(struct window *window)
{
	if (window == NULL) {
		return;
	}
	seat_forget_window(window->display, window);
	wl_list_remove(&window->link);
	window_set_awake(window, false);
	surface_scale_finish(&window->scale);
	pointer_lock_finish(&window->lock);
	pointer_warp_finish(&window->warp);
	shortcuts_finish(&window->shortcuts);
	feedback_finish(&window->feedback);
	format_set_finish(&window->refused);
	toplevel_destroy(window->toplevel);
	stage_finish(&window->stage);
	guest_cursor_finish(&window->cursor);
	free(window);
}

struct sink *
window_sink(struct window *window)
{
	return &window->sink;
}

void
window_set_measuring(struct window *window, bool measuring)
{
	window->stage.timing.every = measuring;
}

struct window_counts
window_counts(const struct window *window)
{
	return (struct window_counts){ window->stage.n_commits, window->stage.n_superseded };
}

void
window_set_title(struct window *window, const char *title)
{
	char text[WINDOW_TITLE_SIZE];

	text_copy(text, sizeof(text), title);
	if (strcmp(text, window->title) == 0) {
		return;
	}
	strcpy(window->title, text);
	if (window->toplevel != NULL) {
		toplevel_set_title(window->toplevel, window->title);
	}
}

int
window_set_cursor(struct window *window, const struct cursor_image *image)
{
	int r;

	/* What cannot be sent piles up in libwayland. */
	if (window->display->blocked) {
		return -EAGAIN;
	}
	r = guest_cursor_set(&window->cursor, window->display, image);
	window_refresh_cursor(window);
	return r;
}

void
window_set_cursor_apart(struct window *window, bool apart)
{
	window->cursor_apart = apart;
	window_refresh_cursor(window);
}

void
window_reset_cursor(struct window *window)
{
	window->cursor_apart = false;
	guest_cursor_forget(&window->cursor);
	picture_cursor_forget(&window->stage.cursor);
	window_refresh_cursor(window);
}

void
window_set_cursor_position(struct window *window, int32_t gx, int32_t gy)
{
	picture_cursor_move(&window->stage.cursor, gx, gy);
}

void
window_refresh_cursor(struct window *window)
{
	seat_refresh_cursors(window->display, window);
	picture_cursor_set_active(
		&window->stage.cursor, window->lock.active || window->cursor_apart);
}
