#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"

struct console;

/* What QEMU's Console.SetUIInfo can tell: no refresh rate. */
struct ui_info_values {
	uint16_t width_mm, height_mm;
	int32_t x, y;
	uint32_t width, height; /* 0: unplugged */
};

/*
 * The monitor that one console is connected to, as QEMU was told. One call is under way at most:
 * QEMU's main loop may stand still, and then only the last wish is of any use. Zero-initialise.
 */
struct ui_info {
	uint64_t cookie;            /* of the call that is under way; 0: none */
	bool was_sent;              /* and not refused */
	struct ui_info_values sent; /* last */
	bool waits;                 /* for the reply */
	struct ui_info_values next; /* then to be sent */
	bool error_was_logged;
};

/*
 * Has QEMU told, now or after the call that is under way; what it knows is not told again. A
 * refusal comes later: a device that takes no such news makes the head unresizable. Errors as
 * set_head.
 */
int ui_info_set(struct console *console, const struct head_geometry *geometry);
