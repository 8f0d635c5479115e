#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

/*
 * A scripted peer that plays QEMU's D-Bus display, in the same event loop: the control connection
 * with its objects, and QEMU's end of each listener connection. Its main loop stands still while it
 * registers a listener, as QEMU's does.
 */

#define FAKE_MAX_CONSOLES 20
#define FAKE_LOG_SIZE 65536
#define FAKE_MAX_COOKIES 4096 /* calls in one test */

struct fake_qemu;

struct fake_console {
	struct fake_qemu *qemu;
	bool exists;
	uint32_t number;
	char path[64];
	const char *label, *type, *address;
	uint32_t head, width, height, leds;
	int is_absolute;
	sd_bus_slot *slots[4];

	/* SetUIInfo. */
	const char *ui_info_error; /* what it is answered with, after "…Error."; NULL: none */
	bool holds_ui_info;        /* no answer before fake_console_answer_ui_info() */
	sd_bus_message *held_ui_info;

	/* The listener that was registered. */
	uint32_t n_registered; /* times */
	sd_bus *listener;
	int raw_fd;           /* QEMU's end, when `raw` says so; the test speaks D-Bus itself */
	uint32_t n_questions; /* GetAll calls to go */
	bool has_map, has_dmabuf2;
	bool is_ready; /* registering is over */

	/* The viewer's replies. */
	uint32_t n_calls, n_answers, n_errors;
	uint32_t n_strays; /* answered more than once */
	char last_error[128];
	bool was_answered[FAKE_MAX_COOKIES]; /* by cookie */
};

struct fake_qemu {
	sd_event *event;
	sd_bus *control;
	const char *name, *uuid;
	bool old;     /* 7.2: never asks for Interfaces, has none itself */
	bool raw;     /* listeners stay raw sockets */
	bool frozen;  /* never answers input */
	bool refuses; /* answers input with an error */
	const char *fail_register;
	/* Called before the answer, from when it is set. */
	void (*asked_name)(struct fake_qemu *qemu, uint32_t n);
	uint32_t n_asked_name;
	char log[FAKE_LOG_SIZE]; /* calls on the control connection, a line each */
	struct fake_console consoles[FAKE_MAX_CONSOLES];
	uint32_t n_registering; /* now */
	uint32_t n_hasty;       /* registrations asked for while another was under way */
};

void fake_qemu_init(struct fake_qemu *qemu, sd_event *event);
/* Adds a graphic console; change its fields before it is connected. */
struct fake_console *fake_qemu_add(struct fake_qemu *qemu, uint32_t number);
/* Speaks on this end of a socket pair, which it takes over. */
void fake_qemu_connect(struct fake_qemu *qemu, int fd);
/* Over a bus connection that owns its name already; takes the reference over. */
void fake_qemu_connect_bus(struct fake_qemu *qemu, sd_bus *bus);
void fake_qemu_hang_up_control(struct fake_qemu *qemu);
void fake_console_hang_up(struct fake_console *console);
void fake_qemu_finish(struct fake_qemu *qemu);

/* Reads nothing on the control connection, as a process that is stopped, and goes on. */
void fake_qemu_stop(struct fake_qemu *qemu);
void fake_qemu_continue(struct fake_qemu *qemu);

/* To the one SetUIInfo that is held; what is answered is looked up now. */
void fake_console_answer_ui_info(struct fake_console *console);

/* While connected. */
void fake_console_plug(struct fake_console *console);
void fake_console_unplug(struct fake_console *console);
void fake_console_changed(
	struct fake_console *console, const char *interface, const char *property);

/* Calls the listener; the reply is counted. The interface is the listener's own name's suffix. */
void fake_call(struct fake_console *console, const char *suffix, const char *member,
	const char *types, ...);
/* The same, with a byte array at the end of what types says. */
void fake_call_bytes(struct fake_console *console, const char *member, const void *bytes,
	size_t size, const char *types, ...);
