#pragma once

#include <stdbool.h>

#include "buffer.h"

/* The same about page flips that QEMU loses (lost-flips.h). */
#define HINT_LOST_FLIPS \
	"QEMU 9.2 to 10.0 loses the page flips of virtio-gpu with blob=true: QEMU 10.1 or later, " \
	"'-device virtio-vga-gl' or blob=off shows them"

/*
 * What keeps QEMU from giving a better picture on a console, and the option that helps; a static
 * text for scanout.hint, or NULL. label: of the console, which has the device's type in it unless
 * the user gave the device an id. copied: QEMU sent the pixels in messages.
 */
const char *hint_for(const char *label, enum buffer_kind kind, bool copied);
