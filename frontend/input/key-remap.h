#pragma once

#include <stdint.h>

#include "input/chord.h"

/* Keys that are other ones, or none, to the guest: "Caps_Lock=Control_L". */

#define KEY_REMAP_MAX_TARGETS 4
#define KEY_REMAPS_MAX 64

struct key_remap {
	uint32_t code;
	uint32_t n_targets; /* 0: the guest does not get it */
	uint32_t targets[KEY_REMAP_MAX_TARGETS];
};

struct key_remaps {
	uint32_t n_remaps;
	struct key_remap remaps[KEY_REMAPS_MAX];
};

/*
 * virt-viewer's syntax: "Super_L=,1=Shift_L+F1"; a key that is named twice is what it was called
 * last. Returns 0, or -EINVAL and says why in error; then some may have been taken.
 */
int key_remaps_parse(struct key_remaps *remaps, const struct key_layout *layout, const char *text,
	char error[static CHORD_ERROR_SIZE]);

/* NULL: the key is what it is. */
const struct key_remap *key_remaps_find(const struct key_remaps *remaps, uint32_t code);
