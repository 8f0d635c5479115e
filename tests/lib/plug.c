/*
 * plug QMP-SOCKET
 *
 * A frontend that shows nothing: it connects monitors to the heads of a real QEMU through the
 * adapter, and makes input that no compositor would, as its standard input says, a command a line:
 *   head CONSOLE WIDTH HEIGHT WIDTH_MM HEIGHT_MM X Y
 *   power
 *   key|button CONSOLE CODE PRESSED
 *   motion|relative|wheel CONSOLE X Y
 *   touch CONSOLE PHASE SLOT X Y
 *   pen CONSOLE NEAR TOUCHING X Y
 *   tell
 * The standard output has a line for the result of each, and for what is told: "ready",
 * "set_head RESULT", "unresizable CONSOLE", "power RESULT", "power_done ERROR", "input",
 * "closed ERROR"; after "tell" also "pointer_mode CONSOLE MODE" and "leds CONSOLE MASK", first what
 * is known of them (-1: nothing). It ends with its input, or with the VM.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qemu-dbus/adapter.h"

struct plug {
	sd_event *event;
	struct guest *guest;
	struct guest_head *heads[GUEST_MAX_HEADS]; /* by console number */
	enum pointer_mode modes[GUEST_MAX_HEADS];
	int leds[GUEST_MAX_HEADS]; /* -1: not told */
	bool tells;
};

static int
handle_identified(void *data, const struct guest_identity *identity)
{
	return 0;
}

static void
handle_ready(void *data)
{
	printf("ready\n");
}

static void
handle_head_added(void *data, struct guest_head *head)
{
	struct plug *plug = data;

	if (head->console < GUEST_MAX_HEADS) {
		plug->heads[head->console] = head;
		plug->leds[head->console] = -1;
	}
}

static void
handle_head_changed(void *data, struct guest_head *head)
{
	if (!head->resizable) {
		printf("unresizable %u\n", head->console);
	}
}

static void
handle_head_removed(void *data, struct guest_head *head)
{
	struct plug *plug = data;

	if (head->console < GUEST_MAX_HEADS) {
		plug->heads[head->console] = NULL;
	}
}

static void
handle_scanout(void *data, struct guest_head *head, const struct scanout *scanout)
{
}

static void
handle_buffer_removed(void *data, struct guest_head *head, struct buffer *buffer)
{
}

static void
handle_update(void *data, struct guest_head *head, const struct rect *damage, uint64_t serial)
{
	struct plug *plug = data;

	guest_update_done(plug->guest, head, serial);
}

static void
handle_settled(void *data, struct guest_head *head)
{
}

static void
handle_cursor(void *data, struct guest_head *head, const struct cursor_image *image)
{
}

static void
handle_cursor_position(void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
}

static void
handle_pointer_mode(void *data, struct guest_head *head, enum pointer_mode mode)
{
	struct plug *plug = data;

	if (head->console < GUEST_MAX_HEADS) {
		plug->modes[head->console] = mode;
	}
	if (plug->tells) {
		printf("pointer_mode %u %s\n", head->console,
			mode == POINTER_ABSOLUTE ? "absolute" : "relative");
	}
}

static void
handle_leds(void *data, struct guest_head *head, uint32_t mask)
{
	struct plug *plug = data;

	if (head->console < GUEST_MAX_HEADS) {
		plug->leds[head->console] = (int)mask;
	}
	if (plug->tells) {
		printf("leds %u %" PRIu32 "\n", head->console, mask);
	}
}

static void
handle_synced(void *data)
{
}

static void
handle_power_done(void *data, enum guest_power power, int error)
{
	printf("power_done %d\n", error);
}

static void
handle_taken_over(void *data)
{
}

static void
handle_closed(void *data, int error)
{
	struct plug *plug = data;

	printf("closed %d\n", error);
	sd_event_exit(plug->event, 0);
}

static const struct guest_listener listener = {
	.identified = handle_identified,
	.ready = handle_ready,
	.head_added = handle_head_added,
	.head_changed = handle_head_changed,
	.head_removed = handle_head_removed,
	.scanout = handle_scanout,
	.buffer_removed = handle_buffer_removed,
	.update = handle_update,
	.settled = handle_settled,
	.cursor = handle_cursor,
	.cursor_position = handle_cursor_position,
	.pointer_mode = handle_pointer_mode,
	.leds = handle_leds,
	.synced = handle_synced,
	.power_done = handle_power_done,
	.taken_over = handle_taken_over,
	.closed = handle_closed,
};

