#include "view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "cursor-keeper.h"
#include "input/router.h"
#include "meter.h"
#include "off-message.h"
#include "stats-overlay.h"
#include "watch.h"
#include "wayland/window.h"

#define VIEW_APP_ID "vitrine"
#define VIEW_TITLE_SIZE 384

struct view {
	const struct view_context *context;
	struct guest_head *head;
	struct flow_head *flow;
	bool closed_by_user;
	bool stats_wanted;

	bool has_scanout;
	struct scanout scanout; /* its buffer is referenced */
	uint64_t off_since_ns;

	struct cursor_keeper cursor;
	enum pointer_mode pointer_mode;

	/* While shown. */
	struct window *window;
	struct picture *picture;
	struct off_message *off_message;     /* NULL: the picture, or the last one, is shown */
	struct stats_overlay *stats_overlay; /* NULL: not shown */
	int32_t window_width, window_height; /* logical; 0: not known yet */
	struct router *router;
	char *vm_name;
	const char *notice; /* static text, or NULL */
	bool locked;

	struct watch watch;
	struct meter meter;
};

static void
handle_answer(void *data, uint64_t serial)
{
	struct view *view = data;

	if (meter_is_on(&view->meter)) {
		stats_handle_answer(&view->meter.stats, clock_now_ns());
	}
	guest_update_done(view->context->guest, view->head, serial);
}

static struct watch_subject
watch_subject(const struct view *view)
{
	return (struct watch_subject){
		.console = view->head->console,
		.picture = view->picture,
		.window = view->window,
		.scanout = view_scanout(view),
		.forced = view->context->policy->forced != NULL,
	};
}

static void
tell_verdict(struct view *view, uint64_t now_ns)
{
	struct watch_subject subject = watch_subject(view);

	watch_tell(&view->watch, &subject, now_ns);
}

static void
handle_picture_committed(void *data)
{
	struct view *view = data;

	flow_head_committed(view->flow);
}

static void
handle_picture_skipped(void *data)
{
	struct view *view = data;

	stats_handle_skipped(&view->meter.stats);
	flow_head_skipped(view->flow);
}

static void
handle_picture_hopeless(void *data)
{
	struct view *view = data;

	view->context->listener->hopeless(view->context->data, view);
}

static const struct picture_listener picture_listener = {
	.committed = handle_picture_committed,
	.skipped = handle_picture_skipped,
	.hopeless = handle_picture_hopeless,
};

static void
handle_router_event(void *data, const struct input_event *event)
{
	struct view *view = data;

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
		log_warning("the guest wants relative motion, but the pointer cannot be locked: %s",
			r == -ENOTSUP ? "the compositor has no pointer constraints" : strerror(-r));
	}
	return r;
}

static void
hide_stats(struct view *view)
{
	if (view->stats_overlay != NULL) {
		stats_overlay_destroy(view->stats_overlay);
		view->stats_overlay = NULL;
		view_set_measuring(view, false);
	}
}

/* Without memory there is no overlay; its key can be pressed again. */
static void
show_stats(struct view *view)
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
handle_router_toggle_stats(void *data)
{
	struct view *view = data;

	view->stats_wanted = view->stats_overlay == NULL;
	if (view->stats_wanted) {
		show_stats(view);
	} else {
		hide_stats(view);
	}
}

static const struct router_listener router_listener = {
	.event = handle_router_event,
	.lock_pointer = handle_router_lock_pointer,
	.toggle_stats = handle_router_toggle_stats,
};

void
view_update_title(struct view *view)
{
	char title[VIEW_TITLE_SIZE];

	if (view->window == NULL) {
		return;
	}
	snprintf(title, sizeof(title), "%s — %s%s%s%s%s", view->vm_name, view->head->label,
		view->off_message != NULL ? " — off" : "", view->notice != NULL ? " — " : "",
		view->notice != NULL ? view->notice : "",
		view->locked ? " — press Ctrl+Alt+G to free the pointer" : "");
	window_set_title(view->window, title);
}

static void
handle_window_frame_done(void *data, uint64_t time_ns)
{
	struct view *view = data;

	flow_head_shown(view->flow);
	if (view->cursor.due) {
		cursor_keeper_apply(&view->cursor, view->window);
	}
	tell_verdict(view, time_ns);
}

static void
handle_window_presented(void *data, const struct presentation_info *info)
{
	struct view *view = data;

	if (meter_is_on(&view->meter)) {
		stats_handle_presented(&view->meter.stats, info);
	}
	watch_handle_presented(&view->watch, info);
	tell_verdict(view, clock_now_ns());
}

static void
handle_window_committed(void *data, uint64_t time_ns)
{
	struct view *view = data;

	stats_handle_commit(&view->meter.stats, time_ns);
}

