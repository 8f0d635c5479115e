#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "view-list.h"

/*
 * Waits for the moment at which a picture of the VM is worth taking: QEMU has said everything it
 * had to say on attach, the console that was asked for is on, and, if wanted, nothing changed for
 * a while. Used by --screenshot, and by the resident for others.
 */

struct capture;

struct capture_request {
	int32_t console; /* a console's number, or CLI_CONSOLE_* */
	uint32_t wait_stable_ms;
	uint32_t timeout_ms;
};

/* From the event loop, never from inside a capture call. May destroy the capture. */
struct capture_listener {
	/* Now. last: it will not get better, capture_wait_change() would not wait any longer. */
	void (*ready)(void *data, const struct view_list *chosen, bool last);
	/* why is a few words: "console 3 does not exist". */
	void (*timed_out)(void *data, const char *why);
};

/* views is borrowed for the capture's life, during which it observes them. */
int capture_create(sd_event *event, const struct view_list *views,
	const struct capture_request *request, const struct capture_listener *listener, void *data,
	struct capture **ret_capture);
/* NULL is fine. */
void capture_destroy(struct capture *capture);

/*
 * The picture was blank: ready comes again after the next change, or after CAPTURE_BLANK_GRACE_MS
 * in all, when blank is what the guest really shows.
 */
#define CAPTURE_BLANK_GRACE_MS 1000
void capture_wait_change(struct capture *capture);
