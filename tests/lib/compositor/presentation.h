#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>
#include <wayland-server-core.h>

struct surface;

/* wp_presentation: what clients are told of their commits, as the command "presentation" sets it.
 */
struct presentation {
	clockid_t clock;
	uint32_t refresh_ns;
	uint32_t delay_ns; /* from the frame's turn to the light */
	bool zero_copy, vsync;
	bool discards; /* everything, as for windows that nobody sees */
	uint64_t sequence;
};

void presentation_init(struct presentation *presentation);

/* The surface's current content is shown now. */
void presentation_show(struct presentation *presentation, struct surface *surface);
/* What these feedback objects were asked for was never seen. */
void presentation_discard(struct wl_list *feedbacks);

/* Whether nothing is answered any more. */
void presentation_set_silent(bool value);

void bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id);
