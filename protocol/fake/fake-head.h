#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "follow.h"
#include "guest.h"
#include "scanout.h"

/* Updates of one head that were not answered yet; a viewer that leaves more open is broken. */
#define FAKE_MAX_PENDING 256

/* A monitor of the test guest. */
struct fake_head {
	struct guest_head base;
	bool present;
	struct scanout scanout; /* holds a reference to its buffer; NULL: off */
	struct follow follow;
	uint32_t n_pending;
	struct {
		uint64_t serial, sent_ns;
	} pending[FAKE_MAX_PENDING];
};

/* Takes a reference to the new buffer and lets go of the old one. NULL: off. */
void fake_head_show(struct fake_head *head, const struct scanout *scanout);

/* -EOVERFLOW when too many are open. */
int fake_head_add_update(struct fake_head *head, uint64_t serial);
/* False when no such update is open. */
bool fake_head_take_answer(struct fake_head *head, uint64_t serial, uint64_t *ret_latency_ns);

/* Off, nothing pending, gone. */
void fake_head_reset(struct fake_head *head);
