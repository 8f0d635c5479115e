#include "deadline.h"

#include <stddef.h>

#include "base/clock.h"

void
deadline_init(
	struct deadline *deadline, struct deadlines *list, void (*reached)(void *data), void *data)
{
	*deadline = (struct deadline){
		.list = list,
		.next = list->first,
		.at_ns = DEADLINE_NEVER,
		.reached = reached,
		.data = data,
	};
	list->first = deadline;
}

void
deadline_finish(struct deadline *deadline)
{
	struct deadline **link;

	if (deadline->list == NULL) {
		return;
	}
	for (link = &deadline->list->first; *link != deadline; link = &(*link)->next) {
	}
	*link = deadline->next;
	*deadline = (struct deadline){ 0 };
}

static struct deadline *
find_earliest(struct deadlines *list)
{
	struct deadline *earliest = list->first;

	for (struct deadline *each = list->first; each != NULL; each = each->next) {
		if (each->at_ns < earliest->at_ns) {
			earliest = each;
		}
	}
	return earliest;
}

/* Until the next one, after all that are due. */
static uint64_t
run_due(struct deadlines *list)
{
	uint64_t now_ns = 0; /* not looked at for those that are due at once */

	/* From the start after each: what is reached may add and finish any of them. */
	for (;;) {
		struct deadline *earliest = find_earliest(list);

		if (earliest == NULL || earliest->at_ns == DEADLINE_NEVER) {
			return DEADLINE_NEVER;
		}
		if (earliest->at_ns > now_ns) {
			now_ns = clock_now_ns();
		}
		if (earliest->at_ns > now_ns) {
			return earliest->at_ns - now_ns;
		}
		earliest->at_ns = DEADLINE_NEVER;
		earliest->reached(earliest->data);
	}
}

int
deadlines_run(struct deadlines *list, sd_event *event, uint64_t timeout_us)
{
	uint64_t wait_ns = run_due(list);

	if (wait_ns != DEADLINE_NEVER && wait_ns / NS_PER_US < timeout_us) {
		/* Rounded up: a turn too early would be one in vain. */
		timeout_us = wait_ns / NS_PER_US + 1;
	}
	return sd_event_run(event, timeout_us);
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
