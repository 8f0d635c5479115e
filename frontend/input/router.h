#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest.h"
#include "input.h"
#include "input/input-options.h"

/*
 * Between a window and its guest monitor: knows what the guest holds down and lets go of it when
 * the focus goes, keeps our own key combinations from the guest, and asks for the pointer and the
 * host's key combinations when the guest is to have them. One per window. It needs no answer of the
 * VM's for anything, so that its hotkeys work while the VM is dead. Nothing of a key is logged.
 */

struct deadlines;
struct router;

/* What the host's key combinations do, as far as it is known. */
enum router_shortcuts {
	ROUTER_SHORTCUTS_HOST,        /* they are the host's */
	ROUTER_SHORTCUTS_ASKED,       /* for the guest; no answer yet */
	ROUTER_SHORTCUTS_INHIBITED,   /* all keys come here */
	ROUTER_SHORTCUTS_TAKEN_BACK,  /* they did */
	ROUTER_SHORTCUTS_UNSUPPORTED, /* the host never gives them away */
};

/* Without an answer for so long the user is told what may be the matter. */
#define ROUTER_SHORTCUTS_WAIT_NS UINT64_C(3000000000)

struct router_listener {
	/* To the guest. */
	void (*event)(void *data, const struct input_event *event);
	/*
	 * The pointer is to be locked to the window, or freed. A negative errno (logged) says that
	 * it cannot be done: then clicks go to the guest as they are.
	 */
	int (*lock_pointer)(void *data, bool lock);
	/* All keys are to come here, the host's own combinations as well; or these are the host's.
	 */
	void (*inhibit_shortcuts)(void *data, bool inhibit);
	/* One of our keys, but for those that the router deals with itself. May destroy the router.
	 */
	void (*action)(void *data, const struct hotkey *hotkey);
	/* router_hint() says something else. */
	void (*hint_changed)(void *data);
};

/* options and deadlines are borrowed. Returns 0 or -ENOMEM. */
int router_create(const struct input_options *options, struct deadlines *deadlines,
	const struct router_listener *listener, void *data, struct router **ret_router);
/* Releases what is held. NULL is fine. */
void router_destroy(struct router *router);

/* From the window. */
void router_handle_event(struct router *router, const struct input_event *event);
/*
 * Losing the focus releases every key and button, and the pointer. keys: evdev codes that are down
 * when it comes, which were meant for somebody else.
 */
void router_set_focus(struct router *router, bool focused, const uint32_t *keys, size_t n_keys);
void router_set_hover(struct router *router, bool over);
void router_set_full_screen(struct router *router, bool full_screen);
void router_set_locked(struct router *router, bool locked);
void router_set_shortcuts(struct router *router, enum router_shortcuts state);
/*
 * The host's lock keys that are on (INPUT_LOCK_*), of those that it has: told after the focus came.
 * The others are left alone.
 */
void router_set_locks(struct router *router, uint32_t known, uint32_t mask);

/* From the guest: a relative pointer is locked by the first click. */
void router_set_pointer_mode(struct router *router, enum pointer_mode mode);
/* What the guest's keyboard shows; never told by guests that do not know. */
void router_set_leds(struct router *router, uint32_t mask);

/*
 * The guest is gone, or takes no input any more: nothing is sent, and pointer and combinations are
 * the host's. Our own keys go on. false: there is one again, which holds nothing, and what was done
 * before is no reason to grab.
 */
void router_set_absent(struct router *router, bool absent);

/* Sends a release for everything that the guest holds. */
void router_release_all(struct router *router);
/* Types it into the guest, whatever is held. */
void router_send_chord(struct router *router, const struct chord *chord);

/*
 * For the title: how to get out, or why the host's combinations stay with it. Empty: nothing to
 * say. Valid until it changes.
 */
const char *router_hint(const struct router *router);
