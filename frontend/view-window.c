#include "view-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"

#define VIEW_APP_ID "vitrine"
#define VIEW_TITLE_SIZE 640

struct watch_subject
view_watch_subject(const struct view *view)
{
	return (struct watch_subject){
		.console = view->head->console,
		.picture = view->picture,
		.window = view->window,
		.scanout = view_scanout(view),
		.loses_refresh = view->head->resizable && !view->head->takes_refresh,
		.forced = view->context->policy->forced != NULL,
	};
}

static void
tell_verdict(struct view *view, uint64_t now_ns)
{
	struct watch_subject subject = view_watch_subject(view);

	watch_tell(&view->watch, &subject, now_ns);
}

void
view_tell_verdict(void *data)
{
	tell_verdict(data, clock_now_ns());
}

static void
handle_picture_committed(void *data)
{
	struct view *view = data;

	flow_head_committed(view->flow);
	if (view->gone_message != NULL && !view->outdated) {
		view_end_gone_message(view);
	}
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

	if (!view->outdated) {
		/* The VM is back, though nothing of it can be seen. */
		view_end_gone_message(view);
	}
	view->context->listener->hopeless(view->context->data, view);
}

static const struct picture_listener picture_listener = {
	.committed = handle_picture_committed,
	.skipped = handle_picture_skipped,
	.hopeless = handle_picture_hopeless,
};

void
view_refresh_title(struct view *view)
{
	const char *words[] = { view->off_message != NULL && view->loss == NULL ? "off" : "",
		view->loss != NULL ? view->loss->title : view->notice,
		view->view_only && view->loss == NULL
			? "view only: another viewer took this VM over"
			: "",
		view->passing, view->router != NULL ? router_hint(view->router) : "" };
	char title[VIEW_TITLE_SIZE];
	size_t length;

	if (view->window == NULL) {
		return;
	}
	length =
		(size_t)snprintf(title, sizeof(title), "%s — %s", view->vm_name, view->head->label);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && length < sizeof(title); i++) {
		if (words[i] != NULL && words[i][0] != '\0') {
			length += (size_t)snprintf(
				title + length, sizeof(title) - length, " — %s", words[i]);
		}
	}
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

	view->visible = visible;
	flow_head_set_visible(view->flow, visible);
	view_keep_awake(view);
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

	view->context->listener->closed(view->context->data, view);
}

static void
handle_window_input(void *data, const struct input_event *event)
{
	struct view *view = data;

	if (view->loss != NULL) {
		view_note_call(view, event);
	}
	router_handle_event(view->router, event);
}

static void
handle_window_focus(void *data, bool focused, const uint32_t *keys, size_t n_keys)
{
	struct view *view = data;

	router_set_focus(view->router, focused, keys, n_keys);
}

static void
handle_window_locks(void *data, uint32_t mask)
{
	struct view *view = data;

	router_set_locks(view->router, window_known_locks(view->window), mask);
}

static void
handle_window_shortcuts(void *data, enum window_shortcuts state)
{
	static const enum router_shortcuts states[] = {
		[WINDOW_SHORTCUTS_HOST] = ROUTER_SHORTCUTS_HOST,
		[WINDOW_SHORTCUTS_ASKED] = ROUTER_SHORTCUTS_ASKED,
		[WINDOW_SHORTCUTS_INHIBITED] = ROUTER_SHORTCUTS_INHIBITED,
		[WINDOW_SHORTCUTS_TAKEN_BACK] = ROUTER_SHORTCUTS_TAKEN_BACK,
		[WINDOW_SHORTCUTS_UNSUPPORTED] = ROUTER_SHORTCUTS_UNSUPPORTED,
	};
	struct view *view = data;

	router_set_shortcuts(view->router, states[state]);
}

static void
handle_window_hover(void *data, bool over)
{
	struct view *view = data;

	router_set_hover(view->router, over);
}

static void
handle_window_pointer_locked(void *data, bool locked)
{
	struct view *view = data;

	router_set_locked(view->router, locked);
}

static void
handle_window_refresh(void *data, uint32_t refresh_mhz)
{
	struct view *view = data;

	flow_head_set_refresh(view->flow, refresh_mhz);
}

static void
handle_window_room(void *data, const struct window_room *room)
{
	struct view *view = data;
	const struct window_room before = view->room;
	bool resized = room->width != before.width || room->height != before.height;

	view->room = *room;
	/* What the desktop made of the wish: the next one is told against that. */
	view->wishes.fullscreen = room->fullscreen;
	router_set_full_screen(view->router, room->fullscreen);
	if (resized && view->off_message != NULL) {
		off_message_resize(view->off_message, room->width, room->height);
	}
	if (resized && view->gone_message != NULL) {
		gone_message_refresh(view->gone_message);
	}
	if (resized && view->stats_overlay != NULL) {
		stats_overlay_refresh(view->stats_overlay);
	}
	view->context->listener->room_changed(view->context->data, view, &before);
}

static void
handle_window_report_changed(void *data)
{
	struct view *view = data;

	watch_look_later(&view->watch, clock_now_ns());
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
	.locks = handle_window_locks,
	.shortcuts = handle_window_shortcuts,
	.hover = handle_window_hover,
	.pointer_locked = handle_window_pointer_locked,
	.refresh = handle_window_refresh,
	.room = handle_window_room,
	.report_changed = handle_window_report_changed,
};

