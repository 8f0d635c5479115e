#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <wayland-server-core.h>

#include "buffer.h"
#include "control.h"
#include "dmabuf.h"
#include "frames.h"
#include "keymap.h"
#include "presentation.h"
#include "seat.h"
#include "window.h"

/*
 * A Wayland compositor for tests: it draws nothing, is as strict as the real
 * ones, writes down what its clients pass (record.h), and does
 * on command what real ones do rarely (control.h). Linked only
 * with libwayland-server, json-c and pixman: no line of it is shared with the
 * program that it judges.
 */

struct compositor {
	struct wl_display *display;
	FILE *log;
	int stamps_fd; /* -1: every frame is in the log and in the picture */
	uint32_t last_number;
	struct wl_list surfaces; /* struct surface.link, oldest first */

	enum frame_policy frame_policy;
	struct wl_event_source *frame_idle, *signals[2];

	struct wl_list outputs, removed_outputs; /* struct output.link */
	int32_t output_scale_120;                /* of those that say nothing else */
	bool floors_sizes;                       /* logical ones are rounded down */
	struct window_policy window_policy;
	bool enters_mapped; /* windows are on an output with their first picture only */
	int32_t initial_width, initial_height; /* of the first configure; 0: the client chooses */
	bool says_maximized; /* of every window */
	bool server_decorations;
	bool sends_buffer_scale; /* wl_surface.preferred_buffer_scale and _transform */
	enum keymap keymap;
	bool grants_locks;    /* of the pointer that is there, at once */
	bool keeps_shortcuts; /* nobody who asks for them is answered */
	bool looks;           /* each commit is written down as the user sees it */

	struct buffers buffers;
	struct dmabuf dmabuf;
	struct presentation presentation;
	struct seat seats[SEATS_MAX];
	uint32_t n_seats;
	struct control control;
};

/* Surfaces, buffers and pools are told apart in the log by numbers that are
 * never reused. */
uint32_t compositor_take_number(struct compositor *compositor);

uint32_t compositor_now_ms(void);
