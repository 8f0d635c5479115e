#pragma once

#include "base/rate.h"
#include "cursor-keeper.h"
#include "gone-message.h"
#include "input/router.h"
#include "input/warp.h"
#include "meter.h"
#include "off-message.h"
#include "snapshot.h"
#include "stats-overlay.h"
#include "view.h"
#include "watch.h"
#include "wayland/window.h"

/* What view.c (the head: what the guest says of it), view-window.c (its window) and view-input.c
 * share. */

#define VIEW_PASSING_SIZE 160

struct view {
	const struct view_context *context;
	struct guest_head *head;
	struct flow_head *flow;
	bool stats_wanted;

	bool has_scanout;
	struct scanout scanout; /* its buffer is referenced */
	uint64_t off_since_ns;

	struct cursor_keeper cursor;
	struct rate changes;        /* of its name and pointer, by the guest */
	struct deadline change_due; /* of one that came too fast */
	bool cursor_placed;
	int32_t cursor_gx, cursor_gy; /* its top left corner, once the guest has said */
	enum pointer_mode pointer_mode;
	struct warp warp;
	bool leds_known;
	uint32_t leds;

	const struct view_loss *loss; /* NULL: the VM is there */
	bool outdated;                /* the scanout is of before the VM went */
	bool view_only;               /* another viewer has the VM, and its pictures go on */

	struct view_wishes wishes;

	/* While shown. */
	struct window *window;
	struct picture *picture;
	struct off_message *off_message;     /* NULL: the picture, or the last one, is shown */
	struct gone_message *gone_message;   /* over the last picture; NULL: not shown */
	struct stats_overlay *stats_overlay; /* NULL: not shown */
	struct window_room room;             /* all 0: not known yet */
	struct router *router;
	char *vm_name;
	const char *notice; /* static text, or NULL */
	char passing[VIEW_PASSING_SIZE];
	struct deadline passing_end;
	struct snapshot *snapshot; /* being written; NULL: none */
	bool visible;

	struct watch watch;
	struct meter meter;
};

/* Borrows what the view has now. */
struct watch_subject view_watch_subject(const struct view *view);
/* data: the view. */
void view_tell_verdict(void *data);
/* Whatever is in it has changed. */
void view_refresh_title(struct view *view);
/* The scanout, as far as it is for the user to see, becomes the window's picture. */
void view_show_scanout(struct view *view);
/* Whether the host may blank its screens depends on what is shown. */
void view_keep_awake(struct view *view);
/* The guest's picture takes the place of the words. */
void view_end_off_message(struct view *view);
void view_end_gone_message(struct view *view);
/* data: the view, whose passing words have been read. */
void view_end_passing(void *data);

/* view-lost.c */
/* What there is to be said in its window, as far as it is not. */
void view_say_lost(struct view *view);
/* Nothing in its window is for the guest: keys, pointer and cursor are the host's. */
void view_return_devices(struct view *view);
/* What the user does meanwhile. */
void view_note_call(struct view *view, const struct input_event *event);

/* view-input.c. data: the view. */
extern const struct router_listener view_router_listener;
/* Without memory there are none; their key can be pressed again. */
void view_show_stats(struct view *view);
/* Nothing when there are none. */
void view_hide_stats(struct view *view);
