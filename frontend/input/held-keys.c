#include "input/held-keys.h"

#include <assert.h>
#include <linux/input-event-codes.h>

static_assert(HELD_KEYS_N_CODES == KEY_CNT, "one for each code of evdev's");

bool
held_keys_has(const struct held_keys *held, uint32_t code)
{
	return code < HELD_KEYS_N_CODES && held->counts[code] > 0;
}

bool
held_keys_press(struct held_keys *held, uint32_t code)
{
	if (code >= HELD_KEYS_N_CODES || held->counts[code] == UINT8_MAX) {
		return false;
	}
	return held->counts[code]++ == 0;
}

bool
held_keys_release(struct held_keys *held, uint32_t code)
{
	return held_keys_has(held, code) && --held->counts[code] == 0;
}

static bool
is_button(uint32_t code)
{
	return code >= BTN_MISC && code < KEY_OK;
}

struct input_event
held_keys_event(uint32_t code, bool pressed)
{
	struct input_event event = { .kind = is_button(code) ? INPUT_BUTTON : INPUT_KEY };

	if (event.kind == INPUT_BUTTON) {
		event.button.code = code;
		event.button.pressed = pressed;
	} else {
		event.key.code = code;
		event.key.pressed = pressed;
	}
	return event;
}
