#include "histogram.h"

#define SUB_BITS 4
#define N_SUBS (1u << SUB_BITS)

/* Up to 16 ns each has its own; then each doubling has 16. */
static uint32_t
bucket_of(uint64_t time_ns)
{
	uint32_t octave;

	if (time_ns < N_SUBS) {
		return (uint32_t)time_ns;
	}
	octave = 63 - (uint32_t)__builtin_clzll(time_ns);
	return (octave - SUB_BITS + 1) * N_SUBS +
	       ((uint32_t)(time_ns >> (octave - SUB_BITS)) & (N_SUBS - 1));
}

static uint64_t
last_of_bucket(uint32_t bucket)
{
	uint32_t shift;

	if (bucket < N_SUBS) {
		return bucket;
	}
	shift = bucket / N_SUBS - 1;
	return ((UINT64_C(1) + N_SUBS + bucket % N_SUBS) << shift) - 1;
}

void
histogram_add(struct histogram *histogram, uint64_t time_ns)
{
	if (time_ns > HISTOGRAM_MAX_NS) {
		time_ns = HISTOGRAM_MAX_NS;
	}
	histogram->n++;
	histogram->buckets[bucket_of(time_ns)]++;
	if (time_ns > histogram->max_ns) {
		histogram->max_ns = time_ns;
	}
}

uint64_t
histogram_permille(const struct histogram *histogram, uint32_t permille)
{
	uint64_t wanted = (histogram->n * permille + 999) / 1000;
	uint64_t seen = 0;

	for (uint32_t i = 0; i < HISTOGRAM_N_BUCKETS && histogram->n > 0; i++) {
		seen += histogram->buckets[i];
		if (seen >= wanted && seen > 0) {
			uint64_t last = last_of_bucket(i);
			return last < histogram->max_ns ? last : histogram->max_ns;
		}
	}
	return 0;
}
