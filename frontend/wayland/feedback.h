#pragma once

#include <stddef.h>
#include <stdint.h>
#include <wayland-client.h>

#include "format-set.h"

struct display;
struct zwp_linux_dmabuf_feedback_v1;

/* linux-dmabuf's format table: 16 bytes an entry, told apart by indices of 16 bits. */
#define FEEDBACK_MAX_TABLE_ENTRIES 65536

struct feedback_entry {
	uint32_t fourcc;
	uint32_t padding;
	uint64_t modifier;
};

/*
 * What the compositor takes as a dma-buf, for all surfaces or for one, and keeps up to date
 * (linux-dmabuf version 4 and later). Zero-initialise.
 */
struct feedback {
	struct zwp_linux_dmabuf_feedback_v1 *proxy;
	struct feedback_entry *table; /* a copy */
	size_t n_entries;
	struct format_set coming;  /* collects tranches until done */
	struct format_set allowed; /* of the last done */
	/* The allowed pairs are others now. NULL: nobody asks. */
	void (*changed)(void *data);
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
