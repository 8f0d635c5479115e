#pragma once

#include "script.h"
#include "words.h"

/* The words of `scanout` that describe memory and how it is shown. */

/* The memory of this name, known or new; NULL (logged) when there are too many or it is no name. */
struct script_memory *script_memory_take(struct script *script, struct words *words);

/* "memory FOURCC" or "dmabuf FOURCC". */
int script_memory_take_kind(struct words *words, enum buffer_kind *ret_kind, uint32_t *ret_fourcc);

/* What follows HEAD NAME: the memory's description, how it is shown, both, or nothing. */
int script_memory_take_scanout(
	struct script_memory *memory, struct words *words, struct script_command *command);
