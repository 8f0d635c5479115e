#pragma once

#include <stdbool.h>

#include "fake-private.h"
#include "script.h"

/* The commands of a script, at work. */

enum outcome {
	OUTCOME_NEXT, /* the command is through */
	OUTCOME_WAIT, /* it is to be called again; what wakes it is arranged */
	OUTCOME_FAIL, /* logged; the guest is to close */
};

/* Logs where and why. */
enum outcome play_fail(
	const struct fake *fake, const struct script_command *command, const char *why);
/* Whether wake_ns has come; arranges to be called then if not. */
bool play_is_time(struct fake *fake);

/* play-picture.c: heads and what they show */
enum outcome play_head(struct fake *fake, const struct script_command *command);
enum outcome play_remove(struct fake *fake, const struct script_command *command);
enum outcome play_scanout(struct fake *fake, const struct script_command *command);
enum outcome play_off(struct fake *fake, const struct script_command *command);
enum outcome play_forget(struct fake *fake, const struct script_command *command);
enum outcome play_draw(struct fake *fake, const struct script_command *command);
enum outcome play_truncate(struct fake *fake, const struct script_command *command);
enum outcome play_fence(struct fake *fake, const struct script_command *command);
enum outcome play_follow(struct fake *fake, const struct script_command *command);
enum outcome play_unresizable(struct fake *fake, const struct script_command *command);
enum outcome play_update(struct fake *fake, const struct script_command *command);
enum outcome play_frames(struct fake *fake, const struct script_command *command);
enum outcome play_animate(struct fake *fake, const struct script_command *command);
