#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

/*
 * One connection to a compositor: registry, shm, dmabuf, seats, outputs, decorations. Windows
 * live on it. A protocol error costs the connection and all its windows, nothing else: destroy
 * it and connect again.
 */

struct deadlines;
struct display;

enum display_loss {
	DISPLAY_LOST_CONNECTION, /* the compositor went away */
	DISPLAY_LOST_PROTOCOL,   /* it says that we broke the protocol: a bug of ours or of its */
	DISPLAY_LOST_SHM,        /* memory that we passed on became shorter than promised */
};

struct display_listener {
	/*
	 * From the event loop, once; already logged. The windows are dead but not destroyed: the
	 * listener destroys them and then the display, now or later.
	 */
	void (*lost)(void *data, enum display_loss loss);
};

/* What the user may ask the compositor for. */
struct display_options {
	bool tearing; /* a frame may be shown in the middle of a refresh */
	bool fifo;    /* each frame is shown, in order */
};

/*
 * Connects and waits for the compositor's answers, timeout_ms at most: blocking, so long before
 * attaching to a VM, short after it. name is NULL for $WAYLAND_DISPLAY. Returns 0, -ENOENT when
 * there is no compositor to talk to, -EPROTO when it lacks a required global; both logged.
 * options and deadlines are borrowed for the display's life.
 */
int display_create(sd_event *event, struct deadlines *deadlines, const char *name,
	uint32_t timeout_ms, const struct display_options *options,
	const struct display_listener *listener, void *data, struct display **ret_display);
/* All windows must be gone. NULL is fine. */
void display_destroy(struct display *display);
