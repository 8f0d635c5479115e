#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "buffer-cache.h"
#include "deadline.h"
#include "importer.h"
#include "scanout.h"
#include "sink.h"

/*
 * What one sink shows of one guest monitor: picks the importer for each guest buffer, keeps the
 * imports as long as the guest keeps the buffers, and presents once per wake of the loop, what
 * nobody draws into any more.
 */

/* At once: those that the guest cycles through, and the one from before a mode change. */
#define PICTURE_MAX_IMPORTS (BUFFER_CACHE_MAX + 1)

/* Which importers may be used. May change at any time; picture_retry() makes it count. */
struct picture_policy {
	const struct importer *forced; /* only this one; NULL: any */
	bool distrust_memory;          /* the VM's memory must not become the host's buffer */
	bool distrust_dmabufs;         /* nor its dma-bufs */
	bool distrust_drawn;           /* nor what the GPU helper draws */
	bool own;                      /* it comes from no VM (struct frame) */
};

struct picture_listener {
	/* The sink was given a frame with all damage so far. */
	void (*committed)(void *data);
	/* The picture cannot be shown now, or not at all: nobody should wait for it. */
	void (*skipped)(void *data);
	/* No importer can do it; logged. Once, until one can. May not destroy the picture. */
	void (*hopeless)(void *data);
};

/* Which way the pixels go, and why not a better one. */
struct picture_verdict {
	const char *path;   /* an importer's name; "none" when nothing works */
	const char *reason; /* why the better one before it was refused; NULL when it is the best */
	uint64_t copied_bytes;
	uint64_t presented;
};

struct picture;

/* policy is borrowed for the picture's life. */
int picture_create(sd_event *event, struct deadlines *deadlines, struct sink *sink,
	const struct picture_policy *policy, const struct picture_listener *listener, void *data,
	struct picture **ret_picture);
/* Drops every host buffer; the sink lives on. NULL is fine. */
void picture_destroy(struct picture *picture);

/*
 * Shows this from now on (NULL: keeps what is shown). With full damage. While a limit
 * forbids it (admission.h) the picture before stays, and updates are skipped.
 */
void picture_set_scanout(struct picture *picture, const struct scanout *scanout);
/* Buffer pixels. */
void picture_add_damage(struct picture *picture, const struct rect *damage);
/* Shows what else would be shown once the loop comes round: all that belongs to it has come. */
void picture_present_due(struct picture *picture);
/* The guest will not use the buffer again. */
void picture_forget_buffer(struct picture *picture, const struct buffer *buffer);
/* Nor any that it has used: the last one goes with the next scanout. */
void picture_forget_all(struct picture *picture);
/*
 * Looks again for the best importer: the sink's formats or the policy have changed. What is used
 * now goes on until a better one is ready, unless the policy forbids it.
 */
void picture_retry(struct picture *picture);

/* Its scanout can be shown in no way, and none before it was. */
bool picture_is_blank(const struct picture *picture);
struct picture_verdict picture_verdict(const struct picture *picture);
