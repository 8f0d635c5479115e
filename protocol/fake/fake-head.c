#include "fake-head.h"

#include <errno.h>
#include <stddef.h>

#include "base/clock.h"

void
fake_head_show(struct fake_head *head, const struct scanout *scanout)
{
	struct buffer *previous = head->scanout.buffer;

	if (scanout != NULL) {
		buffer_ref(scanout->buffer);
		head->scanout = *scanout;
	} else {
		head->scanout = (struct scanout){ 0 };
	}
	buffer_unref(previous);
}

int
fake_head_add_update(struct fake_head *head, uint64_t serial)
{
	if (head->n_pending == FAKE_MAX_PENDING) {
		return -EOVERFLOW;
	}
	head->pending[head->n_pending].serial = serial;
	head->pending[head->n_pending].sent_ns = clock_now_ns();
	head->n_pending++;
	return 0;
}

bool
fake_head_take_answer(struct fake_head *head, uint64_t serial, uint64_t *ret_latency_ns)
{
	for (uint32_t i = 0; i < head->n_pending; i++) {
		if (head->pending[i].serial == serial) {
			*ret_latency_ns = clock_now_ns() - head->pending[i].sent_ns;
			head->pending[i] = head->pending[--head->n_pending];
			return true;
		}
	}
	return false;
}

void
fake_head_reset(struct fake_head *head)
{
	fake_head_show(head, NULL);
	follow_finish(head);
	head->n_pending = 0;
	head->present = false;
}
