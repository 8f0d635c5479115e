#pragma once

#include <stdbool.h>

#include "base/rate.h"
#include "deadline.h"
#include "scanout.h"

/*
 * How much work a VM may make for the compositor behind one window. What comes too fast is not
 * shown, but the last of it is, as soon as it may be.
 */

/*
 * Buffers that are new to the window, a second; after a rest as many at once. Guests flip between
 * buffers that are known, but one could show new memory in each picture, and each costs an import.
 */
#define ADMISSION_IMPORTS_PER_S 30
/*
 * Pictures of another size than the one before: the window takes it, and the compositor may lay
 * out its desktop anew. More at once, as firmware and boot loaders change it several times in a
 * row.
 */
#define ADMISSION_RESIZES_PER_S 4
#define ADMISSION_RESIZES_BURST 8

struct admission {
	struct rate imports, resizes;
	struct deadline deadline; /* of what waits for its turn */
	struct scanout waiting;   /* its buffer is referenced; no buffer: nothing waits */
	bool is_forgotten;        /* by the guest */
};

/* reached: what waits may be asked for now, from admission_take(). */
void admission_init(struct admission *admission, struct deadlines *deadlines,
	void (*reached)(void *data), void *data);
void admission_finish(struct admission *admission);

/* Whether it may be shown now; that is counted then. If not it waits, in place of what waited. */
bool admission_ask(
	struct admission *admission, const struct scanout *scanout, bool is_new, bool is_resize);
bool admission_has_one(const struct admission *admission);
/* Nothing waits any more. */
void admission_drop(struct admission *admission);
/* The same, but *ret_scanout has it, and its reference. ret_forgotten: the guest will not use it
 * again. */
void admission_take(struct admission *admission, struct scanout *ret_scanout, bool *ret_forgotten);
/* The guest will not use the buffer again. */
void admission_forget_buffer(struct admission *admission, const struct buffer *buffer);
