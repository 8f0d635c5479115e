#include "qemu-dbus/touch.h"

#include <stddef.h>

struct touch_slot *
touch_find(struct touch_table *table, uint32_t console, uint32_t slot)
{
	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS; i++) {
		struct touch_slot *entry = &table->slots[i];

		if (entry->used && entry->console == console && entry->slot == slot) {
			return entry;
		}
	}
	return NULL;
}

struct touch_slot *
touch_begin(struct touch_table *table, uint32_t console, uint32_t slot)
{
	struct touch_slot *entry = touch_find(table, console, slot);

	for (uint32_t i = 0; entry == NULL && i < TOUCH_MAX_SLOTS; i++) {
		if (!table->slots[i].used) {
			entry = &table->slots[i];
		}
	}
	if (entry != NULL) {
		*entry = (struct touch_slot){ .used = true, .console = console, .slot = slot };
	}
	return entry;
}

void
touch_forget_console(struct touch_table *table, uint32_t console)
{
	for (uint32_t i = 0; i < TOUCH_MAX_SLOTS; i++) {
		if (table->slots[i].console == console) {
			table->slots[i].used = false;
		}
	}
}

uint32_t
touch_slot_number(const struct touch_table *table, const struct touch_slot *slot)
{
	return (uint32_t)(slot - table->slots);
}