static void
handle_window_visible(void *data, bool visible)
{
	struct view *view = data;

	flow_head_set_visible(view->flow, visible);
}

static void
handle_window_formats_changed(void *data)
{
	struct view *view = data;

	picture_retry(view->picture);
}

static void
handle_window_close(void *data)
{
	struct view *view = data;

	view->closed_by_user = true;
	view->context->listener->closed(view->context->data, view);
}

static void
handle_window_input(void *data, const struct input_event *event)
{
	struct view *view = data;

	router_handle_event(view->router, event);
}

static void
handle_window_focus(void *data, bool focused)
{
	struct view *view = data;

	router_set_focus(view->router, focused);
}

static void
handle_window_pointer_locked(void *data, bool locked)
{
	struct view *view = data;

	view->locked = locked;
	router_set_locked(view->router, locked);
	view_update_title(view);
}

static void
handle_window_refresh(void *data, uint32_t refresh_mhz)
{
	struct view *view = data;

	flow_head_set_refresh(view->flow, refresh_mhz);
}

static void
handle_window_resized(void *data, int32_t width, int32_t height)
{
	struct view *view = data;

	view->window_width = width;
	view->window_height = height;
	if (view->off_message != NULL) {
		off_message_resize(view->off_message, width, height);
	}
	if (view->stats_overlay != NULL) {
		stats_overlay_refresh(view->stats_overlay);
	}
}

static const struct window_listener window_listener = {
	.sink = {
		.frame_done = handle_window_frame_done,
		.visible = handle_window_visible,
		.formats_changed = handle_window_formats_changed,
		.presented = handle_window_presented,
		.committed = handle_window_committed,
	},
	.close = handle_window_close,
	.input = handle_window_input,
	.focus = handle_window_focus,
	.pointer_locked = handle_window_pointer_locked,
	.refresh = handle_window_refresh,
	.resized = handle_window_resized,
};

static void
handle_measured(void *data)
{
	struct view *view = data;

	if (view->stats_overlay != NULL) {
		stats_overlay_refresh(view->stats_overlay);
	}
	view->context->listener->measured(view->context->data, view);
}

int
view_create(const struct view_context *context, struct guest_head *head, struct view **ret_view)
{
	struct view *view = calloc(1, sizeof(*view));
	int r;

	if (view == NULL) {
		return -ENOMEM;
	}
	view->context = context;
	view->head = head;
	view->pointer_mode = POINTER_ABSOLUTE;
	watch_init(&view->watch);
	meter_init(&view->meter, context->event, handle_measured, view);
	view->stats_wanted = context->show_stats;
	r = flow_head_create(context->flow, head->gpu, handle_answer, view, &view->flow);
	if (r < 0) {
		free(view);
		return r;
	}
	*ret_view = view;
	return 0;
}

void
view_destroy(struct view *view)
{
	if (view == NULL) {
		return;
	}
	view_hide(view);
	flow_head_destroy(view->flow);
	meter_finish(&view->meter);
	if (view->has_scanout) {
		buffer_unref(view->scanout.buffer);
	}
	cursor_keeper_finish(&view->cursor);
	free(view);
}

static void
show_scanout(struct view *view)
{
	/* What the VMM shows while the guest shows nothing is not for the user to see. */
	picture_set_scanout(view->picture, view_is_on(view) ? &view->scanout : NULL);
	/* The points were for this one time; a later window has fences. */
	view->scanout.acquire_point = view->scanout.release_point = 0;
}

int
view_show(struct view *view, struct display *display, const char *vm_name)
{
	int r;

	if (view->window != NULL) {
		return 0;
	}
	view->vm_name = strdup(vm_name);
	if (view->vm_name == NULL) {
		return -ENOMEM;
	}
	r = router_create(&router_listener, view, &view->router);
	if (r >= 0) {
		r = window_create(
			display, vm_name, VIEW_APP_ID, &window_listener, view, &view->window);
	}
	if (r >= 0) {
		r = picture_create(view->context->event, view->context->deadlines,
			window_sink(view->window), view->context->policy, &picture_listener, view,
			&view->picture);
	}
	if (r < 0) {
		view_hide(view);
		return r;
	}
	window_set_measuring(view->window, meter_is_on(&view->meter));
	view_update_title(view);
	cursor_keeper_apply(&view->cursor, view->window);
	router_set_pointer_mode(view->router, view->pointer_mode);
	show_scanout(view);
	if (view->stats_wanted) {
		show_stats(view);
	}
	return 0;
}

void
view_say_off(struct view *view)
{
	int r;

	if (view->off_message != NULL || view->window == NULL) {
		return;
	}
	r = off_message_create(view->context->event, view->context->deadlines, view->context->text,
		window_sink(view->window), view->vm_name, view->head->label, view->window_width,
		view->window_height, &view->off_message);
	if (r < 0) {
		log_warning("cannot show that a monitor is off: %s; its window stays as it is",
			strerror(-r));
	}
	view_update_title(view);
}

