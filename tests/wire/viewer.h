#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "guest.h"

/* A frontend that writes down what it is told. */

#define VIEWER_LOG_SIZE 65536
#define VIEWER_MAX_UPDATES 256

struct viewer_head {
	struct guest_head *head; /* NULL: none, or removed */
	struct scanout scanout;  /* holds a reference; no buffer: off or nothing yet */
	uint32_t n_scanouts, n_offs, n_updates, n_removed_buffers;
	struct rect damage; /* of the last update */
	uint32_t n_cursors;
	struct cursor_image cursor; /* pixels: NULL */
	uint32_t first_pixel;       /* of the cursor */
	int32_t cursor_x, cursor_y;
	bool cursor_on;
	enum pointer_mode pointer_mode;
	uint32_t leds;
};

struct viewer {
	struct guest *guest;
	char log[VIEWER_LOG_SIZE]; /* a line an event: "scanout 0", "update 0" … */
	struct guest_identity identity;
	int identified_answer;
	bool writes_settled; /* else its log leaves them out */
	bool holds_answers;  /* keeps serials instead of answering inside update() */
	/* Sees each event as it is told; may be NULL. */
	void (*watch)(void *data, const char *event);
	void *watch_data;
	const char *leave_at; /* destroys the guest inside this callback */
	uint32_t n_held;
	uint64_t held[VIEWER_MAX_UPDATES];
	uint32_t n_identified, n_ready, n_synced, n_taken_over, n_closed, n_power_done;
	int error, power_error;
	struct viewer_head heads[GUEST_MAX_HEADS + 8]; /* by console number */
};

extern const struct guest_listener viewer_listener;

void viewer_init(struct viewer *viewer);
/* Destroys the guest if it is still there. */
void viewer_finish(struct viewer *viewer);
/* Answers the updates that it held, oldest first. */
void viewer_answer_all(struct viewer *viewer, uint32_t console);
/* The pixel at x, y of the head's picture, XRGB8888 with the junk masked. */
uint32_t viewer_pixel(struct viewer *viewer, uint32_t console, int32_t x, int32_t y);
