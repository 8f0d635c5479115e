#include "keyboard.h"

#include "base/fd.h"
#include "display-private.h"
#include "window-private.h"

static void
handle_keyboard_keymap(
	void *data, struct wl_keyboard *proxy, uint32_t format, int32_t keymap_fd, uint32_t size)
{
	struct keyboard *keyboard = data;
	AUTO_FD int fd = keymap_fd;

	if (keyboard->seat->display->options->lock_keys) {
		lock_keys_set_keymap(&keyboard->locks, format, fd, size);
	}
}

static void
tell_locks(struct keyboard *keyboard)
{
	const struct lock_keys *locks = &keyboard->locks;

	if (locks->state != NULL && keyboard->focus != NULL && keyboard->focus->told_focused &&
		(keyboard->locks_due || keyboard->told_locks != locks->on)) {
		keyboard->locks_due = false;
		keyboard->told_locks = locks->on;
		window_tell_locks(keyboard->focus, locks);
	}
}

static void
move_focus(struct keyboard *keyboard, struct window *window, const struct wl_array *keys)
{
	struct window *before = keyboard->focus;

	if (window == before) {
		return;
	}
	keyboard->focus = window;
	if (before != NULL) {
		window_leave_keyboard(before);
	}
	keyboard->locks_due = true;
	/* What was told may have destroyed the window. */
	if (keyboard->focus != NULL) {
		window_enter_keyboard(keyboard->focus, keys);
	}
}

/* Keys that are down already were meant for somebody else: they are not pressed here. */
static void
handle_keyboard_enter(void *data, struct wl_keyboard *proxy, uint32_t serial,
	struct wl_surface *surface, struct wl_array *keys)
{
	struct keyboard *keyboard = data;

	move_focus(keyboard, window_find(keyboard->seat->display, surface), keys);
}

static void
handle_keyboard_leave(
	void *data, struct wl_keyboard *proxy, uint32_t serial, struct wl_surface *surface)
{
	move_focus(data, NULL, NULL);
}

static void
handle_keyboard_key(void *data, struct wl_keyboard *proxy, uint32_t serial, uint32_t time_ms,
	uint32_t key, uint32_t state)
{
	struct keyboard *keyboard = data;
	struct input_event event = { .kind = INPUT_KEY };

	/* Other states are the compositor's repetition: guests repeat keys themselves. */
	if (keyboard->focus == NULL || (state != WL_KEYBOARD_KEY_STATE_PRESSED &&
					       state != WL_KEYBOARD_KEY_STATE_RELEASED)) {
		return;
	}
	event.key.code = key;
	event.key.pressed = state == WL_KEYBOARD_KEY_STATE_PRESSED;
	event.key.time_ms = time_ms;
	window_tell_focus(keyboard->focus);
	if (keyboard->focus != NULL && keyboard->focus->told_focused) {
		window_input(keyboard->focus, &event);
	}
}

static void
handle_keyboard_modifiers(void *data, struct wl_keyboard *proxy, uint32_t serial,
	uint32_t depressed, uint32_t latched, uint32_t locked, uint32_t group)
{
	struct keyboard *keyboard = data;

	lock_keys_update(&keyboard->locks, depressed, latched, locked, group);
	tell_locks(keyboard);
}

static void
handle_keyboard_repeat_info(void *data, struct wl_keyboard *proxy, int32_t rate, int32_t delay_ms)
{
}

static const struct wl_keyboard_listener keyboard_listener = {
	.keymap = handle_keyboard_keymap,
	.enter = handle_keyboard_enter,
	.leave = handle_keyboard_leave,
	.key = handle_keyboard_key,
	.modifiers = handle_keyboard_modifiers,
	.repeat_info = handle_keyboard_repeat_info,
};

void
keyboard_init(struct keyboard *keyboard, struct seat *seat)
{
	if (keyboard->proxy != NULL) {
		return;
	}
	keyboard->seat = seat;
	keyboard->proxy = wl_seat_get_keyboard(seat->proxy);
	if (keyboard->proxy != NULL) {
		wl_keyboard_add_listener(keyboard->proxy, &keyboard_listener, keyboard);
	}
}

void
keyboard_finish(struct keyboard *keyboard)
{
	if (keyboard->proxy == NULL) {
		return;
	}
	wl_keyboard_release(keyboard->proxy);
	keyboard->proxy = NULL;
	lock_keys_finish(&keyboard->locks);
	move_focus(keyboard, NULL, NULL);
}

void
keyboard_tell_locks_again(struct keyboard *keyboard, struct window *window)
{
	if (keyboard->focus == window) {
		keyboard->locks_due = true;
		tell_locks(keyboard);
	}
}

void
keyboard_forget_window(struct keyboard *keyboard, struct window *window)
{
	if (keyboard->focus == window) {
		keyboard->focus = NULL;
	}
}
