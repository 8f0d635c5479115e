#include "admission.h"

#include "base/clock.h"

void
admission_init(struct admission *admission, struct deadlines *deadlines,
	void (*reached)(void *data), void *data)
{
	*admission = (struct admission){ 0 };
	rate_init(&admission->imports, ADMISSION_IMPORTS_PER_S, ADMISSION_IMPORTS_PER_S);
	rate_init(&admission->resizes, ADMISSION_RESIZES_PER_S, ADMISSION_RESIZES_BURST);
	deadline_init(&admission->deadline, deadlines, reached, data);
}

void
admission_finish(struct admission *admission)
{
	admission_drop(admission);
	deadline_finish(&admission->deadline);
}

bool
admission_ask(
	struct admission *admission, const struct scanout *scanout, bool is_new, bool is_resize)
{
	uint64_t import_ns = is_new ? rate_next_ns(&admission->imports) : 0;
	uint64_t resize_ns = is_resize ? rate_next_ns(&admission->resizes) : 0;
	uint64_t at_ns = import_ns > resize_ns ? import_ns : resize_ns;
	uint64_t now_ns;

	admission_drop(admission);
	if (!is_new && !is_resize) {
		return true;
	}
	now_ns = clock_now_ns();
	if (at_ns > now_ns) {
		admission->waiting = *scanout;
		buffer_ref(scanout->buffer);
		deadline_set(&admission->deadline, at_ns);
		return false;
	}
	if (is_new) {
		rate_take(&admission->imports, now_ns);
	}
	if (is_resize) {
		rate_take(&admission->resizes, now_ns);
	}
	return true;
}

bool
admission_has_one(const struct admission *admission)
{
	return admission->waiting.buffer != NULL;
}

void
admission_drop(struct admission *admission)
{
	struct scanout waiting;
	bool forgotten;

	admission_take(admission, &waiting, &forgotten);
	buffer_unref(waiting.buffer);
}

void
admission_take(struct admission *admission, struct scanout *ret_scanout, bool *ret_forgotten)
{
	*ret_scanout = admission->waiting;
	*ret_forgotten = admission->is_forgotten;
	admission->waiting.buffer = NULL;
	admission->is_forgotten = false;
	deadline_set(&admission->deadline, DEADLINE_NEVER);
}

void
admission_forget_buffer(struct admission *admission, const struct buffer *buffer)
{
	admission->is_forgotten |= buffer == admission->waiting.buffer;
}
