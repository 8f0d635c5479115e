#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <wayland-client.h>

#include "arrow.h"
#include "display.h"
#include "feedback.h"
#include "globals.h"
#include "last-words.h"
#include "output.h"
#include "seat.h"
#include "shm-pool.h"

struct libdecor;

enum display_state {
	DISPLAY_CONNECTING,
	DISPLAY_LIVE,
	DISPLAY_LOST,
	DISPLAY_DESTROYED, /* from inside one of its callbacks: freed when that returns */
};

struct display {
	sd_event *event;
	const struct display_options *options;
	const struct display_listener *listener;
	void *data;
	enum display_state state;
	uint32_t n_entered; /* callbacks that we are inside of */

	struct deadlines *deadlines;
	struct wl_display *connection;
	sd_event_source *io;
	sd_event_source *notices;    /* deferred: what may not be told from inside an operation */
	uint64_t answer_deadline_ns; /* for display_roundtrip, while it is set up */
	/* While answers are waited for on the loop; else NULL. */
	sd_event_source *connect_io, *connect_timer;
	struct wl_callback *question;
	bool has_answered, knows_globals;
	bool blocked; /* the socket is full: windows hold their frames back */

	struct globals globals;
	clockid_t presentation_clock;
	uint64_t shm_formats;     /* a bit per row of the format table */
	struct feedback feedback; /* the defaults; in version 3 all there is */
	struct arrow arrow;
	uint64_t n_cursors; /* pictures of guests' cursors so far */
	struct shm_pool black_pool;
	struct wl_buffer *black;   /* one pixel */
	struct libdecor *libdecor; /* NULL: the compositor draws decorations, or nobody does */
	char *activation_token;    /* from the environment, for the first window; NULL: none */

	struct wl_list outputs;         /* struct output.link */
	struct wl_list removed_outputs; /* to be destroyed soon */
	bool outputs_due;               /* the listener is to be told that they changed */
	struct wl_list seats;           /* struct seat.link */
	struct wl_list windows;         /* struct window.link */
	struct wl_list buffers;         /* struct wayland_buffer.link */
	struct last_words words;        /* with which the compositor closed the connection */
	bool has_words;
};

/* Has windows and buffers tell from the loop, soon, what they have to tell. */
void display_notify_later(struct display *display);

/* Sends what was requested so far, as far as the compositor reads; it blocks nobody. */
void display_send(struct display *display);

/*
 * While the display is set up: everything sent so far has been answered. Returns 0, -ETIMEDOUT at
 * answer_deadline_ns, or the connection's error.
 */
int display_roundtrip(struct display *display);

/* display.c, for display-connect.c. */
void display_enter(struct display *display, enum display_state next);
/* Around everything that may call a listener, which may destroy the display. */
void display_callbacks_begin(struct display *display);
void display_callbacks_end(struct display *display);
/* What has come; it waits for nothing. */
void display_read_events(struct display *display);
int display_join_loop(struct display *display);

/* display-connect.c: nothing is waited for any more. */
void display_end_connecting(struct display *display);
