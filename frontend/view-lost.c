#include "view-private.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <string.h>

#include "base/log.h"

/* What a view is while its VM is gone, or another viewer's. */

static void
say_off_anew(struct view *view)
{
	off_message_destroy(view->off_message);
	view->off_message = NULL;
	view_say_off(view);
}

void
view_say_lost(struct view *view)
{
	int r;

	if (view->window == NULL) {
		return;
	}
	if (!view_is_on(view)) {
		/* There is no picture that could be dimmed. */
		say_off_anew(view);
		return;
	}
	view_end_gone_message(view);
	r = gone_message_create(view->context->event, view->context->text, view->window,
		view->loss->heading, view->loss->hint, &view->gone_message);
	if (r < 0) {
		log_warning("cannot show that the VM is gone: %s; its window stays as it is",
			strerror(-r));
	}
}

/* Nothing of it is known of the VM that comes, not even that it has a cursor. */
static void
forget_devices(struct view *view)
{
	cursor_keeper_forget(&view->cursor);
	view->cursor_placed = false;
	view->leds_known = false;
	view->pointer_mode = POINTER_ABSOLUTE;
	if (view->window != NULL) {
		router_set_absent(view->router, true);
		router_set_pointer_mode(view->router, view->pointer_mode);
		window_reset_cursor(view->window);
	}
}

void
view_handle_lost(struct view *view, const struct view_loss *loss)
{
	view->loss = loss;
	view->view_only = false;
	view->outdated = true;
	forget_devices(view);
	flow_head_skipped(view->flow);
	if (view->picture != NULL) {
		picture_forget_all(view->picture);
	}
	view_keep_awake(view);
	view_say_lost(view);
	view_update_title(view);
}

void
view_handle_back(struct view *view)
{
	view->loss = NULL;
	if (view->outdated) {
		/* It has said all that it shows, and of this monitor nothing. */
		view_handle_scanout(view, NULL);
	}
	if (view->window == NULL) {
		return;
	}
	router_set_absent(view->router, view->view_only);
	if (view->off_message != NULL) {
		/* It is off by its own word now. */
		say_off_anew(view);
	}
	view_keep_awake(view);
	view_update_title(view);
}

void
view_return_devices(struct view *view)
{
	router_set_absent(view->router, true);
	window_set_cursor_apart(view->window, true);
}

void
view_handle_taken_over(struct view *view)
{
	view->view_only = true;
	if (view->window == NULL) {
		return;
	}
	view_return_devices(view);
	if (view->off_message != NULL) {
		/* No key wakes it now. */
		say_off_anew(view);
	}
	view_refresh_title(view);
}

void
view_note_call(struct view *view, const struct input_event *event)
{
	bool called = false;

	switch (event->kind) {
	case INPUT_KEY:
		called = event->key.pressed &&
			 (event->key.code == KEY_ENTER || event->key.code == KEY_KPENTER);
		break;
	case INPUT_BUTTON:
		called = event->button.pressed;
		break;
	case INPUT_TOUCH:
		called = event->touch.phase == TOUCH_BEGIN;
		break;
	default:
		break;
	}
	if (called) {
		view->context->listener->called(view->context->data, view);
	}
}
