#pragma once

#include <stdint.h>

/*
 * How often which time was taken: 16 buckets for each doubling, so that a percentile is off by less
 * than 7 %. Fixed size. Zero-initialise.
 */

/* Times from here on are counted as this: 137 s. */
#define HISTOGRAM_MAX_NS ((UINT64_C(1) << 37) - 1)
#define HISTOGRAM_N_BUCKETS 544

struct histogram {
	uint64_t n;
	uint64_t max_ns;
	uint32_t buckets[HISTOGRAM_N_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t time_ns);
/*
 * The time that so many of a thousand did not exceed, rounded up to its bucket's end, never beyond
 * the longest; 0 without any.
 */
uint64_t histogram_permille(const struct histogram *histogram, uint32_t permille);
