#include "input/grab.h"

bool
grab_wants_pointer(const struct grab *grab)
{
	return grab->relative && grab->wish != GRAB_WISH_FREE &&
	       (grab->triggered || grab->wish == GRAB_WISH_TAKE);
}

bool
grab_wants_keys(const struct grab *grab)
{
	if (!grab->focused || grab->capture == CAPTURE_KEYS_NEVER || grab->wish == GRAB_WISH_FREE) {
		return false;
	}
	if (grab->wish == GRAB_WISH_TAKE) {
		return true;
	}
	/* A picture on full screen has nobody beside it that the keys could be meant for. */
	return grab->mode != GRAB_OFF &&
	       (grab->full_screen || (grab->capture == CAPTURE_KEYS_ALWAYS && grab->triggered));
}

static void
trigger(struct grab *grab)
{
	grab->triggered = true;
	grab->wish = GRAB_WISH_NONE;
}

void
grab_set_focus(struct grab *grab, bool focused)
{
	if (focused && grab->focused) {
		return;
	}
	grab->focused = focused;
	grab->triggered = false;
	grab->wish = GRAB_WISH_NONE;
	if (focused && (grab->mode == GRAB_FOCUS || (grab->mode == GRAB_HOVER && grab->hovered))) {
		trigger(grab);
	}
}

void
grab_start_anew(struct grab *grab)
{
	bool focused = grab->focused;

	grab_set_focus(grab, false);
	grab_set_focus(grab, focused);
}

void
grab_set_hover(struct grab *grab, bool over)
{
	bool came = over && !grab->hovered;

	grab->hovered = over;
	if (came && grab->mode == GRAB_HOVER && grab->focused) {
		trigger(grab);
	}
}

void
grab_click(struct grab *grab)
{
	if (grab->mode == GRAB_CLICK) {
		trigger(grab);
	}
}

void
grab_toggle(struct grab *grab, bool taken)
{
	grab->wish = taken ? GRAB_WISH_FREE : GRAB_WISH_TAKE;
	if (taken) {
		grab->triggered = false;
	}
}
