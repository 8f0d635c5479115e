#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wayland-server-core.h>

struct output;
struct shell_surface;
struct surface;

/* Where a window is, and what its client was told of that (wl_surface.enter and leave). */
struct placement {
	struct output *output; /* NULL: there is none */
	int32_t x, y;          /* of its geometry on the output, logical */
	uint64_t also;         /* bits of further outputs, which it reaches out to */
	bool shown;
	uint64_t entered; /* bits of the outputs that its client knows of */
};

/* A new window: on the first output, not yet shown. */
void placement_init(struct shell_surface *shell);

/* It appears. */
void placement_show(struct shell_surface *shell);
/* It is unmapped; leaves: its client is told. */
void placement_hide(struct shell_surface *shell, bool leaves);

/* Moves it, also to nowhere (NULL). */
void placement_move(
	struct shell_surface *shell, struct output *output, int32_t x, int32_t y, uint64_t also);

/* It is the output of the window, or one of those that it reaches out to. */
bool placement_is_on(const struct shell_surface *shell, const struct output *output);

/* The output of a surface: that of its window, or of the window that the pointer is on; else the
 * first. NULL: there is none. */
struct output *placement_output(const struct surface *surface);

/* What happens to outputs. Windows of one that goes move to the first that stays. */
void placement_output_added(struct output *output);
void placement_output_bound(struct output *output, struct wl_resource *resource);
void placement_output_changed(struct output *output);
void placement_output_removed(struct output *output, bool leaves);
