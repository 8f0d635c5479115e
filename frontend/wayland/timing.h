#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-client.h>

#include "sink.h"

struct display;
struct wp_presentation_feedback;

/*
 * Of how many commits one is asked about while nobody measures. Asking costs libwayland 40 % of
 * what the frame costs: so it is 1 % of all.
 */
#define TIMING_SAMPLE 32
/* Commits whose fate is unknown. A compositor that owes more is not asked about the next ones. */
#define TIMING_MAX_PENDING 64

struct timing_request {
	struct timing *timing;
	struct wp_presentation_feedback *proxy; /* NULL: free */
	uint64_t committed_ns;
};

/*
 * What becomes of a window's commits, by wp_presentation: when they were seen, and whether the
 * buffer was scanned out. Zero-initialise.
 */
struct timing {
	struct display *display;
	bool every;         /* ask about every commit */
	uint32_t unsampled; /* commits since the last that was asked about */
	uint32_t next;      /* of requests, a ring */
	struct timing_request requests[TIMING_MAX_PENDING];
	/* Called from the event loop. May finish the timing. */
	void (*presented)(void *data, const struct presentation_info *info);
	void *data;
};

/* Once wp_presentation is bound: learns by which clock the compositor counts. */
void timing_listen(struct display *display);

void timing_init(struct timing *timing, struct display *display,
	void (*presented)(void *data, const struct presentation_info *info), void *data);
void timing_finish(struct timing *timing);

/* What becomes of the next commit may differ from what became of the last: it is asked about. */
void timing_expect_change(struct timing *timing);

/* Before a commit of the surface: asks about it if it is its turn, or if it must be. */
void timing_request(struct timing *timing, struct wl_surface *surface, bool must);
