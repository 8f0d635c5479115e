#include "input/router-private.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void
emit(struct router *router, uint32_t code, bool pressed)
{
	struct input_event event = held_keys_event(code, pressed);

	if (!router->absent) {
		router->listener->event(router->data, &event);
	}
}

void
router_hold(struct router *router, uint32_t code, bool pressed)
{
	/* Who is not there holds nothing. */
	if (!router->absent && (pressed ? held_keys_press(&router->held, code)
					: held_keys_release(&router->held, code))) {
		emit(router, code, pressed);
	}
}

void
router_release_all(struct router *router)
{
	for (uint32_t code = 0; code < HELD_KEYS_N_CODES; code++) {
		if (held_keys_has(&router->held, code)) {
			router->held.counts[code] = 0;
			emit(router, code, false);
		}
	}
}

void
router_send_chord(struct router *router, const struct chord *chord)
{
	uint32_t codes[CHORD_MAX_CODES];
	uint32_t n = chord_codes(chord, codes);

	router_release_all(router);
	for (uint32_t i = 0; i < n; i++) {
		emit(router, codes[i], true);
	}
	for (uint32_t i = n; i > 0; i--) {
		emit(router, codes[i - 1], false);
	}
}

void
router_apply(struct router *router)
{
	bool wants_pointer = grab_wants_pointer(&router->grab) && !router->absent;
	bool wants_keys = grab_wants_keys(&router->grab) && !router->lifted && !router->absent;

	if (wants_pointer && !router->lock_asked && !router->cannot_lock) {
		router->cannot_lock = router->listener->lock_pointer(router->data, true) < 0;
		router->lock_asked = !router->cannot_lock;
	} else if (!wants_pointer && (router->lock_asked || router->locked)) {
		router->lock_asked = false;
		router->listener->lock_pointer(router->data, false);
	}
	if (wants_keys != router->inhibit_asked) {
		router->inhibit_asked = wants_keys;
		router->listener->inhibit_shortcuts(router->data, wants_keys);
	}
}

static void
write_hint(const struct router *router, char hint[static ROUTER_HINT_SIZE])
{
	bool keys = router->shortcuts == ROUTER_SHORTCUTS_INHIBITED;
	const char *way = router->options->hotkeys.grab_text;

	hint[0] = '\0';
	if (router->locked || keys) {
		snprintf(hint, ROUTER_HINT_SIZE, "press %s to free the %s",
			way[0] != '\0' ? way : "Ctrl+Alt",
			router->locked && keys ? "pointer and the keyboard"
			: keys                 ? "keyboard"
					       : "pointer");
	} else if (router->waits_in_vain) {
		snprintf(hint, ROUTER_HINT_SIZE,
			"the desktop keeps its keys: waiting for an answer, or denied");
	} else if (router->shortcuts == ROUTER_SHORTCUTS_TAKEN_BACK && router->inhibit_asked) {
		snprintf(hint, ROUTER_HINT_SIZE, "the desktop has taken its keys back");
	} else if (router->shortcuts == ROUTER_SHORTCUTS_UNSUPPORTED && router->inhibit_asked) {
		snprintf(hint, ROUTER_HINT_SIZE, "this desktop keeps its keys");
	}
}

static void
tell_hint(struct router *router)
{
	char hint[ROUTER_HINT_SIZE];

	write_hint(router, hint);
	if (strcmp(hint, router->hint) != 0) {
		strcpy(router->hint, hint);
		router->listener->hint_changed(router->data);
	}
}

const char *
router_hint(const struct router *router)
{
	return router->hint;
}

static bool
has_taken(const struct router *router)
{
	return router->locked || router->lock_asked || router->inhibit_asked;
}

void
router_toggle_grab(struct router *router)
{
	grab_toggle(&router->grab, has_taken(router));
	router_apply(router);
}

static void
handle_answer_missing(void *data)
{
	struct router *router = data;

	router->waits_in_vain = true;
	log_warning(
		"the desktop has not said that keys such as Alt+Tab go to the VM: it waits for an "
		"answer of yours, or you once said no; GNOME asks again after 'flatpak "
		"permission-set gnome shortcuts-inhibitor vitrine.desktop GRANTED'");
	tell_hint(router);
}

int
router_create(const struct input_options *options, struct deadlines *deadlines,
	const struct router_listener *listener, void *data, struct router **ret_router)
{
	struct router *router = calloc(1, sizeof(*router));

	if (router == NULL) {
		return -ENOMEM;
	}
	router->options = options;
	router->listener = listener;
	router->data = data;
	router->grab = (struct grab){ .mode = options->grab, .capture = options->capture };
	deadline_init(&router->answer, deadlines, handle_answer_missing, router);
	*ret_router = router;
	return 0;
}

/* Fingers and pen do not depend on the keyboard's focus: these are lifted at the end only. */
static void
lift_all(struct router *router)
{
	struct input_event event = { .kind = INPUT_PEN };

	if (router->pen_near) {
		router->pen_near = false;
		router->listener->event(router->data, &event);
	}
	event = (struct input_event){ .kind = INPUT_TOUCH, .touch = { .phase = TOUCH_CANCEL } };
	for (; router->fingers != 0; router->fingers &= router->fingers - 1) {
		event.touch.slot = (uint32_t)__builtin_ctz(router->fingers);
		router->listener->event(router->data, &event);
	}
}

void
router_destroy(struct router *router)
{
	if (router == NULL) {
		return;
	}
	deadline_finish(&router->answer);
	router_release_all(router);
	lift_all(router);
	free(router);
}

