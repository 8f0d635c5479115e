#include "wire.h"

#include <dirent.h>
#include <fcntl.h>
#include <pixman.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

static uint32_t
count_fds(void)
{
	DIR *directory = opendir("/proc/self/fd");
	uint32_t n = 0;

	assert_non_null(directory);
	while (readdir(directory) != NULL) {
		n++;
	}
	closedir(directory);
	return n;
}

static void
handle_add_client(void *data, int fd)
{
	fake_qemu_connect(data, fd);
}

void
wire_start_qmp(struct wire *wire, const char *path)
{
	fake_qmp_start(&wire->qmp, wire->event, path);
	wire->qmp.add_client = handle_add_client;
	wire->qmp.data = &wire->qemu;
}

int
wire_setup(void **state)
{
	struct wire *wire = calloc(1, sizeof(*wire));

	assert_non_null(wire);
	log_set_level(LOG_LEVEL_DEBUG);
	wire->n_fds = count_fds();
	assert_true(sd_event_new(&wire->event) >= 0);
	unit_directory_create(wire->directory);
	snprintf(wire->qmp_path, sizeof(wire->qmp_path), "%.90s/qmp", wire->directory);
	fake_qemu_init(&wire->qemu, wire->event);
	viewer_init(&wire->viewer);
	wire_start_qmp(wire, wire->qmp_path);
	unit_output_begin(&wire->output, STDERR_FILENO);
	wire->output_is_open = true;
	*state = wire;
	return 0;
}

int
wire_teardown(void **state)
{
	struct wire *wire = *state;
	uint32_t n_fds;

	if (wire->output_is_open) {
		unit_output_end(&wire->output);
	}
	viewer_finish(&wire->viewer);
	fake_qemu_finish(&wire->qemu);
	fake_qmp_stop(&wire->qmp);
	sd_event_unref(wire->event);
	unit_directory_remove(wire->directory);
	n_fds = count_fds();
	assert_int_equal(n_fds, wire->n_fds);
	free(wire);
	return 0;
}

void
wire_open_target(struct wire *wire, const struct qemu_target *target)
{
	assert_int_equal(qemu_guest_create(wire->event, target, &viewer_listener, &wire->viewer,
				 &wire->viewer.guest),
		0);
	assert_int_equal(guest_open(wire->viewer.guest), 0);
	/* Nothing is told from inside an operation. */
	assert_string_equal(wire->viewer.log, "");
}

void
wire_open(struct wire *wire)
{
	wire_open_target(wire, &(struct qemu_target){ .qmp_path = wire->qmp_path, .fd = -1 });
}

void
wire_open_fd(struct wire *wire)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	fake_qemu_connect(&wire->qemu, fds[1]);
	wire_open_target(wire, &(struct qemu_target){ .fd = fds[0] });
}

struct fake_console *
wire_open_one(struct wire *wire)
{
	struct fake_console *console = fake_qemu_add(&wire->qemu, 0);

	wire_open(wire);
	WIRE_WAIT(wire, console->is_ready || console->raw_fd >= 0);
	return console;
}

uint64_t
wire_now_ns(void)
{
	return clock_now_ns();
}

void
wire_step(struct wire *wire, uint64_t since_ns, const char *what)
{
	int r = sd_event_run(wire->event, US_PER_S);

	assert_true(r >= 0);
	if (clock_now_ns() - since_ns > WIRE_GIVE_UP_S * UINT64_C(1000000000)) {
		if (wire->output_is_open) {
			unit_output_end(&wire->output);
			wire->output_is_open = false;
		}
		print_error("waited in vain for: %s\nviewer:\n%s\nQEMU:\n%s\nQMP:\n%s\nlog:\n%s\n",
			what, wire->viewer.log, wire->qemu.log, wire->qmp.log, wire->output.text);
		fail();
	}
}

static int
handle_reply_settled(sd_bus_message *reply, void *data, sd_bus_error *ret_error)
{
	bool *settled = data;

	*settled = true;
	return 0;
}

void
wire_settle(struct wire *wire, struct fake_console *console)
{
	bool settled = false;

	assert_true(sd_bus_call_method_async(console->listener, NULL, NULL, "/",
			    "org.freedesktop.DBus.Peer", "Ping", handle_reply_settled, &settled,
			    "") >= 0);
	WIRE_WAIT(wire, settled);
}

const char *
wire_log(struct wire *wire)
{
	unit_output_end(&wire->output);
	wire->output_is_open = false;
	return wire->output.text;
}

uint32_t
wire_count(const char *text, const char *line)
{
	size_t length = strlen(line);
	uint32_t n = 0;

	for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
		n += strncmp(at, line, length) == 0 && at[length] == '\n';
	}
	return n;
}

static uint32_t *
fill(uint32_t width, uint32_t height, uint32_t colour)
{
	size_t n = (size_t)width * height;
	uint32_t *pixels = calloc(n, sizeof(*pixels));

	assert_non_null(pixels);
	for (size_t i = 0; i < n; i++) {
		pixels[i] = colour;
	}
	return pixels;
}

void
wire_send_scanout(struct fake_console *console, uint32_t width, uint32_t height, uint32_t colour)
{
	uint32_t *pixels = fill(width, height, colour);

	fake_call_bytes(console, "Scanout", pixels, (size_t)width * height * 4, "uuuu", width,
		height, width * 4, PIXMAN_x8r8g8b8);
	free(pixels);
}

void
wire_send_update(struct fake_console *console, int32_t x, int32_t y, int32_t width, int32_t height,
	uint32_t colour)
{
	uint32_t *pixels = fill((uint32_t)width, (uint32_t)height, colour);

	fake_call_bytes(console, "Update", pixels, (size_t)width * (size_t)height * 4, "iiiiuu", x,
		y, width, height, width * 4, PIXMAN_x8r8g8b8);
	free(pixels);
}

int
wire_picture(uint32_t width, uint32_t height, uint32_t colour)
{
	size_t size = (size_t)width * height * 4;
	uint32_t *pixels = fill(width, height, colour);
	/* As QEMU's memory: not sealed against shrinking. */
	int fd = unit_memfd(size, F_SEAL_SEAL);

	assert_int_equal(pwrite(fd, pixels, size, 0), size);
	free(pixels);
	return fd;
}
