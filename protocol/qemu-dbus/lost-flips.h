#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * QEMU 9.2 to 10.0 loses the page flips of a guest that draws into blobs. Each is ScanoutDMABUF,
 * Disable, UpdateDMABUF, and a Disable takes a ScanoutDMABUF back that has not been sent yet:
 * what arrives is Disable, UpdateDMABUF, Disable, UpdateDMABUF. So many Disables with an update
 * behind them and no picture in between are proof: a head that goes off and on again gets a
 * picture.
 */
#define LOST_FLIPS_MAX 8

/* Of one head. Zero-initialise. */
struct lost_flips {
	bool disabled;   /* since the last picture or update */
	uint32_t n_lost; /* in a row */
	bool logged;
};

/* A picture came, or the pixels of a part of it. */
void lost_flips_scanout(struct lost_flips *flips);
void lost_flips_disable(struct lost_flips *flips);
/* True once in a row, when it is proved; logs it the first time. */
bool lost_flips_update(struct lost_flips *flips, uint32_t console, uint32_t *n_complaints);
