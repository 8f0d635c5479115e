#include "shortcuts.h"

#include <stdlib.h>

#include "base/log.h"
#include "display-private.h"
#include "keyboard-shortcuts-inhibit-unstable-v1-client.h"
#include "window-private.h"

struct inhibitor {
	struct shortcuts *shortcuts;
	const struct seat *seat;
	struct wl_list link;
	struct zwp_keyboard_shortcuts_inhibitor_v1 *proxy;
	bool active;
	bool was_active;
};

static void
inhibitor_destroy(struct inhibitor *inhibitor)
{
	wl_list_remove(&inhibitor->link);
	zwp_keyboard_shortcuts_inhibitor_v1_destroy(inhibitor->proxy);
	free(inhibitor);
}

/* At once, not later: keys that come in the same breath are meant for whom this says. */
static void
set_active(struct inhibitor *inhibitor, bool active)
{
	inhibitor->active = active;
	inhibitor->was_active |= active;
	window_tell_shortcuts(inhibitor->shortcuts->window);
}

static void
handle_inhibitor_active(void *data, struct zwp_keyboard_shortcuts_inhibitor_v1 *proxy)
{
	set_active(data, true);
}

static void
handle_inhibitor_inactive(void *data, struct zwp_keyboard_shortcuts_inhibitor_v1 *proxy)
{
	set_active(data, false);
}

static const struct zwp_keyboard_shortcuts_inhibitor_v1_listener inhibitor_listener = {
	.active = handle_inhibitor_active,
	.inactive = handle_inhibitor_inactive,
};

void
shortcuts_init(struct shortcuts *shortcuts, struct window *window)
{
	shortcuts->window = window;
	wl_list_init(&shortcuts->inhibitors);
}

static void
remove_all(struct shortcuts *shortcuts)
{
	struct inhibitor *inhibitor, *next;

	wl_list_for_each_safe(inhibitor, next, &shortcuts->inhibitors, link)
	{
		inhibitor_destroy(inhibitor);
	}
}

void
shortcuts_finish(struct shortcuts *shortcuts)
{
	remove_all(shortcuts);
	shortcuts->wanted = false;
}

enum window_shortcuts
shortcuts_state(const struct shortcuts *shortcuts)
{
	const struct globals *globals = &shortcuts->window->display->globals;
	enum window_shortcuts state = WINDOW_SHORTCUTS_ASKED;
	const struct inhibitor *inhibitor;

	if (!shortcuts->wanted) {
		return WINDOW_SHORTCUTS_HOST;
	}
	if (globals->shortcuts_inhibit_manager == NULL) {
		return WINDOW_SHORTCUTS_UNSUPPORTED;
	}
	wl_list_for_each(inhibitor, &shortcuts->inhibitors, link)
	{
		if (inhibitor->active) {
			return WINDOW_SHORTCUTS_INHIBITED;
		}
		if (inhibitor->was_active) {
			state = WINDOW_SHORTCUTS_TAKEN_BACK;
		}
	}
	return state;
}

static bool
has_inhibitor(const struct shortcuts *shortcuts, const struct seat *seat)
{
	const struct inhibitor *inhibitor;

	wl_list_for_each(inhibitor, &shortcuts->inhibitors, link)
	{
		if (inhibitor->seat == seat) {
			return true;
		}
	}
	return false;
}

static void
add_inhibitor(struct shortcuts *shortcuts, const struct seat *seat)
{
	struct window *window = shortcuts->window;
	struct inhibitor *inhibitor = calloc(1, sizeof(*inhibitor));

	if (inhibitor != NULL) {
		inhibitor->proxy = zwp_keyboard_shortcuts_inhibit_manager_v1_inhibit_shortcuts(
			window->display->globals.shortcuts_inhibit_manager,
			window->stage.base.surface, seat->proxy);
	}
	if (inhibitor == NULL || inhibitor->proxy == NULL) {
		log_warning("no memory to ask for the host's shortcuts: they stay the host's");
		free(inhibitor);
		return;
	}
	inhibitor->shortcuts = shortcuts;
	inhibitor->seat = seat;
	wl_list_insert(&shortcuts->inhibitors, &inhibitor->link);
	zwp_keyboard_shortcuts_inhibitor_v1_add_listener(
		inhibitor->proxy, &inhibitor_listener, inhibitor);
}

void
shortcuts_update(struct shortcuts *shortcuts)
{
	struct display *display = shortcuts->window->display;
	const struct seat *seat;

	if (!shortcuts->wanted || display->globals.shortcuts_inhibit_manager == NULL) {
		return;
	}
	wl_list_for_each(seat, &display->seats, link)
	{
		if (seat->keyboard.focus == shortcuts->window && !has_inhibitor(shortcuts, seat)) {
			add_inhibitor(shortcuts, seat);
		}
	}
}

void
shortcuts_set(struct shortcuts *shortcuts, bool wanted)
{
	shortcuts->wanted = wanted;
	if (wanted) {
		shortcuts_update(shortcuts);
	} else {
		remove_all(shortcuts);
	}
}

void
shortcuts_lose_seat(struct display *display, const struct seat *seat)
{
	struct inhibitor *inhibitor, *next;
	struct window *window;

	wl_list_for_each(window, &display->windows, link)
	{
		wl_list_for_each_safe(inhibitor, next, &window->shortcuts.inhibitors, link)
		{
			if (inhibitor->seat == seat) {
				inhibitor_destroy(inhibitor);
				display_notify_later(display);
			}
		}
	}
}
