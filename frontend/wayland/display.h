#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "base/rect.h"
#include "output-name.h"

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

#define DISPLAY_MAX_OUTPUTS 16

struct display_output {
	uint32_t id; /* while it is there */
	struct output_name identity;
	struct rect logical;          /* in the desktop */
	uint32_t scale_120;           /* pixels for 120 logical ones */
	int32_t width_px, height_px;  /* as it is turned, like the rest */
	uint32_t width_mm, height_mm; /* 0: not known */
	uint32_t refresh_mhz;         /* 0: not known */
};

struct display_listener {
	/* Of display_begin(), once, with what display_create() returns: a failed one is to be
	 * destroyed. */
	void (*connected)(void *data, int result);
	/* Monitors came, went, or changed. */
	void (*outputs_changed)(void *data);
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
	/* Windows tell about Caps Lock and its like; costs the keyboard's keymap, compiled. */
	bool lock_keys;
};

/*
 * Connects to $WAYLAND_DISPLAY and waits for the compositor's answers, timeout_ms at most:
 * blocking, so before attaching to a VM. Returns 0, -ENOENT when there is no compositor to talk to,
 * -EPROTO when it lacks a required global; both logged. options and deadlines are borrowed for the
 * display's life.
 */
int display_create(sd_event *event, struct deadlines *deadlines, uint32_t timeout_ms,
	const struct display_options *options, const struct display_listener *listener, void *data,
	struct display **ret_display);
/*
 * The same while a VM waits for our answers: the first two of the compositor's, for which it may
 * take timeout_ms, are waited for on the event loop. The listener's `connected` follows, unless the
 * display is destroyed before.
 */
int display_begin(sd_event *event, struct deadlines *deadlines, uint32_t timeout_ms,
	const struct display_options *options, const struct display_listener *listener, void *data,
	struct display **ret_display);
/* All windows must be gone. NULL is fine. */
void display_destroy(struct display *display);

/* The host's monitors whose sizes are known: left to right, then top to bottom. Returns how many.
 */
uint32_t display_list_outputs(
	struct display *display, struct display_output ret_outputs[DISPLAY_MAX_OUTPUTS]);

/* Title bars by libdecor, in this process. */
bool display_draws_decorations(const struct display *display);
