#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "guest.h"
#include "input/router.h"
#include "monitor-mapping.h"
#include "wayland/display.h"
#include "wayland/window.h"

/*
 * The guest's monitors as the user wants them: which are plugged, where they are shown, which size
 * the guest is told. Windows are the desktop's (desktop.h); this decides what they are to be.
 * Monitors are known by (GPU, index), so that a guest's reset or another compositor changes
 * nothing.
 */

struct deadlines;
struct monitors;
struct view;
struct view_list;

/* Percent. */
#define MONITORS_ZOOM_MIN 25
#define MONITORS_ZOOM_MAX 400

enum monitors_fullscreen {
	FULLSCREEN_NONE,
	FULLSCREEN_SHOWN,  /* what is shown, each on a monitor of its own as far as there are */
	FULLSCREEN_OUTPUT, /* the first, on the output of a name */
	FULLSCREEN_ALL,    /* a guest monitor for each of the host's */
};

enum window_close {
	WINDOW_CLOSE_DETACH, /* the last window's end leaves the VM */
	WINDOW_CLOSE_ASK,    /* only the second time in a row */
	WINDOW_CLOSE_POWERDOWN,
};

/* By the command line. */
struct monitors_options {
	bool auto_resize; /* guest and window follow each other */
	bool even_width;  /* guests are asked for even widths only */
	bool plug_given;  /* `plug` counts, not what is remembered */
	uint32_t plug;    /* a bit for each console number */
	enum monitors_fullscreen fullscreen;
	const char *fullscreen_output;  /* of FULLSCREEN_OUTPUT */
	struct monitor_mapping mapping; /* counts with full screen; may be empty */
	uint32_t zoom_percent;          /* 0: what is remembered, else 100 */
	enum fit_mode mode;
	bool nearest; /* pixels of an enlarged picture are not smoothed */
	enum window_close window_close;
	bool remember; /* from one run to the next */
};

struct monitors_listener {
	/* Windows may have to be opened, closed or changed: see monitors_wants_window. */
	void (*changed)(void *data);
	/* The last window was closed, and that is the end. */
	void (*leave)(void *data);
};

/* All borrowed for the monitors' life. */
int monitors_create(sd_event *event, struct deadlines *deadlines, const struct view_list *views,
	const struct monitors_options *options, const struct monitors_listener *listener,
	void *data, struct monitors **ret_monitors);
/* NULL is fine. */
void monitors_destroy(struct monitors *monitors);

/* The VM is known, no head of it yet. What is remembered of it is read. qmp_path may be NULL. */
void monitors_set_guest(struct monitors *monitors, struct guest *guest,
	const struct guest_identity *identity, const char *qmp_path);

/* From the VM. */
void monitors_handle_head_added(struct monitors *monitors, struct view *view);
void monitors_handle_head_removed(struct monitors *monitors, struct view *view);
/* `resizable` may be another. */
void monitors_handle_head_changed(struct monitors *monitors, struct view *view);
void monitors_handle_scanout(struct monitors *monitors, struct view *view);
/* All heads are known, and what they show. */
void monitors_handle_synced(struct monitors *monitors);
/* Another viewer has it, as views says; its pictures go on. */
void monitors_handle_taken_over(struct monitors *monitors);
/* It is gone, as views says, and waited for: its monitors stay as they are. */
void monitors_handle_lost(struct monitors *monitors);
/* It is back: it is told anew what it is to have, unless it was taken over at once. */
void monitors_handle_back(struct monitors *monitors);
void monitors_handle_power_done(struct monitors *monitors, int error);

/* From the host; n 0: there is none at present. */
void monitors_handle_outputs(
	struct monitors *monitors, const struct display_output *outputs, uint32_t n);

/* From a window. */
/* before: see view_listener. */
void monitors_handle_room(
	struct monitors *monitors, struct view *view, const struct window_room *before);
void monitors_handle_action(
	struct monitors *monitors, struct view *view, const struct hotkey *hotkey);
void monitors_handle_close(struct monitors *monitors, struct view *view);

/* Whether the view is to have a window. */
bool monitors_wants_window(const struct monitors *monitors, const struct view *view);
/* Whether it may say that nothing is on, where no head is; others do when there is no such one. */
bool monitors_may_stand_in(const struct monitors *monitors, const struct view *view);
/* When the user asked for it; 0: it came by itself. */
uint64_t monitors_asked_ns(const struct monitors *monitors, const struct view *view);
