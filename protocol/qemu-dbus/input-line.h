#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct control;

/*
 * The calls by which input goes to QEMU, for all consoles of a VM on its control connection. A VM
 * that takes none, because its main loop stands still or its process is stopped, must neither hold
 * the viewer up nor make it grow, and gets to hold no key for longer than it stands still. So calls
 * that were not taken yet are counted:
 *
 * - from INPUT_LINE_BUSY on, what can be collected is (motion, wheel, touch points that move);
 * - from INPUT_LINE_MAX on, nothing goes down any more: all that is down is released at once,
 * behind what waits and beyond that limit (as many calls as were held, and each only once), and
 * what is pressed until the VM goes on is lost. That is a stall, which the log tells, and its end.
 *
 * QEMU serves calls in order, so only one in INPUT_LINE_REPLY_EVERY asks for a reply, which says
 * that those before it were taken, too. Of errors in others nothing is learned; they cost half the
 * system calls of an event.
 */

#define INPUT_LINE_REPLY_EVERY 8
#define INPUT_LINE_BUSY 32
/*
 * Some ten seconds of typing. With the releases of what one can hold it fits into a socket's buffer
 * (Linux' default takes 278 calls): nothing waits in the viewer, and it arrives even when that
 * ends.
 */
#define INPUT_LINE_MAX 128

struct input_line_handler {
	/* A stall begins: release all that is down, and keep nothing that would press. */
	void (*stalled)(void *data);
	/* Calls were taken: what was collected may go if the line is not busy any more. */
	void (*taken)(void *data);
};

/* Zero-initialise, then input_line_init(). */
struct input_line {
	struct control *control;
	const struct input_line_handler *handler;
	void *data;
	uint32_t n_untaken;  /* sent, and not known to be taken */
	uint32_t n_unmarked; /* sent since the last one that asked for a reply */
	bool is_stalled;
	bool is_leaving;
	bool error_was_logged;
};

void input_line_init(struct input_line *line, struct control *control,
	const struct input_line_handler *handler, void *data);

/* What comes after this asks for no replies: QEMU writing them to a connection that is closed would
 * end it before it has read all calls. */
void input_line_leave(struct input_line *line);

bool input_line_is_busy(const struct input_line *line);
/* For so many calls more. Releases need none. */
bool input_line_has_room(const struct input_line *line, uint32_t n_calls);
/* There was no room for something that goes down: it is dropped, and a stall begins if it has not.
 */
void input_line_overflow(struct input_line *line);

/*
 * Sends a call, its arguments as for sd_bus_message_append(). 0 or negative errno: the connection
 * is gone, which is told elsewhere, or there is no memory.
 */
int input_line_send(struct input_line *line, const char *path, const char *interface,
	const char *member, const char *types, ...);
