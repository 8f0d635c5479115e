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
#include "wayland-buffer.h"

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

/* After each commit that may have changed the layout. */
static void
notice_size(struct window *window)
{
	const struct geometry *geometry = &window->stage.geometry;

	if (geometry->width != window->told_width || geometry->height != window->told_height) {
		display_notify_later(window->display);
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

	window->fullscreen = configure->fullscreen;
	sight_set_suspended(&window->stage.sight, configure->suspended);
	stage_configure(&window->stage, configure->width, configure->height, configure->fixed);
	if (window->state == WINDOW_CONFIGURING) {
		window_enter(window, WINDOW_MAPPED);
		sight_set_mapped(&window->stage.sight);
	}
	seat_refresh_cursors(window->display, window);
	notice_size(window);
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

const struct feedback_state *
window_feedback(const struct window *window)
{
	return window->feedback.proxy != NULL ? &window->feedback.state
					      : &window->display->feedback.state;
}

static bool
sink_takes(struct sink *sink, enum buffer_kind kind, uint32_t fourcc, uint64_t modifier)
{
	struct window *window = (struct window *)sink;

	if (kind == BUFFER_MEMORY) {
		return wayland_buffer_takes_memory(window->display, fourcc, modifier);
	}
	if (format_set_contains(&window_feedback(window)->allowed, fourcc, modifier)) {
		return true;
	}
	if (window->refused.n_pairs == WINDOW_MAX_REFUSED ||
		format_set_add(&window->refused, fourcc, modifier) < 0) {
		window->import_refused = true;
	}
	return false;
}

static uint32_t
sink_list_modifiers(struct sink *sink, uint32_t fourcc, uint64_t *ret_modifiers, uint32_t max)
{
	struct window *window = (struct window *)sink;

	return format_set_list_modifiers(
		&window_feedback(window)->allowed, fourcc, ret_modifiers, max);
}

static dev_t
sink_device(struct sink *sink)
{
	struct window *window = (struct window *)sink;

	return window_feedback(window)->main_device;
}

static int
sink_import(struct sink *sink, const struct buffer_layout *layout,
	const struct host_buffer_listener *listener, void *data, struct host_buffer **ret_host)
{
	struct window *window = (struct window *)sink;
	struct wayland_buffer *buffer;
	int r = wayland_buffer_create(window->display, sink, layout, listener, data, &buffer);

	if (r < 0) {
		return r;
	}
	*ret_host = &buffer->base;
	return 0;
}

static void
sink_drop(struct sink *sink, struct host_buffer *host)
{
	wayland_buffer_drop((struct wayland_buffer *)host);
}

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
	toplevel_start(window->toplevel);
}

static void
sink_present(struct sink *sink, struct host_buffer *host, const struct frame *frame)
{
	struct window *window = (struct window *)sink;
	struct wayland_buffer *buffer = (struct wayland_buffer *)host;

	assert(buffer->state == WAYLAND_BUFFER_READY);
	stage_queue(&window->stage, buffer, frame);
	if (window->state == WINDOW_EMPTY) {
		open_toplevel(window);
	} else if (window->state == WINDOW_MAPPED && !window->display->blocked) {
		stage_commit(&window->stage);
		notice_size(window);
		/* Before all else: what follows in this turn of the loop can wait, a frame not. */
		display_send(window->display);
	}
}

static const struct sink_ops window_sink_ops = {
	.name = "window",
	.takes = sink_takes,
	.list_modifiers = sink_list_modifiers,
	.device = sink_device,
	.import = sink_import,
	.drop = sink_drop,
	.present = sink_present,
};

void
window_unblock_all(struct display *display)
{
	struct window *window;

	wl_list_for_each(window, &display->windows, link)
	{
		if (window->state == WINDOW_MAPPED && window->stage.next != NULL) {
			stage_commit(&window->stage);
			notice_size(window);
		}
	}
}

static void
handle_sight_changed(void *data)
{
	struct window *window = data;

	display_notify_later(window->display);
}

void
window_note_refusal(struct window *window)
{
	window->import_refused = true;
}

static bool
takes_what_was_refused(const struct window *window)
{
	const struct format_set *refused = &window->refused;

	for (size_t i = 0; i < refused->n_pairs; i++) {
		if (format_set_contains(&window_feedback(window)->allowed, refused->pairs[i].fourcc,
			    refused->pairs[i].modifier)) {
			return true;
		}
	}
	return window->import_refused;
}

/*
 * Compositors announce other pairs whenever a window becomes, or no longer is, one to scan out.
 * What they have imported stays valid: only an answer that was no is worth a second try.
 */
static void
handle_formats_changed(void *data)
{
	struct window *window = data;

	if (takes_what_was_refused(window)) {
		format_set_clear(&window->refused);
		window->import_refused = false;
		window->formats_due = true;
		display_notify_later(window->display);
	}
}

static uint32_t
current_refresh(const struct window *window)
{
	return window->n_outputs == 0 ? 0 : window->outputs[window->n_outputs - 1]->refresh_mhz;
}

/* Tells one thing; returns false when there was none. The window may be gone afterwards. */
static bool
tell_one(struct window *window)
{
	const struct window_listener *listener = window->listener;
	const struct geometry *geometry = &window->stage.geometry;
	bool visible = sight_is_visible(&window->stage.sight);

	if (current_refresh(window) != window->told_refresh_mhz) {
		window->told_refresh_mhz = current_refresh(window);
		listener->refresh(window->data, window->told_refresh_mhz);
	} else if (visible != window->told_visible) {
		window->told_visible = visible;
		listener->sink.visible(window->data, visible);
	} else if (window->lock.active != window->told_locked) {
		window->told_locked = window->lock.active;
		listener->pointer_locked(window->data, window->told_locked);
	} else if (geometry->width != window->told_width ||
		   geometry->height != window->told_height) {
		window->told_width = geometry->width;
		window->told_height = geometry->height;
		listener->resized(window->data, window->told_width, window->told_height);
	} else if (window->formats_due) {
		window->formats_due = false;
		listener->sink.formats_changed(window->data);
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

static void
handle_surface_enter(void *data, struct wl_surface *surface, struct wl_output *proxy)
{
	struct window *window = data;
	struct output *output = output_find(window->display, proxy);

	if (output == NULL) {
		return;
	}
	window_leave_output(window, output);
	if (window->n_outputs < WINDOW_MAX_OUTPUTS) {
		window->outputs[window->n_outputs++] = output;
	}
}

static void
handle_surface_leave(void *data, struct wl_surface *surface, struct wl_output *proxy)
{
	struct window *window = data;
	struct output *output = output_find(window->display, proxy);

	if (output != NULL) {
		window_leave_output(window, output);
	}
}

static void
handle_surface_preferred_buffer_scale(void *data, struct wl_surface *surface, int32_t factor)
{
}

static void
handle_surface_preferred_buffer_transform(
	void *data, struct wl_surface *surface, uint32_t transform)
{
}

static const struct wl_surface_listener surface_listener = {
	.enter = handle_surface_enter,
	.leave = handle_surface_leave,
	.preferred_buffer_scale = handle_surface_preferred_buffer_scale,
	.preferred_buffer_transform = handle_surface_preferred_buffer_transform,
};

void
window_leave_output(struct window *window, struct output *output)
{
	uint32_t n_kept = 0;

	for (uint32_t i = 0; i < window->n_outputs; i++) {
		if (window->outputs[i] != output) {
			window->outputs[n_kept++] = window->outputs[i];
		}
	}
	window->n_outputs = n_kept;
	display_notify_later(window->display);
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

void
window_input(struct window *window, const struct input_event *event)
{
	window->listener->input(window->data, event);
}

void
window_enter_keyboard(struct window *window)
{
	if (window->n_keyboards++ == 0) {
		window->listener->focus(window->data, true);
	}
}

/* Told for each: what this keyboard held would stay down while another one has the focus. */
void
window_leave_keyboard(struct window *window)
{
	window->n_keyboards--;
	window->listener->focus(window->data, false);
}

static int
set_up(struct window *window)
{
	int r = stage_init(&window->stage, window->display, handle_sight_changed, window);

	if (r < 0) {
		return r;
	}
	window->stage.frame_done = handle_frame_done;
	window->stage.committed = handle_committed;
	window->stage.data = window;
	timing_init(&window->stage.timing, window->display, handle_presented, window);
	wl_surface_add_listener(window->stage.base.surface, &surface_listener, window);
	window->feedback.changed = handle_formats_changed;
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
	pointer_lock_finish(&window->lock);
	guest_cursor_finish(&window->cursor);
	feedback_finish(&window->feedback);
	format_set_finish(&window->refused);
	toplevel_destroy(window->toplevel);
	stage_finish(&window->stage);
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
	text_copy(window->title, sizeof(window->title), title);
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
	seat_refresh_cursors(window->display, window);
	return r;
}

bool
window_overlay_room(
	const struct window *window, int32_t *ret_width, int32_t *ret_height, uint32_t *ret_scale)
{
	const struct geometry *geometry = &window->stage.geometry;

	if (window->state != WINDOW_MAPPED) {
		return false;
	}
	*ret_width = geometry->width - 2 * OVERLAY_MARGIN;
	*ret_height = geometry->height - 2 * OVERLAY_MARGIN;
	*ret_scale = window->n_outputs == 0 ? 1 : window->outputs[window->n_outputs - 1]->scale;
	return *ret_width > 0 && *ret_height > 0;
}

int
window_set_overlay(struct window *window, const struct overlay_image *image)
{
	struct stage *stage = &window->stage;
	int32_t width, height;
	uint32_t scale;

	if (image == NULL) {
		overlay_finish(&stage->overlay);
		return 0;
	}
	if (window->display->blocked || !window_overlay_room(window, &width, &height, &scale) ||
		image->width / image->scale > (uint32_t)width ||
		image->height / image->scale > (uint32_t)height) {
		return -EAGAIN;
	}
	return overlay_set(&stage->overlay, window->display, stage->base.surface, image);
}

int
window_lock_pointer(struct window *window)
{
	return pointer_lock_request(&window->lock, window);
}

void
window_unlock_pointer(struct window *window)
{
	pointer_lock_finish(&window->lock);
	display_notify_later(window->display);
}
