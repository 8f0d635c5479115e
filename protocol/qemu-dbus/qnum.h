#pragma once

#include <stdint.h>

/*
 * QEMU's key numbers ("qnum"): PC set 1 scan codes, with 0x80 set for those behind an 0xe0 prefix.
 * Returns 0 for keys that have none (all beyond evdev code 239, and a few before).
 */
uint32_t qnum_from_evdev(uint32_t code);
