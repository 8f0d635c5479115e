#include "qemu-dbus/answers.h"

#include <string.h>

void
answers_keep(struct answers *answers, sd_bus_message *call, uint64_t serial)
{
	sd_bus_message *reply;

	if (sd_bus_message_get_expect_reply(call) <= 0) {
		return;
	}
	if (answers->n_slots == ANSWERS_MAX || sd_bus_message_new_method_return(call, &reply) < 0) {
		sd_bus_reply_method_return(call, NULL);
		return;
	}
	answers->slots[answers->n_slots++] = (struct answer){ .serial = serial, .reply = reply };
}

/* A send that fails means that the connection is gone; its own event tells. */
static void
send_and_unref(sd_bus_message *reply)
{
	sd_bus_send(NULL, reply, NULL);
	sd_bus_message_unref(reply);
}

void
answers_send(struct answers *answers, uint64_t serial)
{
	for (uint32_t i = 0; i < answers->n_slots; i++) {
		sd_bus_message *reply = answers->slots[i].reply;

		if (answers->slots[i].serial != serial) {
			continue;
		}
		answers->n_slots--;
		memmove(&answers->slots[i], &answers->slots[i + 1],
			(answers->n_slots - i) * sizeof(answers->slots[0]));
		send_and_unref(reply);
		return;
	}
}

void
answers_send_all(struct answers *answers)
{
	for (uint32_t i = 0; i < answers->n_slots; i++) {
		send_and_unref(answers->slots[i].reply);
	}
	answers->n_slots = 0;
}

void
answers_drop_all(struct answers *answers)
{
	for (uint32_t i = 0; i < answers->n_slots; i++) {
		sd_bus_message_unref(answers->slots[i].reply);
	}
	answers->n_slots = 0;
}
