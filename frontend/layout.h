#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "guest.h"
#include "output-name.h"

/*
 * How a user has arranged the monitors of a VM: which are plugged, how their windows look, and on
 * which monitor of the host each is. layout-file.h keeps it.
 */

/* Of a window's sides, logical pixels. */
#define LAYOUT_MAX_DIMENSION 16384
#define LAYOUT_MIN_ZOOM_PERCENT 10
#define LAYOUT_MAX_ZOOM_PERCENT 1000

struct layout_head {
	char gpu[GUEST_TEXT_SIZE]; /* with index: as in struct guest_head */
	uint32_t index;
	bool plugged;
	bool maximized; /* also below full screen */
	bool fullscreen;
	int32_t width, height; /* of the window when it floats, logical; 0 for both: not known */
	uint32_t zoom_percent; /* 0: none was chosen */
	bool has_output;
	struct output_name output; /* where the window was */
};

struct layout {
	uint32_t n_heads;
	struct layout_head heads[GUEST_MAX_HEADS];
};

/* What is known of a head; NULL: nothing. */
const struct layout_head *layout_find_head(
	const struct layout *layout, const char *gpu, uint32_t index);

/*
 * The monitor among those present that is the wanted one: its index, or -1. Make, model and
 * description count most, since docking numbers connectors anew; then make and model; then the
 * connector's name, which also decides between equals. What is not known is no likeness.
 */
int32_t layout_find_output(
	const struct output_name *wanted, const struct output_name *present, uint32_t n_present);
/* By all that is known of it, its connector included. */
bool layout_is_same_output(const struct output_name *a, const struct output_name *b);

/*
 * layout_find_output for all heads at once, into ret_indices[i] for heads[i]: heads that were on
 * different monitors come to different ones, also where these look alike; heads that shared one
 * share it again. -1: it had none, or none like it is left.
 */
void layout_assign_outputs(const struct layout *layout, const struct output_name *present,
	uint32_t n_present, int32_t ret_indices[static GUEST_MAX_HEADS]);
