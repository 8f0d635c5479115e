#pragma once

#include "deadline.h"
#include "input/held-keys.h"
#include "input/holdback.h"
#include "input/router.h"

/* What router.c (pointer, grabs, what is said) and router-keys.c (the keyboard) share. */

#define KEY_SET_WORD_BITS 64
#define ROUTER_HINT_SIZE 128

/* A bit for each key. */
struct key_set {
	uint64_t words[HELD_KEYS_N_CODES / KEY_SET_WORD_BITS];
};

struct router {
	const struct input_options *options;
	const struct router_listener *listener;
	void *data;

	bool absent; /* the guest is, or another viewer's */
	struct grab grab;
	bool locked;
	bool lock_asked;  /* maybe not granted yet */
	bool cannot_lock; /* it was tried */
	uint32_t swallowed_button;
	uint32_t fingers; /* a bit for each slot that touches the guest */
	bool pen_near;

	enum router_shortcuts shortcuts;
	bool inhibit_asked;
	bool lifted; /* the host is to have the next key */
	bool waits_in_vain;
	struct deadline answer;
	char hint[ROUTER_HINT_SIZE]; /* as it was told */

	struct key_set down;      /* what the user holds */
	struct key_set swallowed; /* of it, what is not for the guest */
	struct holdback holdback;
	struct held_keys held; /* what the guest holds */
	bool tap;              /* of all that is down each is a modifier, and nothing else was */

	bool locks_due; /* since the focus came */
	bool leds_known;
	uint32_t leds;
};

/* Presses or releases it in the guest, if that is a change. */
void router_hold(struct router *router, uint32_t code, bool pressed);
/* Asks for what the guest is to have now, if that is something else than before. */
void router_apply(struct router *router);
void router_toggle_grab(struct router *router);

void router_handle_key(struct router *router, const struct input_event *event);
/* Modifiers that were held back are for the guest: something came that is. */
void router_flush_holdback(struct router *router);
/* Keys that are down when the focus comes. */
void router_take_over_keys(struct router *router, const uint32_t *keys, size_t n_keys);
/* No key is down any more, as far as we get to know. */
void router_forget_keys(struct router *router);
