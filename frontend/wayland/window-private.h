#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "feedback.h"
#include "guest-cursor.h"
#include "output.h"
#include "pointer-lock.h"
#include "pointer-warp.h"
#include "shortcuts.h"
#include "stage.h"
#include "surface-scale.h"
#include "window.h"

struct lock_keys;
struct toplevel;
struct toplevel_configure;
struct zwp_idle_inhibitor_v1;

/*
 * Longer titles are cut: a request has to fit 4096 bytes. The longest names that a VM can have
 * leave room for all that is said behind them, as how the user gets out.
 */
#define WINDOW_TITLE_SIZE 640
/* Nobody's window spans more monitors; the refresh of those beyond is not looked at. */
#define WINDOW_MAX_OUTPUTS 16
/* Larger ones are enlarged so far by us, and the rest of the way by the compositor. */
#define WINDOW_MAX_ENLARGEMENT 8
/* Pairs that a VM tried in vain and that are remembered; after more, every change is told. */
#define WINDOW_MAX_REFUSED 64

enum window_state {
	WINDOW_EMPTY,       /* no frame yet */
	WINDOW_CONFIGURING, /* the compositor was asked for a size */
	WINDOW_MAPPED,
};

struct window {
	struct sink sink;
	struct display *display;
	struct wl_list link;
	const struct window_listener *listener;
	void *data;
	enum window_state state;

	char title[WINDOW_TITLE_SIZE];
	char app_id[WINDOW_TITLE_SIZE];

	struct stage stage;
	struct toplevel *toplevel; /* NULL until the first frame */
	struct feedback feedback;
	struct format_set refused; /* pairs that sink_takes() said no to */
	bool import_refused;       /* so did the compositor, to a pair that it had announced */
	struct guest_cursor cursor;
	bool cursor_apart; /* on the picture; the pointer's is the host's */
	struct pointer_lock lock;
	struct pointer_warp warp;
	struct shortcuts shortcuts;
	struct zwp_idle_inhibitor_v1 *idle_inhibitor; /* NULL: the host may go to sleep */
	struct surface_scale scale;
	bool nearest;    /* pixels are not smoothed */
	bool fullscreen; /* as the compositor has it */
	bool maximized;  /* and somebody wanted it to be: see window_note_states() */
	bool said_maximized;
	bool opens_maximized;
	bool wishes_fullscreen;
	uint32_t wished_output;                     /* to cover, its name in the registry; 0: any */
	bool fullscreen_due;                        /* the wish has not been sent */
	bool insisted;                              /* it was sent again */
	bool suspended;                             /* the compositor: nobody sees it */
	uint32_t n_keyboards;                       /* seats whose keyboard is here */
	uint32_t known_locks;                       /* of the keyboard that told last */
	uint32_t n_pointers;                        /* seats whose pointer is */
	struct output *outputs[WINDOW_MAX_OUTPUTS]; /* last entered last */
	uint32_t n_outputs;

	/* What the listener was last told, and what it is still to be told. */
	bool told_visible;
	bool told_locked;
	bool told_focused;
	bool told_suspended;
	enum window_shortcuts told_shortcuts;
	uint32_t told_refresh_mhz;
	struct window_room told_room;
	bool relayout_due; /* once the compositor reads again */
	bool formats_due;
	bool report_due;
	bool close_due;
};

/* NULL for surfaces of libraries, and for none. */
struct window *window_find(struct display *display, struct wl_surface *surface);
/* From the event loop: tells all windows' listeners what is due. */
void window_tell_all(struct display *display);
/* The socket takes requests again: commits the frames that were held back. */
void window_unblock_all(struct display *display);

/* The guest's cursor, what is under it, or the pointer lock, is another one. */
void window_refresh_cursor(struct window *window);

/* What window_report() says may have changed. */
void window_report_later(struct window *window);

/* window-sink.c */
extern const struct sink_ops window_sink_ops;
void window_handle_feedback_changed(void *data, bool formats);
/* What it takes for this window; in version 3 there is nothing of the window's own. */
const struct feedback_state *window_feedback(const struct window *window);
/* The compositor did not take a buffer for this window. */
void window_note_refusal(struct window *window);

/* From the sink: a frame is queued on the stage. */
void window_show_frame(struct window *window);
/* The geometry has changed by itself: shown at once, where there is a window. */
void window_relayout(struct window *window);

/* window-outputs.c */
void window_watch_outputs(struct window *window);
void window_leave_output(struct window *window, struct output *output);
/* An output that it may be on has changed. */
void window_handle_output_changed(struct window *window);
/* Scale and monitor's size go to the geometry; whether it is to be laid out anew. */
bool window_measure(struct window *window);
uint32_t window_current_refresh(const struct window *window);
/* Enough pixels per logical one for what is drawn by us. */
uint32_t window_whole_scale(const struct window *window);

/* window-size.c */
/* While the window's state is still that of before. */
void window_note_states(struct window *window, const struct toplevel_configure *configure);
void window_measure_room(const struct window *window, struct window_room *ret_room);
void window_apply_fullscreen(struct window *window);
void window_insist_on_fullscreen(struct window *window, const struct toplevel_configure *configure);
/* After a new layout: how large pictures are to be made, for the importers. */
void window_choose_enlargement(struct window *window);

/* window-manners.c */
void window_activate(struct window *window);

/* window-input.c */
bool window_has_focus(const struct window *window);
/* From seats, in the order in which the user did it. The window may be gone afterwards. */
void window_input(struct window *window, const struct input_event *event);
void window_enter_keyboard(struct window *window, const struct wl_array *keys);
void window_leave_keyboard(struct window *window);
/* It is seen, or not seen, from now on. */
void window_tell_suspended(struct window *window);
/* Before a key, as it may be due. */
void window_tell_focus(struct window *window);
void window_enter_pointer(struct window *window);
void window_leave_pointer(struct window *window);
void window_tell_shortcuts(struct window *window);
void window_tell_locks(struct window *window, const struct lock_keys *locks);
