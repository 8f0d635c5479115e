#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Down at once; one more is not reported. Mice have up to a dozen, all told. */
#define BUTTONS_MAX 16

/* What a device holds down over a window. Any code. Zero-initialise. */
struct buttons {
	uint32_t n;
	uint32_t codes[BUTTONS_MAX];
};

/* False: that is no change, or there is no room for it; it is not to be reported. */
bool buttons_note(struct buttons *buttons, uint32_t code, bool pressed);
/* Takes one that is down, the last one first. False: there is none. */
bool buttons_take(struct buttons *buttons, uint32_t *ret_code);
