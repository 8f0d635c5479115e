#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The calls on one listener that QEMU waits for until the frontend is done with the update. QEMU
 * has one update in flight per head, and a burst of them for 2D damage with gl=on. Zero-initialise.
 */
#define ANSWERS_MAX 32

struct answers {
	uint32_t n_slots;
	struct answer {
		uint64_t serial;   /* the update's */
		uint32_t reply_to; /* the call's, never 0 */
	} slots[ANSWERS_MAX];
};

/* False when there is no room: it is to be answered at once. */
bool answers_keep(struct answers *answers, uint64_t serial, uint32_t reply_to);

/*
 * Takes the call to be answered now. Returns 0 when the serial is not there: it was answered at
 * once, or its listener is gone.
 */
uint32_t answers_take(struct answers *answers, uint64_t serial);

/* Takes the oldest; 0 when none is left. */
uint32_t answers_take_first(struct answers *answers);
