#pragma once

#include <stdbool.h>

struct pointer;
struct window;
struct zwp_locked_pointer_v1;
struct zwp_relative_pointer_v1;

/* A pointer held in place for a window, which gets its motion only. Zero-initialise. */
struct pointer_lock {
	struct window *window;
	struct pointer *pointer;
	struct zwp_locked_pointer_v1 *locked; /* NULL: not requested */
	struct zwp_relative_pointer_v1 *relative;
	bool active; /* the compositor granted it */
	bool broken; /* ... and took it back */
	/* Where the pointer comes back to, in guest pixels: it was told. */
	bool has_hint;
	double hint_gx, hint_gy;
};

/*
 * Asks for it, unless that has been done: of a lock that the compositor took back, anew, as not
 * all of them give it back by themselves. Returns 0, -ENOTSUP without the protocols or a pointer,
 * -ENOMEM.
 */
int pointer_lock_request(struct pointer_lock *lock, struct window *window);
/* The hint stays for the next time. */
void pointer_lock_finish(struct pointer_lock *lock);
void pointer_lock_set_hint(struct pointer_lock *lock, double gx, double gy);
/* Before the pointer goes away. */
void pointer_lock_lose_pointer(struct pointer_lock *lock, struct pointer *pointer);
