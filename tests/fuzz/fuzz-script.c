#include <string.h>

#include "fake/script.h"
#include "fuzz.h"

/* A script of the test guest; the input is the script. */

#define MAX_MEMORY_SIZE (UINT64_C(1) << 32)

static void
check_text(const char *text, size_t size)
{
	FUZZ_EXPECT(memchr(text, '\0', size) != NULL);
}

static void
check_memory(const struct script_memory *memory)
{
	const struct buffer_layout *layout = &memory->layout;
	struct rect whole = { 0, 0, (int32_t)layout->width, (int32_t)layout->height };

	FUZZ_EXPECT(memory->defined);
	check_text(memory->name, sizeof(memory->name));
	FUZZ_EXPECT(layout->width >= 1 && layout->width <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(layout->height >= 1 && layout->height <= BUFFER_MAX_DIMENSION);
	FUZZ_EXPECT(layout->n_planes >= 1 && layout->n_planes <= BUFFER_MAX_PLANES);
	FUZZ_EXPECT(memory->size <= MAX_MEMORY_SIZE);
	FUZZ_EXPECT(rect_contains(&whole, &memory->source));
	for (uint32_t i = 0; i < layout->n_planes; i++) {
		FUZZ_EXPECT(layout->planes[i].fd == -1);
	}
}

/* What play.c takes for granted. */
static void
check_command(const struct script *script, uint32_t index)
{
	const struct script_command *command = &script->commands[index];
	const struct script_memory *memory = &script->memories[command->memory];
	struct rect whole = { 0, 0, (int32_t)memory->layout.width, (int32_t)memory->layout.height };

	FUZZ_EXPECT(command->head < GUEST_MAX_HEADS);
	switch (command->kind) {
	case SCRIPT_HEAD:
		check_text(command->heading.gpu, GUEST_TEXT_SIZE);
		check_text(command->heading.label, GUEST_TEXT_SIZE);
		break;
	case SCRIPT_SCANOUT:
		FUZZ_EXPECT(command->memory < script->n_memories);
		FUZZ_EXPECT(rect_contains(&whole, &command->scanout.source));
		break;
	case SCRIPT_DRAW:
	case SCRIPT_FORGET:
	case SCRIPT_ANIMATE:
		FUZZ_EXPECT(command->memory < script->n_memories);
		break;
	case SCRIPT_TRUNCATE:
		FUZZ_EXPECT(command->memory < script->n_memories);
		FUZZ_EXPECT(memory->unsealed && command->size <= memory->size);
		break;
	case SCRIPT_CURSOR:
		FUZZ_EXPECT((uint64_t)command->cursor.width * command->cursor.height <=
			    script->max_cursor_pixels);
		break;
	case SCRIPT_SLEEP:
		FUZZ_EXPECT(command->sleep_ms <= SCRIPT_MAX_SLEEP_MS);
		break;
	case SCRIPT_FOLLOW:
		FUZZ_EXPECT(command->follow.delay_ms <= SCRIPT_MAX_SLEEP_MS);
		break;
	case SCRIPT_REPEAT:
		FUZZ_EXPECT(command->repeat.count > 0);
		FUZZ_EXPECT(command->repeat.end > index);
		FUZZ_EXPECT(command->repeat.end < script->n_commands);
		FUZZ_EXPECT(script->commands[command->repeat.end].kind == SCRIPT_END);
		FUZZ_EXPECT(script->commands[command->repeat.end].begin == index);
		break;
	case SCRIPT_END:
		FUZZ_EXPECT(command->begin < index);
		FUZZ_EXPECT(script->commands[command->begin].kind == SCRIPT_REPEAT);
		FUZZ_EXPECT(script->commands[command->begin].repeat.end == index);
		break;
	case SCRIPT_FRAMES:
		FUZZ_EXPECT(command->frames.hz <= SCRIPT_MAX_HZ);
		if (command->frames.flip) {
			FUZZ_EXPECT(command->frames.memories[0] < script->n_memories);
			FUZZ_EXPECT(command->frames.memories[1] < script->n_memories);
		}
		break;
	case SCRIPT_RECORD:
		FUZZ_EXPECT(command->path != NULL);
		break;
	case SCRIPT_CLOSE:
		FUZZ_EXPECT(command->error <= 0);
		break;
	default:
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script *script = NULL;

	if (script_parse("fuzz", (const char *)data, size, &script) < 0) {
		FUZZ_EXPECT(script == NULL);
		return 0;
	}
	FUZZ_EXPECT(script->n_memories <= SCRIPT_MAX_MEMORIES);
	FUZZ_EXPECT(script->n_commands <= SCRIPT_MAX_COMMANDS);
	check_text(script->identity.name, sizeof(script->identity.name));
	check_text(script->identity.uuid, sizeof(script->identity.uuid));
	for (uint32_t i = 0; i < script->n_memories; i++) {
		check_memory(&script->memories[i]);
	}
	for (uint32_t i = 0; i < script->n_commands; i++) {
		check_command(script, i);
	}
	script_destroy(script);
	return 0;
}