void
view_show_scanout(struct view *view)
{
	/* What the VMM shows while the guest shows nothing is not for the user to see. */
	picture_set_scanout(view->picture, view_is_on(view) ? &view->scanout : NULL);
	/* The points were for this one time; a later window has fences. */
	view->scanout.acquire_point = view->scanout.release_point = 0;
}

static void
apply_wishes(struct view *view, const struct view_wishes *before)
{
	const struct view_wishes *wishes = &view->wishes;

	window_set_follows(view->window, wishes->follows);
	window_set_zoom(
		view->window, wishes->zoom_percent != 0 ? wishes->zoom_percent : 100, wishes->mode);
	window_set_nearest(view->window, wishes->nearest);
	if (wishes->fullscreen != before->fullscreen ||
		(wishes->fullscreen && wishes->output != before->output)) {
		window_set_fullscreen(view->window, wishes->fullscreen, wishes->output);
	}
}

void
view_set_wishes(struct view *view, const struct view_wishes *wishes)
{
	struct view_wishes before = view->wishes;

	view->wishes = *wishes;
	if (view->window != NULL) {
		apply_wishes(view, &before);
	}
}

const struct view_wishes *
view_wishes(const struct view *view)
{
	return &view->wishes;
}

const struct window_room *
view_room(const struct view *view)
{
	return &view->room;
}

void
view_end_hold(struct view *view)
{
	if (view->window != NULL) {
		window_end_hold(view->window);
	}
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
	r = router_create(view->context->input, view->context->deadlines, &view_router_listener,
		view, &view->router);
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
	window_set_floating_size(
		view->window, view->wishes.floating_width, view->wishes.floating_height);
	if (view->wishes.maximized) {
		window_open_maximized(view->window);
	}
	apply_wishes(view, &(struct view_wishes){ 0 });
	view_refresh_title(view);
	cursor_keeper_apply(&view->cursor, view->window);
	if (view->cursor_placed) {
		window_set_cursor_position(view->window, view->cursor_gx, view->cursor_gy);
	}
	router_set_pointer_mode(view->router, view->pointer_mode);
	if (view->leds_known) {
		router_set_leds(view->router, view->leds);
	}
	view_show_scanout(view);
	if (view->stats_wanted) {
		view_show_stats(view);
	}
	if (view->view_only) {
		view_return_devices(view);
	}
	if (view->loss != NULL) {
		router_set_absent(view->router, true);
		view_say_lost(view);
	}
	return 0;
}

void
view_keep_awake(struct view *view)
{
	if (view->window != NULL) {
		window_set_awake(
			view->window, view_is_on(view) && view->visible && view->loss == NULL);
	}
}

void
view_end_off_message(struct view *view)
{
	if (view->off_message != NULL) {
		/* It stays on screen until the picture takes its place. */
		off_message_destroy(view->off_message);
		view->off_message = NULL;
		view_refresh_title(view);
	}
}

void
view_end_gone_message(struct view *view)
{
	gone_message_destroy(view->gone_message);
	view->gone_message = NULL;
}

void
view_say_off(struct view *view)
{
	static const struct off_words off_words = { "Monitor off",
		"The guest shows nothing here now. Press a key or move the pointer to wake it." };
	static const struct off_words view_only_words = { "Monitor off",
		"The guest shows nothing here now." };
	const struct off_words lost_words = { view->loss != NULL ? view->loss->heading : "",
		view->loss != NULL ? view->loss->hint : "" };
	int32_t width = view->room.width != 0 ? view->room.width : view->wishes.floating_width;
	int32_t height = view->room.width != 0 ? view->room.height : view->wishes.floating_height;
	int r;

	if (view->off_message != NULL || view->window == NULL) {
		return;
	}
	r = off_message_create(view->context->event, view->context->deadlines, view->context->text,
		window_sink(view->window),
		view->loss != NULL ? &lost_words
		: view->view_only  ? &view_only_words
				   : &off_words,
		view->vm_name, view->head->label, width, height, &view->off_message);
	if (r < 0) {
		log_warning("cannot show that a monitor is off: %s; its window stays as it is",
			strerror(-r));
	}
	view_end_gone_message(view);
	view_refresh_title(view);
}

void
view_hide(struct view *view)
{
	struct watch_subject subject = view_watch_subject(view);

	/* Keys first: the guest must not be left with one held down. */
	router_destroy(view->router);
	view->router = NULL;
	flow_head_set_visible(view->flow, false);
	watch_end_window(&view->watch, &subject);
	off_message_destroy(view->off_message);
	view->off_message = NULL;
	view_end_gone_message(view);
	view_hide_stats(view);
	picture_destroy(view->picture);
	view->picture = NULL;
	window_destroy(view->window);
	view->window = NULL;
	view->room = (struct window_room){ 0 };
	free(view->vm_name);
	view->vm_name = NULL;
	view->visible = false;
}

void
view_set_notice(struct view *view, const char *notice)
{
	view->notice = notice;
	view_refresh_title(view);
}

void
view_end_passing(void *data)
{
	struct view *view = data;

	view->passing[0] = '\0';
	view_refresh_title(view);
}

void
view_say(struct view *view, const char *text, uint64_t for_ns)
{
	text_copy(view->passing, sizeof(view->passing), text);
	deadline_set(&view->passing_end, clock_now_ns() + for_ns);
	view_refresh_title(view);
}
