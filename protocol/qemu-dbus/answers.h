#pragma once

#include <stdint.h>
#include <systemd/sd-bus.h>

/*
 * The answers that QEMU waits for on one listener. Each is prepared when the call arrives, so that
 * the call with its pixels is free again at once, and goes out when the frontend is done with the
 * update. QEMU has one update in flight per head, and a burst of them for 2D damage with gl=on.
 */
#define ANSWERS_MAX 32

struct answers {
	uint32_t n_slots;
	struct answer {
		uint64_t serial;
		sd_bus_message *reply;
	} slots[ANSWERS_MAX];
};

/*
 * Keeps the answer to call until answers_send(serial). When there is no room, or no memory, it goes
 * out at once.
 */
void answers_keep(struct answers *answers, sd_bus_message *call, uint64_t serial);

/* Does nothing when the serial is not there: it was answered at once, or its listener is gone. */
void answers_send(struct answers *answers, uint64_t serial);

/* Sends all that are left, for a listener that is about to be closed in order. */
void answers_send_all(struct answers *answers);

/* Forgets all: nobody is there to hear them. */
void answers_drop_all(struct answers *answers);
