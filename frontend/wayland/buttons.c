#include "buttons.h"

bool
buttons_note(struct buttons *buttons, uint32_t code, bool pressed)
{
	uint32_t i = 0;

	while (i < buttons->n && buttons->codes[i] != code) {
		i++;
	}
	if (pressed == (i < buttons->n) || i == BUTTONS_MAX) {
		return false;
	}
	if (pressed) {
		buttons->codes[buttons->n++] = code;
		return true;
	}
	buttons->n--;
	for (; i < buttons->n; i++) {
		buttons->codes[i] = buttons->codes[i + 1];
	}
	return true;
}

bool
buttons_take(struct buttons *buttons, uint32_t *ret_code)
{
	if (buttons->n == 0) {
		return false;
	}
	*ret_code = buttons->codes[--buttons->n];
	return true;
}
