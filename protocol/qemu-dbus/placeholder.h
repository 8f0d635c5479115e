#pragma once

#include <stdbool.h>

#include "qemu-dbus/messages.h"
#include "scanout.h"

/*
 * Whether this picture is one of QEMU's own messages instead of the guest's: "Display
 * output is not active.", "Guest has not initialized the display (yet)." and the like. QEMU draws
 * them as one centred line of 8x16 characters in 0xaaaaaa on black (ui/console.c,
 * qemu_create_placeholder_surface). Reads a few rows of the picture; false for what can't be
 * read: tiled, or being drawn into.
 */
bool placeholder_is(const struct scanout *scanout);
/* Whether it may be one, by the first bytes that come of it: none begins otherwise. */
bool placeholder_may_begin(const struct message_pixels *pixels, const uint8_t *bytes, size_t size);
