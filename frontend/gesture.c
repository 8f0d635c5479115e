#include "gesture.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "input/held-keys.h"
#include "view.h"

#define NOTCH_120 120

struct gesture {
	const struct view_list *views;
	uint32_t console;
	gesture_done_fn done;
	void *data;
	sd_event_source *timer;
	uint32_t next;
	uint32_t n_events;
	struct input_event events[];
};

static struct input_event
motion(double gx, double gy)
{
	return (struct input_event){ .kind = INPUT_MOTION, .motion = { gx, gy } };
}

static struct input_event
touch(enum touch_phase phase, double gx, double gy)
{
	return (struct input_event){ .kind = INPUT_TOUCH,
		.touch = { .phase = phase, .gx = gx, .gy = gy } };
}

/* On the way from the first place to the second. */
static double
between(const struct command *command, bool y, uint32_t step)
{
	double from = y ? command->places[0].y : command->places[0].x;
	double to = y ? command->places[1].y : command->places[1].x;

	return from + (to - from) * step / GESTURE_N_MOVES;
}

static uint32_t
make_touch(const struct command *command, struct input_event *events)
{
	uint32_t n = 0, last = command->n_places == 2 ? GESTURE_N_MOVES : 0;

	events[n++] = touch(TOUCH_BEGIN, command->places[0].x, command->places[0].y);
	for (uint32_t i = 1; i <= last; i++) {
		events[n++] =
			touch(TOUCH_UPDATE, between(command, false, i), between(command, true, i));
	}
	events[n++] = touch(TOUCH_END, 0, 0);
	return n;
}

static uint32_t
make_drag(const struct command *command, struct input_event *events)
{
	uint32_t n = 0;

	events[n++] = motion(command->places[0].x, command->places[0].y);
	events[n++] = held_keys_event(command->code, true);
	for (uint32_t i = 1; i <= GESTURE_N_MOVES; i++) {
		events[n++] = motion(between(command, false, i), between(command, true, i));
	}
	events[n++] = held_keys_event(command->code, false);
	return n;
}

static uint32_t
make_click(const struct command *command, struct input_event *events)
{
	uint32_t n = 0;

	if (command->n_places > 0) {
		events[n++] = motion(command->places[0].x, command->places[0].y);
	}
	for (uint32_t i = 0; i < command->clicks; i++) {
		events[n++] = held_keys_event(command->code, true);
		events[n++] = held_keys_event(command->code, false);
	}
	return n;
}

static uint32_t
make_wheel(const struct command *command, struct input_event *events)
{
	int32_t notch = command->notches < 0 ? -NOTCH_120 : NOTCH_120;
	uint32_t n = (uint32_t)abs(command->notches);

	for (uint32_t i = 0; i < n; i++) {
		events[i] = (struct input_event){ .kind = INPUT_WHEEL,
			.wheel = { .dx_120 = command->horizontal ? notch : 0,
				.dy_120 = command->horizontal ? 0 : notch } };
	}
	return n;
}

uint32_t
gesture_events(
	const struct command *command, struct input_event ret_events[static GESTURE_MAX_EVENTS])
{
	switch (command->kind) {
	case COMMAND_HOLD:
		ret_events[0] = held_keys_event(command->code, command->pressed);
		return 1;
	case COMMAND_MOVE:
		ret_events[0] = motion(command->places[0].x, command->places[0].y);
		return 1;
	case COMMAND_MOVE_BY:
		ret_events[0] = (struct input_event){ .kind = INPUT_RELATIVE,
			.relative = { command->places[0].x, command->places[0].y } };
		return 1;
	case COMMAND_CLICK:
		return make_click(command, ret_events);
	case COMMAND_DRAG:
		return make_drag(command, ret_events);
	case COMMAND_WHEEL:
		return make_wheel(command, ret_events);
	case COMMAND_TOUCH:
		return make_touch(command, ret_events);
	default:
		return 0;
	}
}

static int
handle_timer(sd_event_source *source, uint64_t time_us, void *data)
{
	struct gesture *gesture = data;
	struct view *view = view_list_find(gesture->views, gesture->console);

	if (gesture->views->taken_over) {
		gesture->done(gesture->data, -ENOTCONN);
		return 0;
	}
	if (view == NULL || gesture->next == gesture->n_events) {
		gesture->done(gesture->data, view == NULL ? -ENODEV : 0);
		return 0;
	}
	view_input(view, &gesture->events[gesture->next++]);
	sd_event_source_set_time_relative(source, GESTURE_STEP_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

int
gesture_create(sd_event *event, const struct view_list *views, uint32_t console,
	const struct input_event *events, uint32_t n_events, gesture_done_fn done, void *data,
	struct gesture **ret_gesture)
{
	struct gesture *gesture = malloc(sizeof(*gesture) + n_events * sizeof(events[0]));
	int r;

	if (gesture == NULL) {
		return -ENOMEM;
	}
	*gesture = (struct gesture){
		.views = views,
		.console = console,
		.done = done,
		.data = data,
		.n_events = n_events,
	};
	memcpy(gesture->events, events, n_events * sizeof(events[0]));
	r = sd_event_add_time_relative(
		event, &gesture->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, gesture);
	if (r < 0) {
		free(gesture);
		return r;
	}
	*ret_gesture = gesture;
	return 0;
}

static bool
moves_key(const struct input_event *event, bool down)
{
	switch (event->kind) {
	case INPUT_KEY:
		return event->key.pressed == down;
	case INPUT_BUTTON:
		return event->button.pressed == down;
	case INPUT_TOUCH:
		return event->touch.phase == (down ? TOUCH_BEGIN : TOUCH_END);
	default:
		return false;
	}
}

/* What it has pressed, and not released yet. */
static void
let_go(const struct gesture *gesture)
{
	struct view *view = view_list_find(gesture->views, gesture->console);

	for (uint32_t i = gesture->next; i < gesture->n_events && view != NULL; i++) {
		if (moves_key(&gesture->events[i], true)) {
			return;
		}
		if (moves_key(&gesture->events[i], false)) {
			view_input(view, &gesture->events[i]);
			return;
		}
	}
}

void
gesture_destroy(struct gesture *gesture)
{
	if (gesture == NULL) {
		return;
	}
	let_go(gesture);
	sd_event_source_disable_unref(gesture->timer);
	free(gesture);
}
