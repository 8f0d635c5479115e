#include "input/router.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <stddef.h>
#include <stdlib.h>

#define N_CODES (KEY_MAX + 1)
#define BITS_PER_WORD 64

struct router {
	const struct router_listener *listener;
	void *data;

	enum pointer_mode mode;
	bool locked;
	bool lock_asked;        /* maybe not granted yet */
	bool cannot_lock;       /* it was tried */
	uint32_t swallowed_key; /* its press was ours, so its release is too; 0: none */
	uint32_t swallowed_button;

	/* What the guest holds: keys and buttons share the numbers of evdev. */
	uint64_t pressed[N_CODES / BITS_PER_WORD + 1];
};

int
router_create(const struct router_listener *listener, void *data, struct router **ret_router)
{
	struct router *router = calloc(1, sizeof(*router));

	if (router == NULL) {
		return -ENOMEM;
	}
	router->listener = listener;
	router->data = data;
	router->mode = POINTER_ABSOLUTE;
	*ret_router = router;
	return 0;
}

void
router_destroy(struct router *router)
{
	if (router == NULL) {
		return;
	}
	router_release_all(router);
	free(router);
}

static bool
is_pressed(const struct router *router, uint32_t code)
{
	return code < N_CODES &&
	       (router->pressed[code / BITS_PER_WORD] >> (code % BITS_PER_WORD) & 1);
}

/* Remembers what the guest gets to hold. False for a change that it must not see. */
static bool
note_pressed(struct router *router, uint32_t code, bool pressed)
{
	uint64_t bit = UINT64_C(1) << (code % BITS_PER_WORD);

	if (code >= N_CODES || pressed == is_pressed(router, code)) {
		return false;
	}
	router->pressed[code / BITS_PER_WORD] ^= bit;
	return true;
}

static bool
is_button(uint32_t code)
{
	return code >= BTN_MISC && code < KEY_OK;
}

void
router_release_all(struct router *router)
{
	for (uint32_t code = 0; code < N_CODES; code++) {
		struct input_event event = { .kind = INPUT_KEY, .key = { .code = code } };

		if (!is_pressed(router, code)) {
			continue;
		}
		note_pressed(router, code, false);
		if (is_button(code)) {
			event = (struct input_event){ .kind = INPUT_BUTTON,
				.button = { .code = code } };
		}
		router->listener->event(router->data, &event);
	}
}

static bool
is_chord_held(const struct router *router)
{
	return (is_pressed(router, KEY_LEFTCTRL) || is_pressed(router, KEY_RIGHTCTRL)) &&
	       (is_pressed(router, KEY_LEFTALT) || is_pressed(router, KEY_RIGHTALT));
}

struct hotkey {
	uint32_t code;
	enum router_action action;
};

static const struct hotkey hotkeys[] = {
	{ KEY_S, ROUTER_TOGGLE_STATS },
	{ KEY_F, ROUTER_TOGGLE_FULLSCREEN },
	{ KEY_0, ROUTER_ZOOM_RESET },
	{ KEY_KP0, ROUTER_ZOOM_RESET },
	{ KEY_EQUAL, ROUTER_ZOOM_IN },
	{ KEY_KPPLUS, ROUTER_ZOOM_IN },
	{ KEY_MINUS, ROUTER_ZOOM_OUT },
	{ KEY_KPMINUS, ROUTER_ZOOM_OUT },
};

/*
 * With Ctrl+Alt, by place, whatever the keyboard layout has there: G locks the pointer and frees
 * it, for the rest see the header. False: the key is the guest's.
 */
static bool
run_hotkey(struct router *router, uint32_t code)
{
	if (!is_chord_held(router)) {
		return false;
	}
	router->swallowed_key = code;
	if (code == KEY_G) {
		router->listener->lock_pointer(
			router->data, !router->locked && router->mode == POINTER_RELATIVE);
		return true;
	}
	if (code >= KEY_1 && code <= KEY_9) {
		router->listener->action(router->data, ROUTER_TOGGLE_MONITOR, code - KEY_1 + 1);
		return true;
	}
	for (size_t i = 0; i < sizeof(hotkeys) / sizeof(hotkeys[0]); i++) {
		if (hotkeys[i].code == code) {
			router->listener->action(router->data, hotkeys[i].action, 0);
			return true;
		}
	}
	router->swallowed_key = 0;
	return false;
}

static void
handle_key(struct router *router, const struct input_event *event)
{
	/* May be the end of the router. */
	if (event->key.pressed && run_hotkey(router, event->key.code)) {
		return;
	}
	if (!event->key.pressed && router->swallowed_key == event->key.code) {
		router->swallowed_key = 0;
		return;
	}
	if (note_pressed(router, event->key.code, event->key.pressed)) {
		router->listener->event(router->data, event);
	}
}

static void
handle_button(struct router *router, const struct input_event *event)
{
	/* The click that locks the pointer is for us: the guest's own pointer is elsewhere. */
	if (event->button.pressed && router->mode == POINTER_RELATIVE && !router->locked &&
		!router->cannot_lock) {
		router->cannot_lock = router->listener->lock_pointer(router->data, true) < 0;
		if (!router->cannot_lock) {
			router->lock_asked = true;
			router->swallowed_button = event->button.code;
			return;
		}
	}
	if (!event->button.pressed && router->swallowed_button == event->button.code) {
		router->swallowed_button = 0;
		return;
	}
	if (note_pressed(router, event->button.code, event->button.pressed)) {
		router->listener->event(router->data, event);
	}
}

void
router_handle_event(struct router *router, const struct input_event *event)
{
	switch (event->kind) {
	case INPUT_KEY:
		handle_key(router, event);
		return;
	case INPUT_BUTTON:
		handle_button(router, event);
		return;
	case INPUT_MOTION:
		if (router->mode == POINTER_ABSOLUTE) {
			router->listener->event(router->data, event);
		}
		return;
	case INPUT_RELATIVE:
		if (router->mode == POINTER_RELATIVE) {
			router->listener->event(router->data, event);
		}
		return;
	case INPUT_WHEEL:
	case INPUT_TOUCH:
	case INPUT_PEN:
		router->listener->event(router->data, event);
		return;
	}
}

void
router_set_focus(struct router *router, bool focused)
{
	if (!focused) {
		router_release_all(router);
		router->swallowed_key = 0;
		router->swallowed_button = 0;
		if (router->locked || router->lock_asked) {
			router->listener->lock_pointer(router->data, false);
			router->lock_asked = false;
		}
	}
}

void
router_set_locked(struct router *router, bool locked)
{
	router->locked = locked;
}

void
router_set_pointer_mode(struct router *router, enum pointer_mode mode)
{
	router->mode = mode;
	/* Also a lock that was asked for and not granted yet. */
	if (mode == POINTER_ABSOLUTE && (router->locked || router->lock_asked)) {
		router->listener->lock_pointer(router->data, false);
		router->lock_asked = false;
	}
}
