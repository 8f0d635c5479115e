#pragma once

#include <json-c/json.h>

#include "view.h"

/* What --list and --stats-file say of a window, as JSON. The manual page has the fields. */

/* "path", "verdict", "zero_copy" and "reason". */
void report_verdict(json_object *json, const struct view_status *status);

/*
 * A line of --stats-file. final: the last one of this window, with the latencies since the start
 * instead of those of the last interval. NULL without memory.
 */
json_object *report_statistics(const struct view *view, bool final);
