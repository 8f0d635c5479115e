#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define NS_PER_MHZ_PERIOD UINT64_C(1000000000000)

struct update {
	uint64_t serial, arrived_ns;
};

struct flow_head {
	struct flow *flow;
	struct flow_head *next;
	char *gpu;
	flow_answer_fn answer;
	void *data;

	bool visible;
	bool callback_due;  /* there was a commit since the last one */
	bool callback_late; /* the deadline answered the commit that it is for */
	uint32_t refresh_mhz;
	struct flow_counts counts;

	/* Ring of unanswered updates, oldest first. All of them share the oldest's deadline. */
	struct update updates[FLOW_MAX_PENDING];
	uint32_t first, n_pending, n_committed;

	uint64_t answered_ns; /* when last; 0: never */
	uint64_t free_ns;     /* when the next answer would be neither early nor late */
	uint64_t hold_ns;     /* see there; 0: not known */
};

struct flow {
	struct flow_clock *clock;
	const struct flow_policy *policy;
	uint64_t armed_ns;  /* when flow_expire() is due; UINT64_MAX: it is not */
	uint32_t n_pending; /* updates of all heads */
	uint32_t n_watchers;
	struct flow_head *heads;
};

const struct flow_policy flow_auto = {
	.name = "auto",
	.spacing = 66,
	.allowance = 100,
	.deadline_ns = FLOW_DEADLINE_NS,
};

const struct flow_policy flow_vsync = {
	.name = "vsync",
	.waits = true,
	.deadline_ns = FLOW_DEADLINE_NS,
};

const struct flow_policy flow_immediate = {
	.name = "immediate",
	.deadline_ns = FLOW_DEADLINE_NS,
};

const struct flow_policy flow_mailbox = {
	.name = "mailbox",
	.waits = true,
	.deadline_ns = FLOW_DEADLINE_NS,
	.keeps_newest = true,
};

const struct flow_policy *
flow_policy_find(const char *name)
{
	static const struct flow_policy *const policies[] = {
		&flow_auto,
		&flow_vsync,
		&flow_immediate,
		&flow_mailbox,
	};

	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		if (strcmp(policies[i]->name, name) == 0) {
			return policies[i];
		}
	}
	return NULL;
}

static uint64_t
now_ns(const struct flow *flow)
{
	return flow->clock->now_ns(flow->clock);
}

static uint64_t
refresh_ns(const struct flow_head *head)
{
	return NS_PER_MHZ_PERIOD /
	       (head->refresh_mhz > 0 ? head->refresh_mhz : FLOW_DEFAULT_REFRESH_MHZ);
}

/* Hundredths of a refresh. */
static uint64_t
part_ns(const struct flow_head *head, uint32_t part)
{
	return refresh_ns(head) * part / 100;
}

static void
answer_oldest(struct flow_head *head)
{
	uint64_t serial = head->updates[head->first].serial;

	head->first = (head->first + 1) % FLOW_MAX_PENDING;
	head->n_pending--;
	head->flow->n_pending--;
	if (head->n_committed > 0) {
		head->n_committed--;
	}
	head->counts.answered++;
	head->answer(head->data, serial);
}

static void
answer_first(struct flow_head *head, uint32_t n)
{
	if (n > 0) {
		head->answered_ns = now_ns(head->flow);
	}
	while (n-- > 0) {
		answer_oldest(head);
	}
	/* Nobody wakes up for an answer that was given. */
	if (head->flow->n_pending == 0 && head->flow->armed_ns != UINT64_MAX) {
		head->flow->armed_ns = UINT64_MAX;
		head->flow->clock->arm(head->flow->clock, UINT64_MAX);
	}
}

/* Answers that had to wait: the head has no allowance left. */
static void
answer_late(struct flow_head *head, uint32_t n)
{
	const struct flow_policy *policy = head->flow->policy;

	if (n > 0) {
		answer_first(head, n);
		head->free_ns =
			head->answered_ns + part_ns(head, policy->spacing + policy->allowance);
	}
}

static bool
is_gpu_visible(const struct flow_head *head)
{
	for (const struct flow_head *other = head->flow->heads; other != NULL;
		other = other->next) {
		if (other->visible && strcmp(other->gpu, head->gpu) == 0) {
			return true;
		}
	}
	return false;
}

/* After whatever it depends on has changed. */
static void
forget_holds(struct flow *flow)
{
	for (struct flow_head *head = flow->heads; head != NULL; head = head->next) {
		head->hold_ns = 0;
	}
}

static uint64_t
find_hold_ns(const struct flow_head *head)
{
	uint64_t hold = head->flow->policy->deadline_ns;

	for (const struct flow_head *other = head->flow->heads; other != NULL;
		other = other->next) {
		if (other->visible && other->refresh_mhz > 0 && refresh_ns(other) < hold &&
			strcmp(other->gpu, head->gpu) == 0) {
			hold = refresh_ns(other);
		}
	}
	return hold + FLOW_GRACE_NS;
}

/*
 * One answer that is late holds every head of a GPU, so the fastest visible one sets the pace
 * for all of them. Kept, as every update asks.
 */
static uint64_t
hold_ns(struct flow_head *head)
{
	if (head->hold_ns == 0) {
		head->hold_ns = find_hold_ns(head);
	}
	return head->hold_ns;
}

