#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#include "import/gpu-reader.h"
#include "scanout.h"

/*
 * What monitors show, as scanouts that the CPU can read: the guest's own memory where it can, else
 * memory that the GPU has drawn the guest's picture into.
 */

/* --path, where there are no windows. */
enum fetch_way {
	FETCH_ANY,
	FETCH_MAPPED, /* what the CPU reads, and nothing else */
	FETCH_BY_GPU, /* dma-bufs only, all by the GPU */
};

/* The way that --path names; FETCH_ANY for all that is about windows only, and for NULL. */
enum fetch_way fetch_way_from_path(const char *path);

struct fetch_means {
	enum fetch_way way;
	struct gpu_reader *gpu; /* NULL: there is none */
	dev_t device;           /* that a compositor draws with; 0: there is none */
};

struct scanout_fetch;

/* From the event loop, once, never from inside a call. error: see scanout-reader.h. */
typedef void (*scanout_fetch_done_fn)(void *data, int error);

/*
 * The buffers are referenced, or others for the same memory; scanouts need not live. Returns 0 or
 * -ENOMEM, -EMFILE: done is not called then.
 */
int scanout_fetch_create(sd_event *event, const struct fetch_means *means,
	const struct scanout *scanouts, uint32_t n_scanouts, scanout_fetch_done_fn done, void *data,
	struct scanout_fetch **ret_fetch);
/* Also inside done. NULL is fine. */
void scanout_fetch_destroy(struct scanout_fetch *fetch);

/*
 * Once done: the scanout, whose buffer is nobody else's business while the fetch lives, and which
 * any thread may then read.
 */
const struct scanout *scanout_fetch_scanout(const struct scanout_fetch *fetch, uint32_t i);
/* The memory may live on: nobody draws into it again. */
void scanout_fetch_give_away(struct scanout_fetch *fetch);

/* After an error: what is wrong, in a few words, and with which. */
const char *scanout_fetch_reason(const struct scanout_fetch *fetch, uint32_t *ret_i);
