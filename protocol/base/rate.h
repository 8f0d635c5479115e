#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * How often something may happen that costs the host: per_s times a second on average, and burst
 * times at once after a rest. Whoever is told no does it later, with what is the latest then.
 * Numbers only: the owner has a deadline, if it needs one.
 */
struct rate {
	uint64_t interval_ns; /* of one after the other */
	uint64_t burst_ns;    /* how far ahead of that it may be */
	uint64_t due_ns;      /* when the next would come if they came one after the other */
};

/* per_s at least 1 and at most 10^9, burst at least 1. */
void rate_init(struct rate *rate, uint32_t per_s, uint32_t burst);

/* Whether it may happen at this time (CLOCK_MONOTONIC). If so it is counted. */
bool rate_take(struct rate *rate, uint64_t now_ns);

/*
 * For tests that look at more in a second than any user: from now on all that comes may happen.
 * Logs a warning.
 */
void rate_let_all_pass(void);

/* From when on it may happen: a time in the past, unless rate_take() said no. */
uint64_t rate_next_ns(const struct rate *rate);
