#include "deadline.h"

#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"

void
deadline_init(
	struct deadline *deadline, struct deadlines *list, void (*reached)(void *data), void *data)
{
	*deadline = (struct deadline){
		.list = list,
		.at_ns = DEADLINE_NEVER,
		.reached = reached,
		.data = data,
	};
}

/* What is set is mostly earlier than all the rest, or later. */
static void
link_up(struct deadline *deadline)
{
	struct deadlines *list = deadline->list;
	bool is_first = list->first == NULL || deadline->at_ns < list->first->at_ns;
	struct deadline *before = is_first ? NULL : list->last;

	while (before != NULL && before->at_ns > deadline->at_ns) {
		before = before->before;
	}
	deadline->before = before;
	deadline->next = before != NULL ? before->next : list->first;
	*(before != NULL ? &before->next : &list->first) = deadline;
	*(deadline->next != NULL ? &deadline->next->before : &list->last) = deadline;
}

static void
unlink_from(struct deadline *deadline)
{
	struct deadlines *list = deadline->list;
	struct deadline *before = deadline->before, *next = deadline->next;

	*(before != NULL ? &before->next : &list->first) = next;
	*(next != NULL ? &next->before : &list->last) = before;
}

void
deadline_set(struct deadline *deadline, uint64_t at_ns)
{
	if (at_ns == deadline->at_ns) {
		return;
	}
	if (deadline->at_ns != DEADLINE_NEVER) {
		unlink_from(deadline);
	}
	deadline->at_ns = at_ns;
	if (at_ns != DEADLINE_NEVER) {
		link_up(deadline);
	}
}

void
deadline_finish(struct deadline *deadline)
{
	if (deadline->list != NULL) {
		deadline_set(deadline, DEADLINE_NEVER);
		*deadline = (struct deadline){ 0 };
	}
}

static void
run_due(struct deadlines *list)
{
	uint64_t now_ns = 0; /* not looked at for those that are due at once */

	/*
	 * From the start after each: what is reached may add and finish any of them. One that is
	 * always due again must not keep the loop from everything else.
	 */
	for (uint32_t n = 0; n < DEADLINE_MAX_DUE; n++) {
		struct deadline *earliest = list->first;

		if (earliest == NULL) {
			return;
		}
		if (earliest->at_ns > now_ns) {
			now_ns = clock_now_ns();
		}
		if (earliest->at_ns > now_ns) {
			return;
		}
		deadline_set(earliest, DEADLINE_NEVER);
		earliest->reached(earliest->data);
	}
}

/* Rounded up: a turn too early would be one in vain. */
static uint64_t
until_first_us(struct deadlines *list)
{
	const struct deadline *earliest = list->first;
	uint64_t now_ns;

	if (earliest == NULL) {
		return UINT64_MAX;
	}
	now_ns = earliest->at_ns == DEADLINE_NOW ? 0 : clock_now_ns();
	return earliest->at_ns > now_ns ? (earliest->at_ns - now_ns) / NS_PER_US + 1 : 0;
}

int
deadlines_run(struct deadlines *list, sd_event *event, uint64_t timeout_us)
{
	int r;

	run_due(list);
	/* Prepare handlers may set deadlines, too. */
	r = sd_event_prepare(event);
	if (r == 0) {
		uint64_t first_us = until_first_us(list);
		r = sd_event_wait(event, first_us < timeout_us ? first_us : timeout_us);
	}
	return r > 0 ? sd_event_dispatch(event) : r;
}

int
deadlines_loop(struct deadlines *list, sd_event *event)
{
	int code;
	int r = 0;

	while (r >= 0 && sd_event_get_state(event) != SD_EVENT_FINISHED) {
		r = deadlines_run(list, event, UINT64_MAX);
	}
	if (r >= 0) {
		r = sd_event_get_exit_code(event, &code);
	}
	return r < 0 ? r : code;
}
