#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <wayland-client.h>

#include "format-set.h"

struct display;
struct zwp_linux_dmabuf_feedback_v1;

/* linux-dmabuf's format table: 16 bytes an entry, told apart by indices of 16 bits. */
#define FEEDBACK_MAX_TABLE_ENTRIES 65536
/* One per device and use is what compositors send: of more, the pairs count, the order does not. */
#define FEEDBACK_MAX_SCANOUT_TRANCHES 8

struct feedback_entry {
	uint32_t fourcc;
	uint32_t padding;
	uint64_t modifier;
};

/* Pairs that the compositor could scan out, on that device. */
struct feedback_tranche {
	dev_t device; /* 0: it did not say */
	struct format_set formats;
};

/* All that one `done` completes. */
struct feedback_state {
	dev_t main_device;         /* that dma-bufs are imported to; 0: not known (version 3) */
	struct format_set allowed; /* of all tranches: nothing else may be sent */
	uint32_t n_scanout;
	struct feedback_tranche scanout[FEEDBACK_MAX_SCANOUT_TRANCHES]; /* the best first */
};

/*
 * What the compositor takes as a dma-buf, for all surfaces or for one, and keeps up to date
 * (linux-dmabuf version 4 and later). Zero-initialise.
 */
struct feedback {
	struct zwp_linux_dmabuf_feedback_v1 *proxy;
	struct feedback_entry *table; /* a copy */
	size_t n_entries;
	struct feedback_state coming; /* collects tranches until done */
	/* The tranche that is being told: its parts come in any order. */
	dev_t tranche_device;
	bool tranche_scans_out;
	struct wl_array tranche_indices;
	struct feedback_state state; /* of the last done */
	/*
	 * It is another now. formats: what is taken, or by which device; else only what may be
	 * scanned out. NULL: nobody asks.
	 */
	void (*changed)(void *data, bool formats);
	void *data;
};

/*
 * For one surface, or (NULL) the defaults, which also are what counts for a surface until the
 * compositor has said more. Does nothing where the compositor has no version 4.
 */
void feedback_init(struct feedback *feedback, struct display *display, struct wl_surface *surface);
void feedback_finish(struct feedback *feedback);

/* Listens on the dmabuf global: format and modifier events of version 3, else the defaults. */
void feedback_listen(struct display *display);

/* The first tranche that the pair could be scanned out by; NULL: by none. */
const struct feedback_tranche *feedback_find_scanout(
	const struct feedback_state *state, uint32_t fourcc, uint64_t modifier);