static void
handle_button(struct router *router, const struct input_event *event)
{
	uint32_t code = event->button.code;
	bool had_pointer = router->locked;

	router->tap = false;
	if (!event->button.pressed && router->swallowed_button == code) {
		router->swallowed_button = 0;
		return;
	}
	if (event->button.pressed) {
		grab_click(&router->grab);
		if (grab_wants_pointer(&router->grab) && !router->locked) {
			/* Also of a compositor that took it back: nobody else asks again. */
			router->lock_asked = false;
		}
		router_apply(router);
		/* The click that locks the pointer is for us: the guest's own is elsewhere. */
		if (!had_pointer && grab_wants_pointer(&router->grab) && !router->cannot_lock) {
			router->swallowed_button = code;
			return;
		}
		router_flush_holdback(router);
	}
	router_hold(router, code, event->button.pressed);
}

static void
handle_touch(struct router *router, const struct input_event *event)
{
	uint32_t slot = event->touch.slot, bit = slot < 32 ? UINT32_C(1) << slot : 0;
	bool begins = event->touch.phase == TOUCH_BEGIN;

	/* A finger that went down elsewhere, or was lifted for the guest already. */
	if (bit == 0 || begins == ((router->fingers & bit) != 0)) {
		return;
	}
	if (begins) {
		router_flush_holdback(router);
		router->fingers |= bit;
	} else if (event->touch.phase != TOUCH_UPDATE) {
		router->fingers &= ~bit;
	}
	router->listener->event(router->data, event);
}

void
router_handle_event(struct router *router, const struct input_event *event)
{
	if (router->absent && event->kind != INPUT_KEY) {
		return;
	}
	switch (event->kind) {
	case INPUT_KEY:
		router_handle_key(router, event);
		return;
	case INPUT_BUTTON:
		handle_button(router, event);
		return;
	case INPUT_MOTION:
		if (!router->grab.relative) {
			router->listener->event(router->data, event);
		}
		return;
	case INPUT_RELATIVE:
		if (router->grab.relative) {
			router->listener->event(router->data, event);
		}
		return;
	case INPUT_WHEEL:
		router_flush_holdback(router);
		router->listener->event(router->data, event);
		return;
	case INPUT_TOUCH:
		handle_touch(router, event);
		return;
	case INPUT_PEN:
		router->pen_near = event->pen.near;
		router->listener->event(router->data, event);
		return;
	}
}

void
router_set_absent(struct router *router, bool absent)
{
	if (absent && !router->absent) {
		router_release_all(router);
		lift_all(router);
		router->swallowed_button = 0;
		router->locks_due = router->leds_known = false;
	}
	router->absent = absent;
	/* A click of before is none into the guest that comes. */
	grab_start_anew(&router->grab);
	router_apply(router);
	tell_hint(router);
}

static void
lose_focus(struct router *router)
{
	if (!router->options->keep_keys) {
		router_release_all(router);
	}
	router_forget_keys(router);
	router->swallowed_button = 0;
	router->lifted = router->locks_due = false;
}

void
router_set_focus(struct router *router, bool focused, const uint32_t *keys, size_t n_keys)
{
	lose_focus(router);
	grab_set_focus(&router->grab, focused);
	if (focused) {
		router->locks_due = true;
		router_take_over_keys(router, keys, n_keys);
	}
	router_apply(router);
	tell_hint(router);
}

void
router_set_hover(struct router *router, bool over)
{
	grab_set_hover(&router->grab, over);
	router_apply(router);
}

void
router_set_full_screen(struct router *router, bool full_screen)
{
	router->grab.full_screen = full_screen;
	router_apply(router);
}

void
router_set_locked(struct router *router, bool locked)
{
	router->locked = locked;
	tell_hint(router);
}

void
router_set_shortcuts(struct router *router, enum router_shortcuts state)
{
	bool lost = router->shortcuts == ROUTER_SHORTCUTS_INHIBITED &&
		    state == ROUTER_SHORTCUTS_TAKEN_BACK;

	if (state == router->shortcuts) {
		return;
	}
	router->shortcuts = state;
	router->waits_in_vain = false;
	deadline_set(&router->answer, state == ROUTER_SHORTCUTS_ASKED
					      ? clock_now_ns() + ROUTER_SHORTCUTS_WAIT_NS
					      : DEADLINE_NEVER);
	if (lost && !router->options->keep_keys) {
		/* Their releases may be the host's now. */
		router_release_all(router);
	}
	tell_hint(router);
}

static void
tap_lock(struct router *router, uint32_t differing, uint32_t led, uint32_t code)
{
	if (differing & led) {
		emit(router, code, true);
		emit(router, code, false);
	}
}

void
router_set_locks(struct router *router, uint32_t known, uint32_t mask)
{
	uint32_t differing = (mask ^ router->leds) & known;

	if (!router->options->lock_keys || !router->locks_due || !router->leds_known) {
		return;
	}
	/* Once for each focus: a guest that has another use for such a key would be fought. */
	router->locks_due = false;
	tap_lock(router, differing, INPUT_LOCK_CAPS, KEY_CAPSLOCK);
	tap_lock(router, differing, INPUT_LOCK_NUM, KEY_NUMLOCK);
	tap_lock(router, differing, INPUT_LOCK_SCROLL, KEY_SCROLLLOCK);
}

void
router_set_leds(struct router *router, uint32_t mask)
{
	router->leds = mask;
	router->leds_known = true;
}

void
router_set_pointer_mode(struct router *router, enum pointer_mode mode)
{
	router->grab.relative = mode == POINTER_RELATIVE;
	router_apply(router);
}
