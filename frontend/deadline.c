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

static void
run_due(struct deadlines *list)
{
	uint64_t now_ns = 0; /* not looked at for those that are due at once */

	/*
	 * From the start after each: what is reached may add and finish any of them. One that is
	 * always due again must not keep the loop from everything else.
	 */
	for (uint32_t n = 0; n < DEADLINE_MAX_DUE; n++) {
		struct deadline *earliest = find_earliest(list);

		if (earliest == NULL || earliest->at_ns == DEADLINE_NEVER) {
			return;
		}
		if (earliest->at_ns > now_ns) {
			now_ns = clock_now_ns();
		}
		if (earliest->at_ns > now_ns) {
			return;
		}
		earliest->at_ns = DEADLINE_NEVER;
		earliest->reached(earliest->data);
	}
}

/* Rounded up: a turn too early would be one in vain. */
static uint64_t
until_first_us(struct deadlines *list)
{
	const struct deadline *earliest = find_earliest(list);
	uint64_t now_ns;

	if (earliest == NULL || earliest->at_ns == DEADLINE_NEVER) {
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
