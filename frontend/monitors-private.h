#pragma once

#include "deadline.h"
#include "layout.h"
#include "layout-file.h"
#include "monitors.h"
#include "resizer.h"
#include "view.h"
#include "view-list.h"

/*
 * What monitors.c (events), monitors-act.c (what the user does), monitors-plug.c (what is
 * connected), monitors-place.c (which of the host's monitors), monitors-tell.c (what the guest
 * hears), monitors-lost.c (a guest that hears nothing) and monitors-layout.c (what is remembered)
 * share.
 */

/* A guest with monitors nobody said a size for. */
#define MONITORS_DEFAULT_WIDTH 1280
#define MONITORS_DEFAULT_HEIGHT 800
#define MONITORS_ZOOM_STEP 25
/* The second time the window is closed counts as an answer for so long. */
#define MONITORS_ASK_NS UINT64_C(10000000000)
/* Changes of the layout within this are written once. */
#define MONITORS_SAVE_NS UINT64_C(1000000000)

/* A monitor of the guest, also while its head is not there. */
struct monitor {
	struct monitors *monitors;
	char gpu[GUEST_TEXT_SIZE];
	uint32_t index;
	struct view *view; /* NULL: the guest has no such head at present */

	bool plugged;      /* connected, as far as we are concerned */
	bool closed;       /* the user closed its window: it does not come back by itself */
	bool lost_output;  /* what it is to cover is not there: unplugged for the time being */
	uint64_t asked_ns; /* when the user asked for it; 0: it came by itself */
	bool maximized;    /* also below full screen */
	bool fullscreen;
	bool placed;     /* on an output that counts more than where the window happens to be */
	bool own_way;    /* the user has changed that since */
	uint32_t output; /* to cover; 0: the compositor's choice */
	struct output_name home; /* where it is to be on full screen; where has_home */
	bool has_home;
	uint32_t seen_output; /* where its window was last, on full screen; 0: nowhere yet */
	int32_t floating_width, floating_height; /* logical; 0: not known */
	uint32_t zoom_percent;

	struct resizer resizer;
	int32_t width, height; /* that the guest is to have, its pixels; 0: its own choice */
	bool told;             /* `geometry` */
	struct head_geometry geometry;
};

struct monitors {
	sd_event *event; /* borrowed */
	struct deadlines *deadlines;
	const struct view_list *views;
	const struct monitors_options *options;
	const struct monitors_listener *listener;
	void *data;
	struct guest *guest; /* NULL before it is attached */
	bool synced;

	uint32_t n_monitors;
	struct monitor monitors[GUEST_MAX_HEADS];
	uint32_t n_outputs;
	struct display_output outputs[DISPLAY_MAX_OUTPUTS];
	bool complained; /* of outputs that the command line names and that are not there */
	uint64_t close_asked_ns;
	bool powers_down; /* the VM was told, as the last window was closed */

	struct layout_file *layout_file; /* NULL: nothing is remembered */
	struct layout remembered;
	struct deadline save;
};

/* NULL: the view is of none. */
struct monitor *monitors_find(const struct monitors *monitors, const struct view *view);
/* In the order of their consoles; NULL: there are not so many at present. */
struct monitor *monitors_at(struct monitors *monitors, uint32_t number);
/* Whether it has, or is to have, a window. */
bool monitor_is_shown(const struct monitor *monitor);
/* How the window is to be has changed. */
void monitor_apply(struct monitor *monitor);
/* NULL: it is gone. */
const struct display_output *monitors_find_output(const struct monitors *monitors, uint32_t id);

/* monitors-place.c: which monitors of the host are covered by what, by the command line. */
void monitors_place(struct monitors *monitors);
/* Only of what the user has put on full screen, or the command line names no monitor for. */
void monitors_place_homes(struct monitors *monitors);
/* On full screen: home is where it is seen first, and where the user moves it. */
void monitor_note_home(struct monitor *monitor, const struct window_room *before);
/* There are none: when some are back, they have other ids, and maybe those of others. */
void monitors_forget_outputs(struct monitors *monitors);

/* monitors-plug.c */
void monitor_plug(struct monitor *monitor);
void monitor_unplug(struct monitor *monitor);
/* By the command line, else by what is remembered; once all heads are known. */
void monitors_plug_asked(struct monitors *monitors);
/* The same for one that has come later. */
void monitor_plug_asked(struct monitor *monitor);

/* monitors-tell.c */
/* The output that its window is on, or is to cover, or is most likely to come up on; NULL: none. */
const struct display_output *monitor_output(const struct monitor *monitor);
/* Whether the guest would hear it: not while it is gone, or another viewer's. */
bool monitors_can_tell(const struct monitors *monitors);
/* The guest hears what has changed: of all, as one's size moves its neighbours. */
void monitors_tell(struct monitors *monitors);

/* monitors-layout.c */
void monitors_open_layout(
	struct monitors *monitors, const struct guest_identity *identity, const char *qmp_path);
void monitors_close_layout(struct monitors *monitors);
/* What is remembered of a monitor that has just come up. */
void monitor_recall(struct monitor *monitor);
/* Which of them are to be plugged, once all are known. */
void monitors_recall_plugs(struct monitors *monitors);
/* Soon. */
void monitors_save_later(struct monitors *monitors);
