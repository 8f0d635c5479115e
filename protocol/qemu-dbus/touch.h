#pragma once

#include <stdbool.h>
#include <stdint.h>

/* QEMU has one table of touch points for all heads of a VM (ui/input.c, INPUT_EVENT_SLOTS_MAX). */
#define TOUCH_MAX_SLOTS 10

/* Which of QEMU's slots a head's touch point has. Zero-initialise. */
struct touch_table {
	struct touch_slot {
		bool used;
		uint32_t console; /* QEMU's number */
		uint32_t slot;    /* the frontend's */
		double gx, gy;    /* where it was last */
	} slots[TOUCH_MAX_SLOTS];
};

/* The slot of this touch point; NULL when it has none. */
struct touch_slot *touch_find(struct touch_table *table, uint32_t console, uint32_t slot);
/* A free slot, taken; the one it has already; NULL when all are taken. */
struct touch_slot *touch_begin(struct touch_table *table, uint32_t console, uint32_t slot);
/* The console is gone: its touch points are nobody's. */
void touch_forget_console(struct touch_table *table, uint32_t console);
uint32_t touch_slot_number(const struct touch_table *table, const struct touch_slot *slot);
