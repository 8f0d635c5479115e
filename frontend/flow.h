#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Flow owns the answers. Until an update is answered, QEMU holds the whole GPU it came from, every
 * head of it; so each update is answered exactly once, by these rules:
 *
 * - A visible head is answered when its frame is committed, unless that is too soon for the
 *   policy; then by the next frame callback. At the deadline in any case, committed or not.
 * - A hidden head never holds a visible one of its GPU: it is answered at once. Where all heads of
 *   a GPU are hidden, each is answered at a low steady rate.
 * - At once, too: hidden heads while somebody waits for a picture, and what is open when a head
 *   becomes visible or hidden, will not be shown, or goes away.
 *
 * Frames are committed when they come; flow has no say in that. tests/bench/pacing has the numbers
 * behind the policies.
 */

/* Unanswered updates of one head; one more answers the oldest at once. QEMU has 1, in bursts more.
 */
#define FLOW_MAX_PENDING 64
/* Never hold a VM longer than this: a Linux guest gives up after 50 ms, QEMU after 1 s. */
#define FLOW_DEADLINE_NS UINT64_C(16000000)
/*
 * What a deadline gives on top, for a frame callback that is on time to come first: a refresh at
 * 60 Hz takes 16.7 ms, and a guest that draws faster than the rest of that would draw twice.
 */
#define FLOW_GRACE_NS UINT64_C(1000000)
/*
 * Between two answers to a head of a GPU that nobody sees: 25 Hz. As each head counts from its own
 * last answer, no guest waits longer than this, however many heads it has.
 */
#define FLOW_HIDDEN_PERIOD_NS UINT64_C(40000000)
/* Taken for the refresh of an output that does not say. */
#define FLOW_DEFAULT_REFRESH_MHZ 60000

/*
 * How a visible head is answered. A commit is too soon when the head would be answered more often
 * than once in `spacing`, where a frame may be early by `allowance`; a head that had to wait has
 * used its allowance up. Both are in hundredths of a refresh of the head's output. So a guest that
 * is slow, or has a clock of its own, is answered at commit and runs as it likes, while one that
 * would spin is tied to the frame callback.
 */
struct flow_policy {
	const char *name;
	bool waits; /* every commit is too soon */
	uint32_t spacing, allowance;
	/* No answer waits longer than this, nor than a refresh of the GPU's fastest visible head.
	 */
	uint64_t deadline_ns;
	/* A newer commit answers the ones before it: for VMMs with several frames in flight. */
	bool keeps_newest;
};

extern const struct flow_policy flow_auto, flow_vsync, flow_immediate, flow_mailbox;
/* NULL when there is none of that name. */
const struct flow_policy *flow_policy_find(const char *name);

/* The time as flow sees it: flow-event-clock.h has the real one. */
struct flow_clock {
	/* CLOCK_MONOTONIC. */
	uint64_t (*now_ns)(struct flow_clock *clock);
	/* flow_expire() is to be called at this time (UINT64_MAX: not); replaces what was asked
	 * before. */
	void (*arm)(struct flow_clock *clock, uint64_t at_ns);
};

struct flow;
struct flow_head;

typedef void (*flow_answer_fn)(void *data, uint64_t serial);

/* The clock is borrowed. Returns 0 or -ENOMEM. */
int flow_create(struct flow_clock *clock, const struct flow_policy *policy, struct flow **ret_flow);
/* All heads must be gone. NULL is fine. */
void flow_destroy(struct flow *flow);
void flow_set_policy(struct flow *flow, const struct flow_policy *policy);

/* The time that the clock was armed for has come. */
void flow_expire(struct flow *flow);

/* Somebody waits for a picture of what nobody sees. Counted. */
void flow_watch(struct flow *flow);
void flow_unwatch(struct flow *flow);

/* gpu: heads with the same text stall together. Starts hidden. */
int flow_head_create(struct flow *flow, const char *gpu, flow_answer_fn answer, void *data,
	struct flow_head **ret_head);
/* Answers whatever is still open. NULL is fine. */
void flow_head_destroy(struct flow_head *head);

/* Each of these may call answer, for this head or another one of its GPU. */

/* An update arrived. */
void flow_head_update(struct flow_head *head, uint64_t serial);
/* A frame with all updates so far was committed. */
void flow_head_committed(struct flow_head *head);
/* The frame callback: what was committed is shown. Nothing, if the deadline came before it. */
void flow_head_shown(struct flow_head *head);
/* The updates so far will not be shown: answers all. */
void flow_head_skipped(struct flow_head *head);
void flow_head_set_visible(struct flow_head *head, bool visible);
/* Refresh of the output that shows it, in mHz; 0: unknown. */
void flow_head_set_refresh(struct flow_head *head, uint32_t refresh_mhz);

struct flow_counts {
	uint64_t received, answered;
	uint64_t by_deadline; /* of those answered: the frame callback was too late */
};
struct flow_counts flow_head_counts(const struct flow_head *head);
