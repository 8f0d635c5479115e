#pragma once

#include <stdbool.h>

#include "input/chord.h"
#include "input/grab.h"
#include "input/hotkeys.h"
#include "input/key-remap.h"

/* What the user wants of keyboard and pointer. */
struct input_options {
	enum grab_mode grab;
	enum capture_keys capture;
	bool keep_keys; /* do not release what is held when the focus goes */
	bool lock_keys; /* bring the guest's lock keys in line with the host's */
	struct hotkeys hotkeys;
	struct key_remaps remaps;
	struct chord_list pass_keys; /* the host's */
};
