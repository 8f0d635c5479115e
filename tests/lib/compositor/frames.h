#pragma once

struct compositor;

/* When frame callbacks fire. */

enum frame_policy {
	FRAME_AUTO,   /* at the refreshes of the output */
	FRAME_SOON,   /* as soon as what was read has been handled */
	FRAME_MANUAL, /* by the command "frame" */
	FRAME_NEVER,  /* as for a window that nobody sees */
};

void frames_init(struct compositor *compositor);
void frames_finish(struct compositor *compositor);

/* Callbacks were committed: fires them at the next frame where the policy says so. */
void frames_schedule(struct compositor *compositor);

/* Fires all committed frame callbacks; returns how many. */
int frames_fire(struct compositor *compositor);
