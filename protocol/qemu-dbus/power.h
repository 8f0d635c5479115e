#pragma once

#include "guest.h"

struct qemu_guest;

/*
 * Presses the guest's power button, or resets it, through QMP, on a connection of its own: QMP
 * serves one client at a time, so it is not kept. power_done() follows. Errors as guest_ops.power.
 */
int power_request(struct qemu_guest *guest, enum guest_power power);
/* Gives up what is under way, telling nobody. */
void power_finish(struct qemu_guest *guest);
