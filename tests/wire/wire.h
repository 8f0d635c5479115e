#pragma once

#include "unit.h"

#include "fake-qemu.h"
#include "fake-qmp.h"
#include "qemu-dbus/adapter.h"
#include "viewer.h"

/* What comes in time comes within milliseconds; this only ends a test that has failed. */
#define WIRE_GIVE_UP_S 20

#define RED 0xff0000u
#define GREEN 0x00ff00u
#define BLUE 0x0000ffu

/* One test's world: a scripted QEMU, the adapter, and a frontend that writes everything down. */
struct wire {
	sd_event *event;
	char directory[UNIT_PATH_SIZE];
	char qmp_path[108];
	struct fake_qmp qmp;
	struct fake_qemu qemu;
	struct viewer viewer;
	uint32_t n_fds;
	struct unit_output output; /* all that is logged; complete after
					wire_log() */
	bool output_is_open;
};

/* Fixtures of each test: the second checks that no fd is left. */
int wire_setup(void **state);
int wire_teardown(void **state);

#define WIRE_TEST(function) cmocka_unit_test_setup_teardown(function, wire_setup, wire_teardown)

/* A scripted QMP at another path, with the scripted QEMU behind it. */
void wire_start_qmp(struct wire *wire, const char *path);

/* The adapter on the scripted QMP (started, with its QEMU behind it). */
void wire_open(struct wire *wire);
void wire_open_target(struct wire *wire, const struct qemu_target *target);
/* The adapter on a socket pair to the scripted QEMU. */
void wire_open_fd(struct wire *wire);

/* Opens with one console, number 0, and waits until its listener is registered. */
struct fake_console *wire_open_one(struct wire *wire);

/* One round of the event loop; ends the test when `since` is too long ago. */
void wire_step(struct wire *wire, uint64_t since_ns, const char *what);
uint64_t wire_now_ns(void);

#define WIRE_WAIT(wire, condition) \
	do { \
		uint64_t wire_since_ns = wire_now_ns(); \
		while (!(condition)) { \
			wire_step(wire, wire_since_ns, #condition); \
		} \
	} while (0)

/* Returns when the listener has handled all calls so far. */
void wire_settle(struct wire *wire, struct fake_console *console);

/* All that was logged; what comes later is not caught. Once per test. */
const char *wire_log(struct wire *wire);

/* How often the line stands in text. */
uint32_t wire_count(const char *text, const char *line);

/* Scanout and Update of one colour, XRGB8888. */
void wire_send_scanout(
	struct fake_console *console, uint32_t width, uint32_t height, uint32_t colour);
void wire_send_update(struct fake_console *console, int32_t x, int32_t y, int32_t width,
	int32_t height, uint32_t colour);

/* A memfd of width x height XRGB8888 in one colour. */
int wire_picture(uint32_t width, uint32_t height, uint32_t colour);
