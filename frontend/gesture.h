#pragma once

#include <systemd/sd-event.h>

#include "input.h"
#include "script/command.h"
#include "view-list.h"

/* What a command does with pointer, buttons and fingers, event by event, as slowly as guests read.
 */

struct gesture;

/* From one event to the next, and from the last one to done. */
#define GESTURE_STEP_US 10000
/* From one end of a drag to the other; guests look at what is on the way. */
#define GESTURE_N_MOVES 16
#define GESTURE_MAX_EVENTS (COMMAND_MAX_NOTCHES + GESTURE_N_MOVES + 8)

/*
 * From the event loop, once; may destroy the gesture. 0; -ENODEV: the console went away; -ENOTCONN:
 * another viewer has the VM.
 */
typedef void (*gesture_done_fn)(void *data, int error);

/* The events of a command; 0: it is none of that kind. */
uint32_t gesture_events(
	const struct command *command, struct input_event ret_events[static GESTURE_MAX_EVENTS]);

/* views is borrowed, the events are copied. Returns 0 or negative errno. */
int gesture_create(sd_event *event, const struct view_list *views, uint32_t console,
	const struct input_event *events, uint32_t n_events, gesture_done_fn done, void *data,
	struct gesture **ret_gesture);
/* What has not been done is not, but that what it holds down is let go. NULL is fine. */
void gesture_destroy(struct gesture *gesture);
