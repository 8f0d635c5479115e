#pragma once

#include <stdbool.h>
#include <stdint.h>

struct output;
struct shell_surface;

/* What becomes of wishes to fill a monitor. */
enum fullscreen_policy {
	FULLSCREEN_GRANT,
	FULLSCREEN_REFUSE, /* answered with what it is */
	FULLSCREEN_HERE,   /* on the output that it is on, whichever was asked for */
	FULLSCREEN_SHORT,  /* in the first configure's size, until it is asked for again */
};

/* And of a window that fills a monitor that is unplugged. */
enum unplugged_policy {
	UNPLUGGED_FULLSCREEN, /* fills the first that stays: Mutter, KWin */
	UNPLUGGED_FLOATING,
};

struct window_policy {
	enum fullscreen_policy fullscreen;
	enum unplugged_policy unplugged;
};

/* By name. False: there is none of that name. */
bool window_policy_set_fullscreen(struct window_policy *policy, const char *name);
bool window_policy_set_unplugged(struct window_policy *policy, const char *name);

/* The states that the compositor gave a window, as the client or the user asked for them. */
struct window {
	bool maximized, fullscreen;
	uint32_t n_asked; /* to be on full screen */
	/* To go back to. */
	int32_t floating_width, floating_height;
	struct output *floating_output; /* not to be looked into: may be gone */
	int32_t floating_x, floating_y;
};

/* None of them. */
void window_reset(struct shell_surface *shell);

/* A configure with what it is now: the size of its output, or that which it had. */
void window_configure(struct shell_surface *shell);
/* The answer to the first commit. */
void window_configure_first(struct shell_surface *shell);

/* By the client's wish. output: NULL for the one that it is on. */
void window_fullscreen(struct shell_surface *shell, bool wanted, struct output *output);
void window_maximize(struct shell_surface *shell, bool wanted);

/* As the user drags it; one that fills an output goes there to fill that one. also: as in
 * placement.h. */
void window_place(
	struct shell_surface *shell, struct output *output, int32_t x, int32_t y, uint64_t also);

/* Its output is another one, or another size: configures it where that says something new. */
void window_output_changed(struct shell_surface *shell);
/* Its output was unplugged; it is on another one, or on none. */
void window_output_lost(struct shell_surface *shell);
