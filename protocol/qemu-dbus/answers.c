#include "qemu-dbus/answers.h"

#include <string.h>

bool
answers_keep(struct answers *answers, uint64_t serial, uint32_t reply_to)
{
	if (answers->n_slots == ANSWERS_MAX) {
		return false;
	}
	answers->slots[answers->n_slots++] =
		(struct answer){ .serial = serial, .reply_to = reply_to };
	return true;
}

static uint32_t
take_at(struct answers *answers, uint32_t index)
{
	uint32_t reply_to = answers->slots[index].reply_to;

	answers->n_slots--;
	memmove(&answers->slots[index], &answers->slots[index + 1],
		(answers->n_slots - index) * sizeof(answers->slots[0]));
	return reply_to;
}

uint32_t
answers_take(struct answers *answers, uint64_t serial)
{
	for (uint32_t i = 0; i < answers->n_slots; i++) {
		if (answers->slots[i].serial == serial) {
			return take_at(answers, i);
		}
	}
	return 0;
}

uint32_t
answers_take_first(struct answers *answers)
{
	return answers->n_slots > 0 ? take_at(answers, 0) : 0;
}
