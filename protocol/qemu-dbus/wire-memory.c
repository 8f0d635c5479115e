#include "qemu-dbus/wire-memory.h"

#include <string.h>

/* Between them lie the body's size and the serial. */
#define START_SIZE 4
#define FIELDS_AT 12

const struct wire_header *
wire_memory_find(const struct wire_memory *memory, const uint8_t *data, uint32_t header_size)
{
	for (uint32_t i = 0; i < WIRE_MEMORY_KINDS; i++) {
		const struct wire_header *header = &memory->kinds[i].header;
		const uint8_t *bytes = memory->kinds[i].bytes;

		if (header->header_size == header_size && memcmp(bytes, data, START_SIZE) == 0 &&
			memcmp(bytes + FIELDS_AT, data + FIELDS_AT, header_size - FIELDS_AT) == 0) {
			return header;
		}
	}
	return NULL;
}

void
wire_memory_keep(struct wire_memory *memory, const uint8_t *data, const struct wire_header *header)
{
	struct wire_header *kept = &memory->kinds[memory->next].header;
	uint8_t *bytes = memory->kinds[memory->next].bytes;
	const char **texts[] = { &kept->path, &kept->interface, &kept->member, &kept->signature };

	if (header->header_size > WIRE_MEMORY_HEADER_MAX) {
		return;
	}
	memory->next = (memory->next + 1) % WIRE_MEMORY_KINDS;
	memcpy(bytes, data, header->header_size);
	*kept = *header;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		/* Those that are absent do not lie in data. */
		*texts[i] = (*texts[i])[0] == '\0'
				    ? ""
				    : (const char *)bytes + (*texts[i] - (const char *)data);
	}
}
