#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "deadline.h"
#include "flow.h"
#include "guest.h"
#include "input/router.h"
#include "picture.h"
#include "stats.h"
#include "verdict.h"
#include "wayland/window.h"

/*
 * A guest monitor as the frontend has it: what it shows, its answers, and, while it is shown, its
 * window with a picture, input and a cursor. Wires the two halves together for one head.
 */

struct display;
struct text_renderer;
struct view;

/*
 * How often a second, and at once, a guest may change the name of its monitor or the kind of its
 * pointer: the compositor is asked for another title, or for the pointer, each time. The last
 * counts.
 */
#define VIEW_CHANGES_PER_S 10

struct view_listener {
	/* It was turned on or off, has another size, or is off and has another scanout. */
	void (*scanout_changed)(void *data, struct view *view);
	/* It is on, as large as before, and shows something else. */
	void (*content_changed)(void *data, struct view *view);
	/* Its picture cannot be shown in any way that is allowed; logged. */
	void (*hopeless)(void *data, struct view *view);
	/* While it is measured: an interval ended, view_status() has new numbers. */
	void (*measured)(void *data, struct view *view);
	/* The user closed the window; it is still there. */
	void (*closed)(void *data, struct view *view);
	/*
	 * Its window has another size, or is on another monitor of the host's. before: what
	 * view_room() was; all 0 for a new window.
	 */
	void (*room_changed)(void *data, struct view *view, const struct window_room *before);
	/* While its VM is gone: the user clicked, or pressed Enter. */
	void (*called)(void *data, struct view *view);
	/* The user pressed one of our keys over it; those that concern the view alone are done. */
	void (*action)(void *data, struct view *view, const struct hotkey *hotkey);
};

/* What has become of a VM that is gone, for the user. Static text. */
struct view_loss {
	const char *title;
	const char *heading, *hint;
};

/* How its window is to be, whenever there is one. */
struct view_wishes {
	bool maximized; /* from when it opens; full screen comes before that */
	bool fullscreen;
	uint32_t output; /* to cover, display_output.id; 0: the compositor's choice */
	int32_t floating_width, floating_height; /* to open in, logical; 0: the picture's own */
	uint32_t zoom_percent;                   /* 0: 100 */
	enum fit_mode mode;
	bool nearest; /* window_set_nearest */
	bool follows; /* window_set_follows */
};

struct view_context {
	sd_event *event;
	struct guest *guest;
	struct deadlines *deadlines;
	struct flow *flow;
	const struct picture_policy *policy;
	struct text_renderer *text;
	const struct fetch_means *means; /* for pictures that the user saves */
	const struct input_options *input;
	bool show_stats; /* from the start */
	const struct view_listener *listener;
	void *data;
};

/* The context is borrowed for the view's life, the head until view_destroy. */
int view_create(
	const struct view_context *context, struct guest_head *head, struct view **ret_view);
/* NULL is fine. */
void view_destroy(struct view *view);

/* A window on the display; nothing when there is one already. vm_name: for its title. */
int view_show(struct view *view, struct display *display, const char *vm_name);
/* The head's label has changed. Where that is too often (VIEW_CHANGES_PER_S), later. */
void view_update_title(struct view *view);
/* A few words in the title, until another notice. Static text. */
void view_set_notice(struct view *view, const char *notice);
/* A few more for so long, or until others are said; copied, and cut where they are too long. */
void view_say(struct view *view, const char *text, uint64_t for_ns);
/*
 * The monitor is off for good, as far as anybody can tell: until something comes, its window says
 * so instead of holding the last picture. Nothing when it does already, or there is no window.
 */
void view_say_off(struct view *view);
/*
 * The VM is gone: nothing more is answered, the user's devices are the host's, and the window says
 * so over the last picture, which is kept. Again for another reason. loss is borrowed until
 * view_handle_back: from then on the next picture is as any other.
 */
void view_handle_lost(struct view *view, const struct view_loss *loss);
void view_handle_back(struct view *view);
/*
 * Another viewer has the VM, and its pictures go on: the user's devices are the host's, until
 * view_handle_lost. The guest's cursor is shown where it is.
 */
void view_handle_taken_over(struct view *view);
/* At once, and for each window to come. */
void view_set_wishes(struct view *view, const struct view_wishes *wishes);
const struct view_wishes *view_wishes(const struct view *view);
/* All 0 while there is no window, or nothing in it. */
const struct window_room *view_room(const struct view *view);
/* See window_end_hold; nothing without a window. */
void view_end_hold(struct view *view);

/* Lets go of the window. What the guest shows is still followed. */
void view_hide(struct view *view);
bool view_is_shown(const struct view *view);
/* Nothing can be seen of its window: what the guest shows cannot be shown, nor was it before. */
bool view_is_blank(const struct view *view);

struct guest_head *view_head(const struct view *view);
/* NULL while the head is off. */
const struct scanout *view_scanout(const struct view *view);
enum pointer_mode view_pointer_mode(const struct view *view);
/*
 * The guest's cursor and its top left corner, in guest pixels; borrowed until the next event.
 * False: it shows none, or has not said where.
 */
bool view_cursor(
	const struct view *view, struct cursor_image *ret_image, int32_t *ret_gx, int32_t *ret_gy);
/* On, and not just a message of the VMM's. */
bool view_is_on(const struct view *view);
/* When it was last on; 0: never, or now. */
uint64_t view_off_since_ns(const struct view *view);
/* That its compositor draws with; 0: not known, or there is no window. */
dev_t view_device(const struct view *view);
/* The policy, or what importers can do, has changed. */
void view_retry(struct view *view);

struct view_status {
	struct picture_verdict picture; /* path "hidden" without a window */
	struct verdict verdict;
	struct flow_counts counts;
	struct window_counts window; /* of all its windows */
	struct stats_report stats;
};
/* Asks the kernel as well: not for every frame. */
struct view_status view_status(const struct view *view);

/* Whether frames are measured. Whoever says true says false later; the last one stops it. */
int view_set_measuring(struct view *view, bool measuring);

/* To the guest, past the window's keyboard and pointer. */
void view_input(struct view *view, const struct input_event *event);

/* From the guest, for this head. */
void view_handle_scanout(struct view *view, const struct scanout *scanout);
void view_handle_buffer_removed(struct view *view, struct buffer *buffer);
void view_handle_update(struct view *view, const struct rect *damage, uint64_t serial);
void view_handle_settled(struct view *view);
void view_handle_cursor(struct view *view, const struct cursor_image *image);
/*
 * Where the guest has the top left corner of its cursor. Guests hide it without taking its picture
 * away.
 */
void view_handle_cursor_position(struct view *view, int32_t gx, int32_t gy, bool shown);
void view_handle_pointer_mode(struct view *view, enum pointer_mode mode);
void view_handle_leds(struct view *view, uint32_t mask);
