#pragma once

#include <stdbool.h>

#include "guest.h"

/*
 * Who has the user's pointer and the host's key combinations, the host or the guest: a decision,
 * from what the user said on the command line and did since. Nothing is done here; the router asks
 * for it.
 */

/* What makes the guest have them, besides the hotkey. */
enum grab_mode {
	GRAB_CLICK, /* into the picture */
	GRAB_HOVER, /* the pointer comes in while the window has the keyboard */
	GRAB_FOCUS, /* the keyboard comes */
	GRAB_OFF,   /* nothing else */
};

/* When the guest has the host's key combinations as well. */
enum capture_keys {
	CAPTURE_KEYS_FULL_SCREEN, /* on full screen, and when the hotkey asks for it */
	CAPTURE_KEYS_ALWAYS,      /* with every grab */
	CAPTURE_KEYS_NEVER,
};

enum grab_wish {
	GRAB_WISH_NONE,
	GRAB_WISH_FREE, /* until the next reason */
	GRAB_WISH_TAKE,
};

struct grab {
	enum grab_mode mode;
	enum capture_keys capture;
	bool focused, hovered, full_screen, relative;
	bool triggered;      /* the mode's reason has come up since the focus came */
	enum grab_wish wish; /* the hotkey's */
};

bool grab_wants_pointer(const struct grab *grab);
bool grab_wants_keys(const struct grab *grab);

void grab_set_focus(struct grab *grab, bool focused);
/* What was done since the focus came does not count any more, as if it just came. */
void grab_start_anew(struct grab *grab);
void grab_set_hover(struct grab *grab, bool over);
void grab_click(struct grab *grab);
/* The hotkey: taken tells whether the guest has anything of it now. */
void grab_toggle(struct grab *grab, bool taken);
