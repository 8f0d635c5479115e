#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "buffer.h"

/*
 * Waits in the event loop until a guest's GPU has finished what it draws into a buffer now. A frame
 * that is handed on before would make the compositor wait, and some of them with everything they
 * show.
 *
 * What is waited for is a snapshot (a sync file), not the dma-buf itself: a guest that draws on and
 * on into the picture that it shows always has a newer fence in it, and nothing would ever be
 * shown.
 */
struct fence {
	sd_event *event;         /* borrowed */
	sd_event_source *source; /* made by the first wait, then used again: no allocation */
	uint32_t n_fds;
	int fds[BUFFER_MAX_PLANES]; /* still to be waited for, the last first */
	void (*signalled)(void *data);
	void *data;
};

/* signalled is called from the loop, once per wait that was not cancelled. */
void fence_init(struct fence *fence, sd_event *event, void (*signalled)(void *data), void *data);
void fence_finish(struct fence *fence);

/*
 * Starts to wait for a buffer that is busy; no other wait may be going on. Returns 0 or negative
 * errno.
 */
int fence_wait(struct fence *fence, const struct buffer *buffer);
void fence_cancel(struct fence *fence);
bool fence_is_waiting(const struct fence *fence);
