#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-bus.h>

#include "guest.h"
#include "qemu-dbus/control.h"
#include "qemu-dbus/cursor-picture.h"
#include "qemu-dbus/devices.h"
#include "qemu-dbus/listener.h"
#include "qemu-dbus/picture.h"
#include "qemu-dbus/properties.h"
#include "qemu-dbus/ui-info.h"

struct qemu_guest;

enum console_state {
	CONSOLE_ABSENT,  /* this place in the table is free */
	CONSOLE_NEW,     /* not told to the frontend yet */
	CONSOLE_WAITING, /* to be registered */
	CONSOLE_REGISTERING,
	CONSOLE_LISTENING,
	CONSOLE_LOST,   /* the connection ended; to be registered again in a moment */
	CONSOLE_SILENT, /* no listener: refused, failed, or its connection ended twice */
};

/*
 * One of QEMU's consoles with everything that belongs to it. Its memory lives as long as the guest:
 * replies may be under way for a console that is gone.
 */
struct console {
	struct guest_head head;
	struct qemu_guest *guest;
	enum console_state state;
	char path[QEMU_CONSOLE_PATH_SIZE];
	struct console_properties properties;

	bool size_was_asked;       /* the answer is under way */
	bool was_registered_again; /* once is enough: QEMU 9.0 to 10.2 never forgets the old ones */
	struct listener listener;
	struct picture picture;
	struct cursor_picture cursor;
	struct devices devices;
	struct ui_info ui_info;
};

/* Takes a free place in the table. */
void console_init(struct console *console, struct qemu_guest *guest, uint32_t number,
	const struct console_properties *properties);
/* Closes and frees all that it holds; the place is free again. Tells nobody. */
void console_finish(struct console *console);

/*
 * Tells what a frontend must know of a new head (head_added, pointer_mode, leds if any is lit); it
 * waits then.
 */
void console_tell_added(struct console *console);

/* New values, told as far as they differ. */
void console_set_properties(struct console *console, const struct console_properties *properties);

/* Asks QEMU for Width and Height again; the picture follows. */
void console_ask_size(struct console *console);