void
view_hide(struct view *view)
{
	struct watch_subject subject = watch_subject(view);

	/* Keys first: the guest must not be left with one held down. */
	router_destroy(view->router);
	view->router = NULL;
	flow_head_set_visible(view->flow, false);
	watch_end_window(&view->watch, &subject);
	off_message_destroy(view->off_message);
	view->off_message = NULL;
	hide_stats(view);
	picture_destroy(view->picture);
	view->picture = NULL;
	window_destroy(view->window);
	view->window = NULL;
	view->window_width = view->window_height = 0;
	free(view->vm_name);
	view->vm_name = NULL;
	view->locked = false;
}

bool
view_is_shown(const struct view *view)
{
	return view->window != NULL;
}

bool
view_was_closed(const struct view *view)
{
	return view->closed_by_user;
}

void
view_set_notice(struct view *view, const char *notice)
{
	view->notice = notice;
	view_update_title(view);
}

struct guest_head *
view_head(const struct view *view)
{
	return view->head;
}

const struct scanout *
view_scanout(const struct view *view)
{
	return view->has_scanout ? &view->scanout : NULL;
}

bool
view_is_on(const struct view *view)
{
	return view->has_scanout && !view->scanout.placeholder;
}

uint64_t
view_off_since_ns(const struct view *view)
{
	return view->off_since_ns;
}

void
view_retry(struct view *view)
{
	if (view->picture != NULL) {
		picture_retry(view->picture);
	}
}

struct view_status
view_status(const struct view *view)
{
	struct watch_subject subject = watch_subject(view);
	struct view_status status = {
		.picture = watch_picture(&view->watch, &subject),
		.counts = flow_head_counts(view->flow),
		.window = watch_window(&view->watch, &subject),
	};

	watch_judge(&view->watch, &subject, &status.verdict);
	stats_report(&view->meter.stats, &status.stats);
	return status;
}

int
view_set_measuring(struct view *view, bool measuring)
{
	int r = 0;

	if (measuring) {
		r = meter_start(&view->meter);
	} else {
		meter_stop(&view->meter);
	}
	if (r >= 0 && view->window != NULL) {
		window_set_measuring(view->window, meter_is_on(&view->meter));
	}
	return r;
}

void
view_handle_scanout(struct view *view, const struct scanout *scanout)
{
	struct buffer *old = view->has_scanout ? view->scanout.buffer : NULL;
	bool was_on = view_is_on(view);

	view->has_scanout = scanout != NULL;
	if (scanout != NULL) {
		view->scanout = *scanout;
		buffer_ref(scanout->buffer);
	}
	if (view_is_on(view)) {
		view->off_since_ns = 0;
	} else if (was_on) {
		view->off_since_ns = clock_now_ns();
	}
	if (view->picture != NULL) {
		show_scanout(view);
	}
	if (!view_is_on(view)) {
		stats_handle_skipped(&view->meter.stats);
		flow_head_skipped(view->flow);
	} else if (view->off_message != NULL) {
		/* It stays on screen until the picture takes its place. */
		off_message_destroy(view->off_message);
		view->off_message = NULL;
		view_update_title(view);
	}
	buffer_unref(old);
	view->context->listener->scanout_changed(view->context->data, view);
}

void
view_handle_buffer_removed(struct view *view, struct buffer *buffer)
{
	if (view->picture != NULL) {
		picture_forget_buffer(view->picture, buffer);
	}
}

void
view_handle_update(struct view *view, const struct rect *damage, uint64_t serial)
{
	if (meter_is_on(&view->meter)) {
		stats_handle_update(&view->meter.stats, clock_now_ns());
	}
	flow_head_update(view->flow, serial);
	if (view->picture != NULL) {
		picture_add_damage(view->picture, damage);
	}
	view->context->listener->content_changed(view->context->data, view);
}

void
view_handle_cursor(struct view *view, const struct cursor_image *image)
{
	if (cursor_keeper_set(&view->cursor, image) < 0) {
		log_warning("no memory for the guest's cursor; the last one stays");
	} else if (view->window != NULL) {
		cursor_keeper_apply(&view->cursor, view->window);
	}
}

void
view_handle_cursor_shown(struct view *view, bool shown)
{
	if (shown != view->cursor.hidden) {
		return;
	}
	view->cursor.hidden = !shown;
	if (view->window != NULL) {
		cursor_keeper_apply(&view->cursor, view->window);
	}
}

void
view_handle_pointer_mode(struct view *view, enum pointer_mode mode)
{
	view->pointer_mode = mode;
	if (view->router != NULL) {
		router_set_pointer_mode(view->router, mode);
	}
}
