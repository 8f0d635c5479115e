#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cursor.h"
#include "input.h"
#include "sink.h"

/*
 * A toplevel that shows one guest monitor: a sink. The picture fills it, or is fitted into it
 * with black bars. The only code that touches wl_surface of a picture. It is mapped with the
 * first frame, at that frame's size.
 */

struct display;
struct window;

struct window_listener {
	struct sink_listener sink;
	/* The user wants it closed. */
	void (*close)(void *data);
	/*
	 * Keys, buttons, motion in guest pixels (relative motion while the pointer is locked),
	 * wheel and touch. Coalesced per wl_pointer.frame; order of buttons is kept.
	 */
	void (*input)(void *data, const struct input_event *event);
	/* Keyboard focus came, or a keyboard went (of two seats, each): its keys are not told as
	 * up. */
	void (*focus)(void *data, bool focused);
	/* The pointer is locked to the window, or free again. */
	void (*pointer_locked)(void *data, bool locked);
	/* Refresh of the output that it is on, in mHz; 0: unknown. */
	void (*refresh)(void *data, uint32_t refresh_mhz);
};

/* The title is shown as it is; app_id names the desktop entry. */
int window_create(struct display *display, const char *title, const char *app_id,
	const struct window_listener *listener, void *data, struct window **ret_window);
/* Host buffers of its sink must have been dropped. NULL is fine. */
void window_destroy(struct window *window);

struct sink *window_sink(struct window *window);

void window_set_title(struct window *window, const char *title);

/*
 * The guest's cursor becomes the host's over the picture. NULL hides it. Until the first call the
 * host's arrow is shown. The pixels are copied. -EAGAIN: the compositor does not read; try again
 * after the next frame.
 */
int window_set_cursor(struct window *window, const struct cursor_image *image);

/*
 * Locks the pointer to the window and reports relative motion, until unlocked here, or by the
 * compositor. -ENOTSUP when the compositor can not.
 */
int window_lock_pointer(struct window *window);
void window_unlock_pointer(struct window *window);
