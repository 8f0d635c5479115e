#include "report.h"

#include "base/clock.h"

static json_object *
text_or_null(const char *text)
{
	return text[0] != '\0' ? json_object_new_string(text) : NULL;
}

static json_object *
zero_copy_to_json(enum zero_copy zero_copy)
{
	return zero_copy == ZERO_COPY_UNKNOWN ? NULL
					      : json_object_new_boolean(zero_copy == ZERO_COPY_YES);
}

void
report_verdict(json_object *json, const struct view_status *status)
{
	json_object_object_add(json, "path", json_object_new_string(status->picture.path));
	json_object_object_add(
		json, "verdict", json_object_new_string(verdict_name(&status->verdict)));
	json_object_object_add(json, "zero_copy", zero_copy_to_json(status->verdict.zero_copy));
	json_object_object_add(json, "reason", text_or_null(status->verdict.reason));
}

static void
add_number(json_object *json, const char *name, uint64_t number)
{
	json_object_object_add(json, name,
		json_object_new_int64(number < INT64_MAX ? (int64_t)number : INT64_MAX));
}

static json_object *
latency_to_json(const struct stats_latency *latency)
{
	json_object *json = json_object_new_object();

	add_number(json, "n", latency->n);
	add_number(json, "p50_ns", latency->p50_ns);
	add_number(json, "p90_ns", latency->p90_ns);
	add_number(json, "p99_ns", latency->p99_ns);
	add_number(json, "max_ns", latency->max_ns);
	return json;
}

static void
add_latencies(json_object *json, const struct stats_latency latencies[static STATS_N_STAGES])
{
	static const char *const names[STATS_N_STAGES] = {
		[STATS_COMMIT] = "arrival_to_commit",
		[STATS_SHOW] = "commit_to_light",
		[STATS_ANSWER] = "arrival_to_answer",
	};

	for (int i = 0; i < STATS_N_STAGES; i++) {
		json_object_object_add(json, names[i], latency_to_json(&latencies[i]));
	}
}

json_object *
report_statistics(const struct view *view, bool final)
{
	const struct guest_head *head = view_head(view);
	json_object *json = json_object_new_object();
	struct view_status status = view_status(view);

	if (json == NULL) {
		return NULL;
	}
	add_number(json, "time_ns", clock_now_ns());
	add_number(json, "console", head->console);
	json_object_object_add(json, "label", json_object_new_string(head->label));
	json_object_object_add(json, "final", json_object_new_boolean(final));
	json_object_object_add(json, "on", json_object_new_boolean(view_is_on(view)));
	report_verdict(json, &status);
	add_number(json, "received", status.counts.received);
	add_number(json, "answered", status.counts.answered);
	add_number(json, "answered_late", status.counts.by_deadline);
	add_number(json, "presented", status.picture.presented);
	add_number(json, "superseded", status.window.superseded);
	add_number(json, "commits", status.window.commits);
	add_number(json, "shown", status.stats.shown);
	add_number(json, "discarded", status.stats.discarded);
	add_number(json, "refresh_ns", status.stats.refresh_ns);
	add_number(json, "copied_bytes", status.picture.copied_bytes);
	add_latencies(json, final ? status.stats.total : status.stats.recent);
	return json;
}
