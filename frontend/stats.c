#include "stats.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "view.h"

static void
push(struct stats_times *times, uint64_t time_ns)
{
	if (times->n == STATS_MAX_PENDING) {
		times->first = (times->first + 1) % STATS_MAX_PENDING;
		times->n--;
	}
	times->times_ns[(times->first + times->n) % STATS_MAX_PENDING] = time_ns;
	times->n++;
}

static uint64_t
pop(struct stats_times *times)
{
	uint64_t time_ns = times->times_ns[times->first];

	times->first = (times->first + 1) % STATS_MAX_PENDING;
	times->n--;
	return time_ns;
}

static void
add(struct stats *stats, enum stats_stage stage, uint64_t from_ns, uint64_t to_ns)
{
	uint64_t time_ns = to_ns > from_ns ? to_ns - from_ns : 0;

	histogram_add(&stats->recent[stage], time_ns);
	histogram_add(&stats->total[stage], time_ns);
}

void
stats_set_on(struct stats *stats, bool on, uint64_t now_ns)
{
	stats->on = on;
	stats->uncommitted.n = stats->unanswered.n = 0;
	stats->interval_start_ns = now_ns;
	stats->n_updates = stats->n_shown = 0;
	stats->updates_per_s = stats->shown_per_s = 0;
	memset(stats->recent, 0, sizeof(stats->recent));
	memset(stats->last, 0, sizeof(stats->last));
}

void
stats_handle_update(struct stats *stats, uint64_t now_ns)
{
	stats->n_updates++;
	push(&stats->uncommitted, now_ns);
	push(&stats->unanswered, now_ns);
}

void
stats_handle_answer(struct stats *stats, uint64_t now_ns)
{
	/* Those that came before somebody wanted to know are answered, too. */
	if (stats->unanswered.n > 0) {
		add(stats, STATS_ANSWER, pop(&stats->unanswered), now_ns);
	}
}

void
stats_handle_skipped(struct stats *stats)
{
	stats->uncommitted.n = 0;
}

void
stats_handle_commit(struct stats *stats, uint64_t now_ns)
{
	while (stats->uncommitted.n > 0) {
		add(stats, STATS_COMMIT, pop(&stats->uncommitted), now_ns);
	}
}

void
stats_handle_presented(struct stats *stats, const struct presentation_info *info)
{
	if (info->discarded) {
		stats->discarded++;
		return;
	}
	stats->shown++;
	stats->n_shown++;
	stats->refresh_ns = info->refresh_ns;
	if (info->time_ns >= info->committed_ns) {
		add(stats, STATS_SHOW, info->committed_ns, info->time_ns);
	}
}

static struct stats_latency
summarise(const struct histogram *histogram)
{
	return (struct stats_latency){
		.n = histogram->n,
		.p50_ns = histogram_permille(histogram, 500),
		.p90_ns = histogram_permille(histogram, 900),
		.p99_ns = histogram_permille(histogram, 990),
		.max_ns = histogram->max_ns,
	};
}

static uint32_t
per_second(uint64_t n, uint64_t time_ns)
{
	return time_ns > 0 ? (uint32_t)((n * NS_PER_S + time_ns / 2) / time_ns) : 0;
}

void
stats_end_interval(struct stats *stats, uint64_t now_ns)
{
	uint64_t time_ns = now_ns - stats->interval_start_ns;

	for (int i = 0; i < STATS_N_STAGES; i++) {
		stats->last[i] = summarise(&stats->recent[i]);
	}
	memset(stats->recent, 0, sizeof(stats->recent));
	stats->updates_per_s = per_second(stats->n_updates, time_ns);
	stats->shown_per_s = per_second(stats->n_shown, time_ns);
	stats->n_updates = stats->n_shown = 0;
	stats->interval_start_ns = now_ns;
}

void
stats_report(const struct stats *stats, struct stats_report *ret_report)
{
	*ret_report = (struct stats_report){
		.on = stats->on,
		.shown = stats->shown,
		.discarded = stats->discarded,
		.refresh_ns = stats->refresh_ns,
		.updates_per_s = stats->updates_per_s,
		.shown_per_s = stats->shown_per_s,
	};
	for (int i = 0; i < STATS_N_STAGES; i++) {
		ret_report->recent[i] = stats->last[i];
		ret_report->total[i] = summarise(&stats->total[i]);
	}
}

/* What is being written: never beyond its end, whatever is appended. */
struct text {
	char *start;
	size_t size, used;
};

static void append(struct text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void
append(struct text *text, const char *format, ...)
{
	va_list arguments;
	int n;

	if (text->used >= text->size) {
		return;
	}
	va_start(arguments, format);
	n = vsnprintf(text->start + text->used, text->size - text->used, format, arguments);
	va_end(arguments);
	text->used += n > 0 ? (size_t)n : 0;
}

static void
append_latency(struct text *text, const char *name, const struct stats_latency *latency)
{
	if (latency->n > 0) {
		append(text, "\n%s %.2f ms, 99%% in %.2f ms", name,
			(double)latency->p50_ns / (double)NS_PER_MS,
			(double)latency->p99_ns / (double)NS_PER_MS);
	}
}

void
stats_describe(const struct view_status *status, char *ret_text, size_t size)
{
	const struct stats_report *report = &status->stats;
	struct text text = { .start = ret_text, .size = size };

	append(&text, "%s", verdict_name(&status->verdict));
	if (status->verdict.reason[0] != '\0') {
		append(&text, ": %s", status->verdict.reason);
	}
	append(&text, "\n%" PRIu32 " updates/s", report->updates_per_s);
	if (report->shown > 0) {
		append(&text, ", %" PRIu32 " shown/s", report->shown_per_s);
	}
	if (report->refresh_ns > 0) {
		append(&text, " at %.2f Hz", (double)NS_PER_S / (double)report->refresh_ns);
	}
	append(&text,
		"\n%" PRIu64 " updates, %" PRIu64 " superseded, %" PRIu64 " answered by deadline",
		status->counts.received, status->window.superseded, status->counts.by_deadline);
	if (status->picture.copied_bytes > 0) {
		append(&text, "\n%.1f MB copied", (double)status->picture.copied_bytes / 1e6);
	}
	append_latency(&text, "to commit", &report->recent[STATS_COMMIT]);
	append_latency(&text, "to light", &report->recent[STATS_SHOW]);
	append_latency(&text, "to answer", &report->recent[STATS_ANSWER]);
}
