#pragma once

#include <limits.h>
#include <linux/input-event-codes.h>
#include <stdbool.h>
#include <stdint.h>

/* Which keys and buttons are down, by evdev's numbers, which they share. */

#define DEVICE_KEYS_WORD_BITS (sizeof(unsigned long) * CHAR_BIT)

/* As the kernel has it in EVIOCGKEY. */
struct device_keys {
	unsigned long words[KEY_CNT / DEVICE_KEYS_WORD_BITS];
};

bool device_keys_has(const struct device_keys *keys, uint32_t code);
/* False: it is so already, or there is no such code. */
bool device_keys_note(struct device_keys *keys, uint32_t code, bool down);
bool device_keys_is_empty(const struct device_keys *keys);
