#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

struct control;

/*
 * The calls by which input goes to QEMU, for all consoles of a VM on its control connection: few
 * are under way at a time. QEMU serves them in order, so only one in INPUT_LINE_REPLY_EVERY asks
 * for a reply, which says that those before it were taken, too. Of errors in others nothing is
 * learned; they cost four system calls in place of six.
 */

#define INPUT_LINE_REPLY_EVERY 4
/* With so many under way nothing should be sent but releases when the viewer leaves. */
#define INPUT_LINE_WINDOW 8

/* Zero-initialise, then input_line_init(). */
struct input_line {
	struct control *control;
	void (*taken)(void *data);
	void *data;
	uint32_t n_untaken;  /* sent, and not known to be taken */
	uint32_t n_unmarked; /* sent since the last one that asked for a reply */
	bool is_leaving;
	bool error_was_logged;
};

/* taken: QEMU took some. */
void input_line_init(
	struct input_line *line, struct control *control, void (*taken)(void *data), void *data);

/*
 * What comes after this asks for no replies: QEMU writing them to a connection that is closed would
 * end it before it has read all calls.
 */
void input_line_leave(struct input_line *line);

bool input_line_is_open(const struct input_line *line);

/*
 * Sends a call, its arguments as for sd_bus_message_append(). 0 or negative errno: the connection
 * is gone, which is told elsewhere, or there is no memory.
 */
int input_line_send(struct input_line *line, const char *path, const char *interface,
	const char *member, const char *types, ...);
