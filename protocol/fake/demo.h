#pragma once

#include <stdint.h>

#include "base/rect.h"
#include "memory.h"

/* What is shown when nobody gave a script, and the picture that `animate` moves. */
extern const char demo_script[];

/*
 * Draws frame number `frame` over frame number `previous`; everything where they are the same.
 * *ret_damage is what may have changed. Errors as paint_rect().
 */
int demo_draw(
	struct fake_memory *memory, uint32_t previous, uint32_t frame, struct rect *ret_damage);
