#pragma once

struct compositor;
struct output;
struct surface;

/* When frame callbacks fire. */

enum frame_policy {
	FRAME_AUTO,   /* at the refreshes of the output that the surface is on */
	FRAME_SOON,   /* as soon as what was read has been handled */
	FRAME_MANUAL, /* by the command "frame" */
	FRAME_NEVER,  /* as for a window that nobody sees */
};

/* Each output has a clock of its own. */
void frames_add_output(struct output *output);
void frames_remove_output(struct output *output);

/* Callbacks were committed to it: fires them at the next frame where the policy says so. */
void frames_schedule(struct surface *surface);

/* The policy is FRAME_AUTO now: fires what waits. */
void frames_restart(struct compositor *compositor);

/* Fires all committed frame callbacks; returns how many. */
int frames_fire(struct compositor *compositor);
