#include "qemu-dbus/input-queue.h"

#include "base/clock.h"
#include "base/log.h"
#include "qemu-dbus/devices.h"
#include "qemu-dbus/qemu-guest.h"
#include "qemu-dbus/timer.h"

static void run(struct input_queue *queue);

static void
refill(struct input_queue *queue)
{
	const uint64_t pace_us = INPUT_QUEUE_PACE_MS * US_PER_MS;
	uint64_t now_us = 0, n_new;

	sd_event_now(queue->guest->event, CLOCK_MONOTONIC, &now_us);
	n_new = (now_us - queue->tokens_since_us) / pace_us;
	if (n_new >= INPUT_QUEUE_BURST - queue->n_tokens) {
		queue->n_tokens = INPUT_QUEUE_BURST;
		queue->tokens_since_us = now_us;
	} else {
		queue->n_tokens += (uint32_t)n_new;
		queue->tokens_since_us += n_new * pace_us;
	}
}

static void
handle_line_taken(void *data)
{
	struct input_queue *queue = data;

	/* What it had not taken it may have taken at once, just now. */
	refill(queue);
	if (queue->n_tokens > INPUT_QUEUE_BURST - queue->n_under_way) {
		queue->n_tokens = INPUT_QUEUE_BURST - queue->n_under_way;
	}
	queue->n_under_way = 0;
	run(queue);
}

void
input_queue_init(struct input_queue *queue, struct qemu_guest *guest)
{
	queue->guest = guest;
	queue->n_tokens = INPUT_QUEUE_BURST;
	input_line_init(&queue->line, &guest->control, handle_line_taken, queue);
}

void
input_queue_leave(struct input_queue *queue)
{
	queue->n_entries = 0;
	queue->timer = sd_event_source_disable_unref(queue->timer);
	input_line_leave(&queue->line);
}

/* Sends the event, or as much of it as may go now. False: the rest has to wait. */
static bool
send_event(struct input_queue *queue, struct console *console, struct input_event *event)
{
	bool is_done = false;

	while (!is_done && input_line_is_open(&queue->line)) {
		if (devices_event_presses(&console->devices, event)) {
			refill(queue);
			if (queue->n_tokens == 0) {
				return false;
			}
			queue->n_tokens--;
			queue->n_under_way += queue->n_under_way < INPUT_QUEUE_BURST;
		}
		is_done = devices_input(&console->devices, event);
	}
	return is_done;
}

static struct input_queue_entry *
entry_at(struct input_queue *queue, uint32_t index)
{
	return &queue->entries[(queue->first + index) % INPUT_QUEUE_MAX];
}

/*
 * Makes it one with what waits behind the last event that presses, if there is such, and behind the
 * last that it has to follow, as long as there is room to keep that.
 */
static bool
merge(struct input_queue *queue, const struct console *console, const struct input_event *event)
{
	bool keeps_order = queue->n_entries < INPUT_QUEUE_MAX_IN_ORDER;

	for (uint32_t i = queue->n_entries; i > 0; i--) {
		struct input_queue_entry *entry = entry_at(queue, i - 1);
		bool follows = keeps_order && devices_event_follows(event, &entry->event);

		if (!follows && entry->console == console && devices_merge(&entry->event, event)) {
			return true;
		}
		if (follows || !devices_event_moves(&entry->event)) {
			return false;
		}
	}
	return false;
}

static void
stall(struct input_queue *queue)
{
	queue->is_stalled = true;
	queue->last_motion.console = NULL;
	log_warning("the VM does not take input: %u events wait for it; when it goes on keys and "
		    "buttons are released, and what is pressed until then is lost",
		queue->n_entries + queue->line.n_untaken);
}

static void
end_stall(struct input_queue *queue)
{
	struct input_queue_entry *motion = &queue->last_motion;

	queue->is_stalled = false;
	log_warning("the VM takes input again");
	for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
		if (queue->guest->consoles[i].state != CONSOLE_ABSENT) {
			devices_release_all(&queue->guest->consoles[i].devices);
		}
	}
	if (motion->console != NULL) {
		devices_input(&motion->console->devices, &motion->event);
	}
}

static void
append(struct input_queue *queue, struct console *console, const struct input_event *event)
{
	if (!queue->is_stalled && merge(queue, console, event)) {
		return;
	}
	if (!queue->is_stalled && queue->n_entries == INPUT_QUEUE_MAX) {
		stall(queue);
	}
	if (!queue->is_stalled) {
		*entry_at(queue, queue->n_entries++) =
			(struct input_queue_entry){ .console = console, .event = *event };
	} else if (event->kind == INPUT_MOTION) {
		/* The next click is there. */
		queue->last_motion =
			(struct input_queue_entry){ .console = console, .event = *event };
	}
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	run(data);
	return 0;
}

/* The line tells when it is open again; time has to be asked for. */
static void
await(struct input_queue *queue)
{
	if (queue->n_entries > 0 && input_line_is_open(&queue->line)) {
		timer_start(&queue->timer, queue->guest->event, INPUT_QUEUE_PACE_MS, handle_timer,
			queue);
	}
}

static void
run(struct input_queue *queue)
{
	while (queue->n_entries > 0) {
		struct input_queue_entry *entry = entry_at(queue, 0);

		if (entry->console != NULL && !send_event(queue, entry->console, &entry->event)) {
			break;
		}
		queue->first = (queue->first + 1) % INPUT_QUEUE_MAX;
		queue->n_entries--;
	}
	if (queue->is_stalled && queue->n_entries == 0 && input_line_is_open(&queue->line)) {
		end_stall(queue);
	}
	await(queue);
}

void
input_queue_push(
	struct input_queue *queue, struct console *console, const struct input_event *event)
{
	struct input_event rest = *event;

	if (!devices_know(event)) {
		return;
	}
	if (queue->n_entries > 0 || queue->is_stalled || !send_event(queue, console, &rest)) {
		append(queue, console, &rest);
		run(queue);
	}
}

void
input_queue_forget(struct input_queue *queue, const struct console *console)
{
	for (uint32_t i = 0; i < queue->n_entries; i++) {
		struct input_queue_entry *entry = entry_at(queue, i);

		if (entry->console == console) {
			entry->console = NULL;
		}
	}
	if (queue->last_motion.console == console) {
		queue->last_motion.console = NULL;
	}
}
