#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Modifiers that are down but not yet pressed in the guest: whether they are for it is known when
 * the next key comes. Pressed at once, a combination of the host's would leave a lone Super in the
 * guest, which opens its menu. In the order in which they went down. All zeroes: none.
 */

#define HOLDBACK_MAX 8
/* Longer than this nobody taps a key; what was held longer was for something else. */
#define HOLDBACK_TAP_MS 400

struct held_back {
	uint32_t code;
	uint32_t time_ms;
	bool silent; /* if nothing else comes the guest hears nothing of it */
};

struct holdback {
	uint32_t n_keys;
	struct held_back keys[HOLDBACK_MAX];
};

/* False: there are too many already. */
bool holdback_add(struct holdback *holdback, uint32_t code, uint32_t time_ms, bool silent);
/* A key went up. False: it was not held back. */
bool holdback_take(struct holdback *holdback, uint32_t code, struct held_back *ret_key);
/* They belong to a combination that was not for the guest. */
void holdback_silence(struct holdback *holdback);
