#include "view-private.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

static void
handle_answer(void *data, uint64_t serial)
{
	struct view *view = data;

	if (meter_is_on(&view->meter)) {
		stats_handle_answer(&view->meter.stats, clock_now_ns());
	}
	guest_update_done(view->context->guest, view->head, serial);
}

static void
handle_cursor_reached(void *data)
{
	struct view *view = data;

	if (view->window != NULL) {
		cursor_keeper_follow(&view->cursor, view->window);
	}
}

/* What the guest makes of its monitor's name and pointer, at once or when its rate allows it. */
static void
follow_guest(void *data)
{
	struct view *view = data;

	if (view->window == NULL || view->change_due.at_ns != DEADLINE_NEVER) {
		return;
	}
	if (!rate_take(&view->changes, clock_now_ns())) {
		deadline_set(&view->change_due, rate_next_ns(&view->changes));
		return;
	}
	view_refresh_title(view);
	router_set_pointer_mode(view->router, view->pointer_mode);
}

void
view_update_title(struct view *view)
{
	follow_guest(view);
}

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
	deadline_init(&view->passing_end, context->deadlines, view_end_passing, view);
	deadline_init(&view->change_due, context->deadlines, follow_guest, view);
	rate_init(&view->changes, VIEW_CHANGES_PER_S, VIEW_CHANGES_PER_S);
	cursor_keeper_init(&view->cursor, context->deadlines, handle_cursor_reached, view);
	watch_init(&view->watch, context->deadlines, view_tell_verdict, view);
	meter_init(&view->meter, context->event, handle_measured, view);
	view->stats_wanted = context->show_stats;
	r = flow_head_create(context->flow, head->gpu, handle_answer, view, &view->flow);
	if (r < 0) {
		deadline_finish(&view->passing_end);
		deadline_finish(&view->change_due);
		cursor_keeper_finish(&view->cursor);
		watch_finish(&view->watch);
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
	snapshot_destroy(view->snapshot);
	deadline_finish(&view->passing_end);
	deadline_finish(&view->change_due);
	flow_head_destroy(view->flow);
	watch_finish(&view->watch);
	meter_finish(&view->meter);
	if (view->has_scanout) {
		buffer_unref(view->scanout.buffer);
	}
	cursor_keeper_finish(&view->cursor);
	free(view);
}

bool
view_is_shown(const struct view *view)
{
	return view->window != NULL;
}

bool
view_is_blank(const struct view *view)
{
	return view->off_message == NULL && view->picture != NULL &&
	       picture_is_blank(view->picture);
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

enum pointer_mode
view_pointer_mode(const struct view *view)
{
	return view->pointer_mode;
}

bool
view_cursor(
	const struct view *view, struct cursor_image *ret_image, int32_t *ret_gx, int32_t *ret_gy)
{
	const struct cursor_keeper *cursor = &view->cursor;

	if (!cursor->known || cursor->hidden || cursor->image.width == 0 || !view->cursor_placed) {
		return false;
	}
	*ret_image = cursor->image;
	*ret_gx = view->cursor_gx;
	*ret_gy = view->cursor_gy;
	return true;
}

bool
view_is_on(const struct view *view)
{
	return view->has_scanout && !view->scanout.placeholder;
}

dev_t
view_device(const struct view *view)
{
	struct sink *sink = view->window != NULL ? window_sink(view->window) : NULL;

	return sink != NULL ? sink->ops->device(sink) : 0;
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
	struct watch_subject subject = view_watch_subject(view);
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
view_input(struct view *view, const struct input_event *event)
{
	guest_input(view->context->guest, view->head, event);
}

void
view_handle_scanout(struct view *view, const struct scanout *scanout)
{
	struct buffer *old = view->has_scanout ? view->scanout.buffer : NULL;
	bool was_on = view_is_on(view);
	const struct rect before = view->scanout.source;
	bool flips;

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
	view->outdated = false;
	if (view->picture != NULL) {
		view_show_scanout(view);
	}
	if (!view_is_on(view)) {
		stats_handle_skipped(&view->meter.stats);
		flow_head_skipped(view->flow);
	} else {
		view_end_off_message(view);
	}
	view_keep_awake(view);
	buffer_unref(old);
	/* A flip changes nothing about which heads have windows, nor how large they are to be. */
	flips = was_on && view_is_on(view) && scanout->source.width == before.width &&
		scanout->source.height == before.height;
	if (flips) {
		view->context->listener->content_changed(view->context->data, view);
	} else {
		view->context->listener->scanout_changed(view->context->data, view);
	}
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
view_handle_settled(struct view *view)
{
	if (view->picture != NULL) {
		picture_present_due(view->picture);
	}
}

void
view_handle_cursor(struct view *view, const struct cursor_image *image)
{
	if (cursor_keeper_set(&view->cursor, image) < 0) {
		if (log_may_repeat(LOG_LEVEL_WARNING, &view->cursor.n_problems)) {
			log_warning("no memory for the guest's cursor; the last one stays");
		}
	} else if (view->window != NULL) {
		cursor_keeper_follow(&view->cursor, view->window);
	}
}

static void
follow_guest_pointer(struct view *view, int32_t gx, int32_t gy)
{
	const struct cursor_image *image = &view->cursor.image;
	const struct rect cursor = { gx, gy, (int32_t)image->width, (int32_t)image->height };
	double hot_gx = (double)gx + image->hot_x, hot_gy = (double)gy + image->hot_y;

	if (view->pointer_mode == POINTER_RELATIVE) {
		window_set_pointer_hint(view->window, hot_gx, hot_gy);
	} else if (warp_follows(&view->warp, &cursor, clock_now_ns())) {
		window_warp_pointer(view->window, hot_gx, hot_gy);
	}
}

void
view_handle_cursor_position(struct view *view, int32_t gx, int32_t gy, bool shown)
{
	if (shown == view->cursor.hidden) {
		view->cursor.hidden = !shown;
		if (view->window != NULL) {
			cursor_keeper_follow(&view->cursor, view->window);
		}
	}
	if (shown) {
		view->cursor_placed = true;
		view->cursor_gx = gx;
		view->cursor_gy = gy;
	}
	if (shown && view->window != NULL) {
		window_set_cursor_position(view->window, gx, gy);
		if (!view->view_only) {
			follow_guest_pointer(view, gx, gy);
		}
	}
}

void
view_handle_pointer_mode(struct view *view, enum pointer_mode mode)
{
	view->pointer_mode = mode;
	follow_guest(view);
}

void
view_handle_leds(struct view *view, uint32_t mask)
{
	view->leds = mask;
	view->leds_known = true;
	if (view->router != NULL) {
		router_set_leds(view->router, mask);
	}
}
