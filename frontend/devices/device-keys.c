#include "devices/device-keys.h"

#include <stddef.h>

#define N_WORDS (sizeof(((struct device_keys *)NULL)->words) / sizeof(unsigned long))

bool
device_keys_has(const struct device_keys *keys, uint32_t code)
{
	return code < KEY_CNT &&
	       (keys->words[code / DEVICE_KEYS_WORD_BITS] >> (code % DEVICE_KEYS_WORD_BITS) & 1);
}

bool
device_keys_note(struct device_keys *keys, uint32_t code, bool down)
{
	if (code >= KEY_CNT || down == device_keys_has(keys, code)) {
		return false;
	}
	keys->words[code / DEVICE_KEYS_WORD_BITS] ^= 1UL << (code % DEVICE_KEYS_WORD_BITS);
	return true;
}

bool
device_keys_is_empty(const struct device_keys *keys)
{
	for (size_t i = 0; i < N_WORDS; i++) {
		if (keys->words[i] != 0) {
			return false;
		}
	}
	return true;
}
