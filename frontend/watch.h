#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "picture.h"
#include "verdict.h"
#include "wayland/window.h"

/*
 * Follows how one guest monitor gets to the screen: gathers what the verdict depends on, says in
 * the log when it changes, and keeps the counts of windows that are gone.
 */

/* How often a new verdict is worth a line in the log, and how many may come at once. */
#define WATCH_LOG_INTERVAL_NS UINT64_C(1000000000)
#define WATCH_LOG_BURST 8
/* How often frames are a reason to look, besides each time that the compositor tells of one. */
#define WATCH_LOOK_INTERVAL_NS UINT64_C(100000000)
/*
 * What came when it was not time to look, or to speak, is looked at with a later frame; or, should
 * there be none, so long after that time.
 */
#define WATCH_LATE_NS UINT64_C(50000000)

/* What there is at the moment. */
struct watch_subject {
	uint32_t console;
	const struct picture *picture; /* NULL: there is no window */
	const struct window *window;   /* NULL: the same */
	const struct scanout *scanout; /* NULL: off */
	bool loses_refresh;            /* the VMM cannot tell the guest the monitor's rate */
	bool forced;                   /* the user chose the path */
};

struct watch {
	struct picture_verdict last_picture; /* of the windows before this one */
	struct window_counts last_window;
	enum zero_copy zero_copy;    /* of the last frame whose fate was told */
	struct verdict_facts judged; /* when it was last looked */
	struct verdict told;         /* what was last said */
	uint64_t look_from_ns;       /* when it is looked again */
	uint64_t tell_from_ns;       /* when something may be said again */
	struct deadline deadline;    /* of a look that was put off */
};

/* late: watch_tell() is to be called, whatever there is to be told. */
void watch_init(
	struct watch *watch, struct deadlines *deadlines, void (*late)(void *data), void *data);
void watch_finish(struct watch *watch);

/* A frame was shown: as cheap as nothing unless something has changed. */
void watch_tell(struct watch *watch, const struct watch_subject *subject, uint64_t now_ns);
/* Something has changed that a frame may follow; it is looked at without one, too. */
void watch_look_later(struct watch *watch, uint64_t now_ns);
void watch_handle_presented(struct watch *watch, const struct presentation_info *info);
/* The window goes; its counts are kept. */
void watch_end_window(struct watch *watch, const struct watch_subject *subject);

/* All that is known now. Asks the kernel as well: not for every frame. */
void watch_judge(const struct watch *watch, const struct watch_subject *subject,
	struct verdict *ret_verdict);
/* Of all windows so far; path "hidden" without one. */
struct picture_verdict watch_picture(
	const struct watch *watch, const struct watch_subject *subject);
struct window_counts watch_window(const struct watch *watch, const struct watch_subject *subject);
