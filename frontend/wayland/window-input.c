#include "window-private.h"

#include "display-private.h"
#include "lock-keys.h"

/* What the user's devices do over a window, and what is asked of them for it. */

/* Nobody types into a window that nobody sees: what is held is let go of. */
bool
window_has_focus(const struct window *window)
{
	return window->n_keyboards > 0 && !window->suspended;
}

void
window_tell_focus(struct window *window)
{
	struct display *display = window->display;
	bool focused = window_has_focus(window);

	if (focused == window->told_focused) {
		return;
	}
	window->told_focused = focused;
	if (!focused && !seat_release_window(display, window)) {
		return;
	}
	window->listener->focus(window->data, focused, NULL, 0);
	if (focused) {
		/* Nothing, if it is gone. */
		seat_tell_locks_again(display, window);
	}
}

/* Also without the keyboard. */
void
window_tell_suspended(struct window *window)
{
	window->told_suspended = window->suspended;
	if (window->suspended) {
		seat_release_window(window->display, window);
	}
}

void
window_tell_locks(struct window *window, const struct lock_keys *locks)
{
	window->known_locks = locks->known;
	window->listener->locks(window->data, locks->on);
}

uint32_t
window_known_locks(const struct window *window)
{
	return window->known_locks;
}

void
window_tell_shortcuts(struct window *window)
{
	enum window_shortcuts state = shortcuts_state(&window->shortcuts);

	if (state != window->told_shortcuts) {
		window->told_shortcuts = state;
		window->listener->shortcuts(window->data, state);
	}
}

void
window_input(struct window *window, const struct input_event *event)
{
	window->listener->input(window->data, event);
}

void
window_enter_keyboard(struct window *window, const struct wl_array *keys)
{
	window->n_keyboards++;
	shortcuts_update(&window->shortcuts);
	if (window_has_focus(window)) {
		window->told_focused = true;
		window->listener->focus(
			window->data, true, keys->data, keys->size / sizeof(uint32_t));
	}
}

/* Told for each: what this keyboard held would stay down while another one has the focus. */
void
window_leave_keyboard(struct window *window)
{
	window->n_keyboards--;
	if (!window->told_focused) {
		return;
	}
	window->told_focused = false;
	display_notify_later(window->display);
	if (seat_release_window(window->display, window)) {
		window->listener->focus(window->data, false, NULL, 0);
	}
}

void
window_enter_pointer(struct window *window)
{
	if (window->n_pointers++ == 0) {
		window->listener->hover(window->data, true);
	}
}

void
window_leave_pointer(struct window *window)
{
	if (--window->n_pointers == 0) {
		window->listener->hover(window->data, false);
	}
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

void
window_set_pointer_hint(struct window *window, double gx, double gy)
{
	pointer_lock_set_hint(&window->lock, gx, gy);
}

void
window_warp_pointer(struct window *window, double gx, double gy)
{
	pointer_warp_to(&window->warp, gx, gy);
}

void
window_inhibit_shortcuts(struct window *window, bool inhibit)
{
	shortcuts_set(&window->shortcuts, inhibit);
	display_notify_later(window->display);
}
