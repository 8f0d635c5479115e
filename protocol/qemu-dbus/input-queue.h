#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "input.h"
#include "qemu-dbus/input-line.h"

struct console;
struct qemu_guest;

/*
 * Input that can not go to QEMU yet, in order. Mostly there is none: an event goes out within the
 * call that brings it. It has to wait
 *
 * - while the line is full: QEMU's main loop stands still, or its process is stopped;
 * - while more is pressed than a guest's devices keep: a PS/2 keyboard forgets what comes when it
 *   holds 16 bytes, a release too, and that key is stuck. So INPUT_QUEUE_BURST events that press or
 *   release go at once, and further ones INPUT_QUEUE_PACE_MS apart, as fast as real keyboards are.
 *
 * What moves adds up, but a wheel is turned where the pointer was then, and there and back is not
 * none. When the queue is full nothing more is pressed: a stall. Once the VM has
 * taken the queue, all that it holds is released. The log tells both.
 */

/* Some twenty seconds of typing. */
#define INPUT_QUEUE_MAX 256
/* Up to here what moves keeps its order, too; then it adds up, and the rest is for what presses. */
#define INPUT_QUEUE_MAX_IN_ORDER 64
#define INPUT_QUEUE_BURST 8
#define INPUT_QUEUE_PACE_MS 2

struct input_queue_entry {
	struct console *console; /* NULL: it is gone */
	struct input_event event;
};

/* Zero-initialise, then input_queue_init(). */
struct input_queue {
	struct qemu_guest *guest;
	struct input_line line;
	struct input_queue_entry entries[INPUT_QUEUE_MAX];
	uint32_t first, n_entries;
	bool is_stalled;
	struct input_queue_entry last_motion; /* while stalled; no console: none */
	sd_event_source *timer;
	uint32_t n_tokens;    /* events that may press now */
	uint32_t n_under_way; /* that pressed since the VM took some */
	uint64_t tokens_since_us;
};

void input_queue_init(struct input_queue *queue, struct qemu_guest *guest);
/* Nothing waits any more; what devices send is the last. */
void input_queue_leave(struct input_queue *queue);

void input_queue_push(
	struct input_queue *queue, struct console *console, const struct input_event *event);
/* The console is gone. */
void input_queue_forget(struct input_queue *queue, const struct console *console);
