#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "histogram.h"
#include "sink.h"

/*
 * What is measured of one guest monitor while somebody wants to know: how long frames take, stage
 * by stage, and what became of them. Nothing is allocated; while off, nothing is done.
 */

/* Updates whose times are remembered until the next stage; beyond, the oldest is not measured. */
#define STATS_MAX_PENDING 64
/* How often the recent numbers are made anew. */
#define STATS_INTERVAL_NS UINT64_C(1000000000)

enum stats_stage {
	STATS_COMMIT, /* from the arrival of an update to the commit that shows it */
	STATS_SHOW,   /* from the commit until it turned into light */
	STATS_ANSWER, /* from the arrival of an update to our answer */
	STATS_N_STAGES,
};

struct stats_times {
	uint64_t times_ns[STATS_MAX_PENDING];
	uint32_t first, n;
};

struct stats_latency {
	uint64_t n; /* measured; 0: the rest says nothing */
	uint64_t p50_ns, p90_ns, p99_ns, max_ns;
};

/* What can be told of it at any time. */
struct stats_report {
	bool on;
	uint64_t shown;      /* by the compositor's word */
	uint64_t discarded;  /* frames that nobody saw, by its word */
	uint32_t refresh_ns; /* of the monitor that the last frame was seen on; 0: not known */
	/* Of the last whole interval. */
	uint32_t updates_per_s, shown_per_s;
	struct stats_latency recent[STATS_N_STAGES];
	/* Since the start. */
	struct stats_latency total[STATS_N_STAGES];
};

struct stats {
	bool on;
	uint64_t shown, discarded;
	uint32_t refresh_ns;
	struct stats_times uncommitted, unanswered;
	struct histogram recent[STATS_N_STAGES], total[STATS_N_STAGES];

	uint64_t interval_start_ns;
	uint64_t n_updates, n_shown; /* of this interval */
	uint32_t updates_per_s, shown_per_s;
	struct stats_latency last[STATS_N_STAGES];
};

/* From now on, or no more. What was counted stays. */
void stats_set_on(struct stats *stats, bool on, uint64_t now_ns);

void stats_handle_update(struct stats *stats, uint64_t now_ns);
void stats_handle_answer(struct stats *stats, uint64_t now_ns);
/* The updates so far will not be committed. */
void stats_handle_skipped(struct stats *stats);
void stats_handle_commit(struct stats *stats, uint64_t now_ns);
void stats_handle_presented(struct stats *stats, const struct presentation_info *info);

/* An interval ends: its numbers are the recent ones now. */
void stats_end_interval(struct stats *stats, uint64_t now_ns);

void stats_report(const struct stats *stats, struct stats_report *ret_report);

struct view_status;

/* A few short lines for people, for the overlay; without a newline at the end. Cut to size. */
void stats_describe(const struct view_status *status, char *ret_text, size_t size);
