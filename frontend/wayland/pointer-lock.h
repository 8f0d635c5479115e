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
};

/* Returns 0 (also when requested before), -ENOTSUP without the protocols or a pointer, -ENOMEM. */
int pointer_lock_request(struct pointer_lock *lock, struct window *window);
void pointer_lock_finish(struct pointer_lock *lock);
/* Before the pointer goes away. */
void pointer_lock_lose_pointer(struct pointer_lock *lock, struct pointer *pointer);