/* Numbers as strtod() reads them, "nan" and "inf" among them. */
static bool
parse_input(const char *line, struct input_event *event, uint32_t *ret_console)
{
	char kind[16];
	uint32_t a, b;
	double x, y;
	int n = sscanf(line, "%15s %" SCNu32 " %lf %lf", kind, ret_console, &x, &y);

	if (n == 4 && strcmp(kind, "motion") == 0) {
		*event = (struct input_event){ .kind = INPUT_MOTION, .motion = { x, y } };
		return true;
	}
	if (n == 4 && strcmp(kind, "relative") == 0) {
		*event = (struct input_event){ .kind = INPUT_RELATIVE, .relative = { x, y } };
		return true;
	}
	if (n == 4 && strcmp(kind, "wheel") == 0) {
		*event = (struct input_event){ .kind = INPUT_WHEEL,
			.wheel = { (int32_t)x, (int32_t)y } };
		return true;
	}
	n = sscanf(line, "%15s %" SCNu32 " %" SCNu32 " %" SCNu32 " %lf %lf", kind, ret_console, &a,
		&b, &x, &y);
	if (n >= 4 && strcmp(kind, "key") == 0) {
		*event = (struct input_event){ .kind = INPUT_KEY, .key = { a, b != 0 } };
		return true;
	}
	if (n >= 4 && strcmp(kind, "button") == 0) {
		*event = (struct input_event){ .kind = INPUT_BUTTON, .button = { a, b != 0 } };
		return true;
	}
	if (n == 6 && strcmp(kind, "touch") == 0 && a <= TOUCH_CANCEL) {
		*event = (struct input_event){ .kind = INPUT_TOUCH,
			.touch = { (enum touch_phase)a, b, x, y } };
		return true;
	}
	if (n == 6 && strcmp(kind, "pen") == 0) {
		*event = (struct input_event){ .kind = INPUT_PEN,
			.pen = { .near = a != 0, .touching = b != 0, .gx = x, .gy = y } };
		return true;
	}
	return false;
}

static void
run_command(struct plug *plug, const char *line)
{
	struct input_event event;
	struct head_geometry geometry = { 0 };
	uint32_t console;

	if (sscanf(line,
		    "head %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNd32
		    " %" SCNd32,
		    &console, &geometry.width, &geometry.height, &geometry.width_mm,
		    &geometry.height_mm, &geometry.x, &geometry.y) == 7 &&
		console < GUEST_MAX_HEADS && plug->heads[console] != NULL) {
		printf("set_head %d\n",
			guest_set_head(plug->guest, plug->heads[console], &geometry));
	} else if (parse_input(line, &event, &console) && console < GUEST_MAX_HEADS &&
		   plug->heads[console] != NULL) {
		guest_input(plug->guest, plug->heads[console], &event);
		printf("input\n");
	} else if (strcmp(line, "tell") == 0) {
		plug->tells = true;
		for (uint32_t i = 0; i < GUEST_MAX_HEADS; i++) {
			if (plug->heads[i] != NULL) {
				handle_pointer_mode(plug, plug->heads[i], plug->modes[i]);
				printf("leds %u %d\n", i, plug->leds[i]);
			}
		}
	} else if (strcmp(line, "power") == 0) {
		printf("power %d\n", guest_power(plug->guest, GUEST_POWER_DOWN));
	} else {
		printf("no such command or console\n");
	}
}

/* A whole line at a time, as the tests write them. */
static int
handle_io_input(sd_event_source *source, int fd, uint32_t events, void *data)
{
	struct plug *plug = data;
	char text[256];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	if (n <= 0) {
		sd_event_exit(plug->event, 0);
		return 0;
	}
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	run_command(plug, text);
	return 0;
}

int
main(int argc, char **argv)
{
	struct qemu_target target = { .qmp_path = argc == 2 ? argv[1] : "", .fd = -1 };
	struct plug plug = { 0 };
	int r;

	setvbuf(stdout, NULL, _IOLBF, 0);
	r = sd_event_new(&plug.event);
	if (r >= 0) {
		r = sd_event_add_io(
			plug.event, NULL, STDIN_FILENO, EPOLLIN, handle_io_input, &plug);
	}
	if (r >= 0) {
		r = qemu_guest_create(plug.event, &target, &listener, &plug, &plug.guest);
	}
	if (r >= 0) {
		r = guest_open(plug.guest);
	}
	if (r >= 0) {
		r = sd_event_loop(plug.event);
	}
	guest_destroy(plug.guest);
	sd_event_unref(plug.event);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
