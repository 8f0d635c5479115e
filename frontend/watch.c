#include "watch.h"

#include <string.h>

#include "base/log.h"

void
watch_init(struct watch *watch, struct deadlines *deadlines, void (*late)(void *data), void *data)
{
	memset(watch, 0, sizeof(*watch));
	watch->told.kind = VERDICT_HIDDEN;
	deadline_init(&watch->deadline, deadlines, late, data);
}

void
watch_finish(struct watch *watch)
{
	deadline_finish(&watch->deadline);
}

/* Free of system calls. */
static void
gather(const struct watch *watch, const struct watch_subject *subject,
	struct verdict_facts *ret_facts)
{
	const struct scanout *scanout = subject->scanout;
	struct picture_verdict picture;

	/* Padding included: facts are compared as bytes. */
	memset(ret_facts, 0, sizeof(*ret_facts));
	ret_facts->path = "hidden";
	if (subject->picture == NULL) {
		return;
	}
	picture = picture_verdict(subject->picture);
	ret_facts->path = picture.path;
	ret_facts->refusal = picture.reason;
	ret_facts->forced = subject->forced;
	ret_facts->loses_refresh = subject->loses_refresh;
	ret_facts->zero_copy = watch->zero_copy;
	if (scanout != NULL) {
		const struct buffer_layout *layout = &scanout->buffer->layout;

		ret_facts->has_picture = true;
		ret_facts->kind = layout->kind;
		ret_facts->fourcc = layout->fourcc;
		ret_facts->modifier = layout->modifier;
		ret_facts->bottom_up = scanout->bottom_up;
		ret_facts->hint = scanout->hint;
		window_report(
			subject->window, layout->fourcc, layout->modifier, &ret_facts->window);
	}
}

static void
judge(const struct verdict_facts *facts, const struct watch_subject *subject,
	struct verdict *ret_verdict)
{
	struct verdict_devices devices;

	verdict_look_up(
		facts, subject->scanout != NULL ? subject->scanout->buffer : NULL, &devices);
	verdict_judge(facts, &devices, ret_verdict);
}

void
watch_tell(struct watch *watch, const struct watch_subject *subject, uint64_t now_ns)
{
	uint64_t from_ns = watch->look_from_ns > watch->tell_from_ns ? watch->look_from_ns
								     : watch->tell_from_ns;
	struct verdict_facts facts;
	struct verdict verdict;

	if (subject->picture == NULL) {
		return;
	}
	if (now_ns < from_ns) {
		deadline_set(&watch->deadline, from_ns + WATCH_LATE_NS);
		return;
	}
	deadline_set(&watch->deadline, DEADLINE_NEVER);
	watch->look_from_ns = now_ns + WATCH_LOOK_INTERVAL_NS;
	gather(watch, subject, &facts);
	if (memcmp(&facts, &watch->judged, sizeof(facts)) == 0) {
		return;
	}
	watch->judged = facts;
	/* A VM that changes it all the time makes a line a second, after the first few. */
	if (watch->tell_from_ns + (WATCH_LOG_BURST - 1) * WATCH_LOG_INTERVAL_NS < now_ns) {
		watch->tell_from_ns = now_ns - (WATCH_LOG_BURST - 1) * WATCH_LOG_INTERVAL_NS;
	}
	watch->tell_from_ns += WATCH_LOG_INTERVAL_NS;
	judge(&facts, subject, &verdict);
	if (verdict.kind == watch->told.kind && strcmp(verdict.reason, watch->told.reason) == 0) {
		return;
	}
	watch->told = verdict;
	log_info("console %u: %s%s%s", subject->console, verdict_name(&verdict),
		verdict.reason[0] != '\0' ? ": " : "", verdict.reason);
}

void
watch_look_later(struct watch *watch, uint64_t now_ns)
{
	/* Before the first frame there is nothing to be told. */
	if (watch->told.kind != VERDICT_HIDDEN && watch->deadline.at_ns == DEADLINE_NEVER) {
		deadline_set(&watch->deadline, now_ns + WATCH_LATE_NS);
	}
}

void
watch_handle_presented(struct watch *watch, const struct presentation_info *info)
{
	if (!info->discarded) {
		watch->zero_copy = info->zero_copy ? ZERO_COPY_YES : ZERO_COPY_NO;
	}
	watch->look_from_ns = 0;
}

void
watch_end_window(struct watch *watch, const struct watch_subject *subject)
{
	watch->last_picture = watch_picture(watch, subject);
	watch->last_window = watch_window(watch, subject);
	watch->zero_copy = ZERO_COPY_UNKNOWN;
	memset(&watch->judged, 0, sizeof(watch->judged));
	watch->told.kind = VERDICT_HIDDEN;
	deadline_set(&watch->deadline, DEADLINE_NEVER);
}

void
watch_judge(
	const struct watch *watch, const struct watch_subject *subject, struct verdict *ret_verdict)
{
	struct verdict_facts facts;

	gather(watch, subject, &facts);
	judge(&facts, subject, ret_verdict);
}

struct picture_verdict
watch_picture(const struct watch *watch, const struct watch_subject *subject)
{
	struct picture_verdict picture = { .path = "hidden" };

	if (subject->picture != NULL) {
		picture = picture_verdict(subject->picture);
	}
	picture.copied_bytes += watch->last_picture.copied_bytes;
	picture.presented += watch->last_picture.presented;
	return picture;
}

struct window_counts
watch_window(const struct watch *watch, const struct watch_subject *subject)
{
	struct window_counts counts = watch->last_window;

	if (subject->window != NULL) {
		struct window_counts own = window_counts(subject->window);
		counts.commits += own.commits;
		counts.superseded += own.superseded;
	}
	return counts;
}
