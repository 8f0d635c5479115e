#pragma once

#include <stdbool.h>

#include "surface.h"

/* struct surface_state, from wl_surface.attach to what is shown. */

void surface_state_init(struct surface_state *state);
/* holds_buffer: the state counts as a use of its buffer (all but pending). */
void surface_state_finish(struct surface_state *state, bool holds_buffer);

/*
 * Takes over whatever `from` changes: its buffer with the use of it, its damage
 * and callbacks, which `from` then has no more. `to` is not the pending state.
 */
void surface_state_move(struct surface_state *from, struct surface_state *to);
void surface_state_clear_damage(struct surface_state *state);

/* Adds the state to the "commit" event. */
void surface_state_record(struct json_object *event, const struct surface_state *state);
