#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

/*
 * What the guest holds down, keys and buttons (they share evdev's numbers). Two keys of the user's
 * can be one of the guest's: it is down as long as one of them is. All zeroes: nothing.
 */

#define HELD_KEYS_N_CODES 768 /* KEY_CNT */

struct held_keys {
	uint8_t counts[HELD_KEYS_N_CODES];
};

bool held_keys_has(const struct held_keys *held, uint32_t code);
/* Whether the guest is to be told. Codes that are out of range are not held. */
bool held_keys_press(struct held_keys *held, uint32_t code);
bool held_keys_release(struct held_keys *held, uint32_t code);

/* A key or a button, by its number. */
struct input_event held_keys_event(uint32_t code, bool pressed);