/* When the oldest update has to be answered, whatever else happens. */
static uint64_t
due_ns(struct flow_head *head)
{
	if (head->visible) {
		return head->updates[head->first].arrived_ns + hold_ns(head);
	}
	if (head->flow->n_watchers > 0 || is_gpu_visible(head)) {
		return 0;
	}
	return head->answered_ns + FLOW_HIDDEN_PERIOD_NS;
}

/*
 * The time is only ever moved closer here; when it comes too early for those that are still
 * waiting it is set again.
 */
static void
arm(struct flow *flow, uint64_t at_ns)
{
	if (at_ns < flow->armed_ns) {
		flow->armed_ns = at_ns;
		flow->clock->arm(flow->clock, at_ns);
	}
}

/* Answers what is due, and sees to it that the rest will be. */
static void
settle(struct flow_head *head, uint64_t now)
{
	uint64_t due;

	if (head->n_pending == 0) {
		return;
	}
	due = due_ns(head);
	/* Timers count whole microseconds. */
	if (due <= now + NS_PER_US) {
		if (head->visible) {
			head->counts.by_deadline += head->n_pending;
			head->callback_late = head->callback_due;
		}
		answer_late(head, head->n_pending);
	} else {
		arm(head->flow, due);
	}
}

static void
settle_all(struct flow *flow)
{
	uint64_t now = now_ns(flow);

	for (struct flow_head *head = flow->heads; head != NULL; head = head->next) {
		settle(head, now);
	}
}

void
flow_expire(struct flow *flow)
{
	flow->armed_ns = UINT64_MAX;
	settle_all(flow);
}

int
flow_create(struct flow_clock *clock, const struct flow_policy *policy, struct flow **ret_flow)
{
	struct flow *flow = calloc(1, sizeof(*flow));

	if (flow == NULL) {
		return -ENOMEM;
	}
	flow->clock = clock;
	flow->policy = policy;
	flow->armed_ns = UINT64_MAX;
	*ret_flow = flow;
	return 0;
}

void
flow_destroy(struct flow *flow)
{
	if (flow == NULL) {
		return;
	}
	while (flow->heads != NULL) {
		flow_head_destroy(flow->heads);
	}
	free(flow);
}

void
flow_set_policy(struct flow *flow, const struct flow_policy *policy)
{
	flow->policy = policy;
	forget_holds(flow);
}

void
flow_watch(struct flow *flow)
{
	flow->n_watchers++;
	settle_all(flow);
}

void
flow_unwatch(struct flow *flow)
{
	flow->n_watchers--;
}

int
flow_head_create(struct flow *flow, const char *gpu, flow_answer_fn answer, void *data,
	struct flow_head **ret_head)
{
	struct flow_head *head = calloc(1, sizeof(*head));

	if (head == NULL) {
		return -ENOMEM;
	}
	head->gpu = strdup(gpu);
	if (head->gpu == NULL) {
		free(head);
		return -ENOMEM;
	}
	head->flow = flow;
	head->answer = answer;
	head->data = data;
	head->next = flow->heads;
	flow->heads = head;
	*ret_head = head;
	return 0;
}

void
flow_head_destroy(struct flow_head *head)
{
	struct flow_head **link;

	if (head == NULL) {
		return;
	}
	answer_first(head, head->n_pending);
	for (link = &head->flow->heads; *link != head; link = &(*link)->next) {
	}
	*link = head->next;
	forget_holds(head->flow);
	free(head->gpu);
	free(head);
}

void
flow_head_update(struct flow_head *head, uint64_t serial)
{
	uint64_t now = now_ns(head->flow);

	head->counts.received++;
	if (head->n_pending == FLOW_MAX_PENDING) {
		answer_oldest(head);
	}
	head->updates[(head->first + head->n_pending) % FLOW_MAX_PENDING] =
		(struct update){ serial, now };
	head->n_pending++;
	head->flow->n_pending++;
	settle(head, now);
}

static bool
is_too_soon(const struct flow_head *head, uint64_t now)
{
	const struct flow_policy *policy = head->flow->policy;

	return policy->waits || now + part_ns(head, policy->allowance) < head->free_ns;
}

void
flow_head_committed(struct flow_head *head)
{
	const struct flow_policy *policy = head->flow->policy;
	uint64_t now = now_ns(head->flow);

	head->callback_due = true;
	if (!head->visible || head->n_pending == 0) {
		return;
	}
	if (policy->keeps_newest) {
		answer_first(head, head->n_committed);
	}
	head->n_committed = head->n_pending;
	if (!is_too_soon(head, now)) {
		uint64_t from = head->free_ns > now ? head->free_ns : now;

		answer_first(head, head->n_pending);
		head->free_ns = from + part_ns(head, policy->spacing);
	}
}

void
flow_head_shown(struct flow_head *head)
{
	/* Else the guest would draw twice a refresh: once for the deadline, once for this. */
	if (!head->callback_late) {
		answer_late(head, head->n_committed);
	}
	head->callback_due = head->callback_late = false;
}

void
flow_head_skipped(struct flow_head *head)
{
	answer_first(head, head->n_pending);
}

void
flow_head_set_visible(struct flow_head *head, bool visible)
{
	if (visible != head->visible) {
		head->visible = visible;
		head->callback_late = false;
		forget_holds(head->flow);
		answer_first(head, head->n_pending);
		settle_all(head->flow);
	}
}

void
flow_head_set_refresh(struct flow_head *head, uint32_t refresh_mhz)
{
	head->refresh_mhz = refresh_mhz;
	forget_holds(head->flow);
}

struct flow_counts
flow_head_counts(const struct flow_head *head)
{
	return head->counts;
}
