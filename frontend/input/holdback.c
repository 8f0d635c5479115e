#include "input/holdback.h"

#include <string.h>

bool
holdback_add(struct holdback *holdback, uint32_t code, uint32_t time_ms, bool silent)
{
	if (holdback->n_keys == HOLDBACK_MAX) {
		return false;
	}
	holdback->keys[holdback->n_keys++] = (struct held_back){ code, time_ms, silent };
	return true;
}

bool
holdback_take(struct holdback *holdback, uint32_t code, struct held_back *ret_key)
{
	for (uint32_t i = 0; i < holdback->n_keys; i++) {
		if (holdback->keys[i].code == code) {
			*ret_key = holdback->keys[i];
			holdback->n_keys--;
			memmove(&holdback->keys[i], &holdback->keys[i + 1],
				(holdback->n_keys - i) * sizeof(holdback->keys[0]));
			return true;
		}
	}
	return false;
}

void
holdback_silence(struct holdback *holdback)
{
	for (uint32_t i = 0; i < holdback->n_keys; i++) {
		holdback->keys[i].silent = true;
	}
}
