#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"

struct flow_head {
	struct flow *flow;
	struct flow_head *next;
	char *gpu;
	flow_answer_fn answer;
	void *data;

	bool visible;
	uint32_t refresh_mhz;
	struct flow_counts counts;

	/* Ring of unanswered serials, oldest first. All of them share the oldest's deadline. */
	uint64_t serials[FLOW_MAX_PENDING];
	uint32_t first, n_pending;
	uint64_t oldest_ns;
};

struct flow {
	sd_event *event;
	sd_event_source *timer;
	uint64_t armed_ns; /* when the timer goes off; UINT64_MAX: it does not */
	struct flow_head *heads;
};

static void
answer_oldest(struct flow_head *head)
{
	uint64_t serial = head->serials[head->first];

	head->first = (head->first + 1) % FLOW_MAX_PENDING;
	head->n_pending--;
	head->counts.answered++;
	head->answer(head->data, serial);
}

static void
answer_all(struct flow_head *head)
{
	while (head->n_pending > 0) {
		answer_oldest(head);
	}
}

/*
 * One answer that is late holds every head of a GPU, so the fastest visible one sets the pace
 * for all of them.
 */
static uint64_t
hold_ns(const struct flow_head *head)
{
	uint64_t hold = FLOW_DEADLINE_NS;

	for (const struct flow_head *other = head->flow->heads; other != NULL;
		other = other->next) {
		if (other->visible && other->refresh_mhz > 0 &&
			strcmp(other->gpu, head->gpu) == 0) {
			uint64_t period = UINT64_C(1000000000000) / other->refresh_mhz;
			hold = period < hold ? period : hold;
		}
	}
	return hold;
}

/*
 * The timer is only ever moved forward in time here; when it goes off too early for those that
 * are still waiting it is set again. That saves a system call for each answer.
 */
static void
arm(struct flow *flow, uint64_t deadline_ns)
{
	int r;

	if (deadline_ns >= flow->armed_ns) {
		return;
	}
	r = sd_event_source_set_time(flow->timer, deadline_ns / NS_PER_US);
	if (r >= 0) {
		r = sd_event_source_set_enabled(flow->timer, SD_EVENT_ONESHOT);
	}
	if (r < 0) {
		log_error("cannot set the deadline of an answer: %s", strerror(-r));
		return;
	}
	flow->armed_ns = deadline_ns;
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct flow *flow = data;
	uint64_t now = clock_now_ns();
	uint64_t next = UINT64_MAX;

	flow->armed_ns = UINT64_MAX;
	for (struct flow_head *head = flow->heads; head != NULL; head = head->next) {
		uint64_t deadline;

		if (head->n_pending == 0) {
			continue;
		}
		deadline = head->oldest_ns + hold_ns(head);
		if (deadline <= now + NS_PER_US) {
			head->counts.by_deadline += head->n_pending;
			answer_all(head);
		} else if (deadline < next) {
			next = deadline;
		}
	}
	if (next != UINT64_MAX) {
		arm(flow, next);
	}
	return 0;
}

int
flow_create(sd_event *event, struct flow **ret_flow)
{
	struct flow *flow = calloc(1, sizeof(*flow));
	int r;

	if (flow == NULL) {
		return -ENOMEM;
	}
	flow->armed_ns = UINT64_MAX;
	flow->event = sd_event_ref(event);
	/* 0 would mean sd-event's default accuracy, a quarter of a second. */
	r = sd_event_add_time(event, &flow->timer, CLOCK_MONOTONIC, 0, 1, handle_timer, flow);
	if (r >= 0) {
		r = sd_event_source_set_enabled(flow->timer, SD_EVENT_OFF);
	}
	if (r < 0) {
		flow_destroy(flow);
		return r;
	}
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
	sd_event_source_disable_unref(flow->timer);
	sd_event_unref(flow->event);
	free(flow);
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
	answer_all(head);
	for (link = &head->flow->heads; *link != head; link = &(*link)->next) {
	}
	*link = head->next;
	free(head->gpu);
	free(head);
}

void
flow_head_update(struct flow_head *head, uint64_t serial)
{
	head->counts.received++;
	if (head->n_pending == FLOW_MAX_PENDING) {
		answer_oldest(head);
	}
	if (head->n_pending == 0) {
		head->oldest_ns = clock_now_ns();
	}
	head->serials[(head->first + head->n_pending) % FLOW_MAX_PENDING] = serial;
	head->n_pending++;
	if (!head->visible) {
		answer_all(head);
	} else {
		arm(head->flow, head->oldest_ns + hold_ns(head));
	}
}

void
flow_head_done(struct flow_head *head)
{
	answer_all(head);
}

void
flow_head_set_visible(struct flow_head *head, bool visible)
{
	head->visible = visible;
	if (!visible) {
		answer_all(head);
	}
}

void
flow_head_set_refresh(struct flow_head *head, uint32_t refresh_mhz)
{
	head->refresh_mhz = refresh_mhz;
}

struct flow_counts
flow_head_counts(const struct flow_head *head)
{
	return head->counts;
}
