#include "base/rate.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"

static bool all_pass;

void
rate_init(struct rate *rate, uint32_t per_s, uint32_t burst)
{
	uint64_t interval_ns;

	assert(per_s > 0 && per_s <= NS_PER_S && burst > 0);
	interval_ns = NS_PER_S / per_s;
	*rate = (struct rate){
		.interval_ns = interval_ns,
		.burst_ns = interval_ns * (burst - 1),
	};
}

uint64_t
rate_next_ns(const struct rate *rate)
{
	return rate->due_ns > rate->burst_ns && !all_pass ? rate->due_ns - rate->burst_ns : 0;
}

bool
rate_take(struct rate *rate, uint64_t now_ns)
{
	if (now_ns < rate_next_ns(rate)) {
		return false;
	}
	/* What was not used is not saved up. */
	rate->due_ns = (rate->due_ns > now_ns ? rate->due_ns : now_ns) + rate->interval_ns;
	return true;
}

void
rate_let_all_pass(void)
{
	log_warning(
		"TEST SWITCH: a VM may do everything as often as it likes; never use this with a "
		"real one");
	all_pass = true;
}
