#include "script-report.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "headless/encode.h"

int
script_report_init(struct script_report *report, const struct script *script)
{
	report->script = script;
	report->answers = json_object_new_array();
	return report->answers != NULL ? 0 : -ENOMEM;
}

void
script_report_finish(struct script_report *report)
{
	json_object_put(report->answers);
	report->answers = NULL;
}

void
script_report_label(const struct script_step *step, char label[static SCRIPT_LABEL_SIZE])
{
	const char *slash = strrchr(step->source, '/');
	const char *name = slash != NULL ? slash + 1 : step->source;
	const char *dot = strrchr(name, '.');
	int length = dot != NULL && dot > name ? (int)(dot - name) : (int)strlen(name);

	if (strcmp(name, "-") == 0 || strcmp(name, "-e") == 0) {
		name = "script";
		length = (int)strlen(name);
	}
	snprintf(
		label, SCRIPT_LABEL_SIZE, "%.*s-%u", length > 100 ? 100 : length, name, step->line);
}

static const char *
get_text(json_object *answer, const char *name)
{
	json_object *value;

	return json_object_object_get_ex(answer, name, &value) ? json_object_get_string(value)
							       : NULL;
}

static bool
is_ok(json_object *answer)
{
	json_object *value;

	return json_object_object_get_ex(answer, "ok", &value) && json_object_get_boolean(value);
}

void
script_report_add(struct script_report *report, json_object *answer)
{
	size_t at = json_object_array_length(report->answers);
	const struct script_step *step = &report->script->steps[at];
	const char *text = get_text(answer, "text"), *picture = get_text(answer, "picture");
	const char *difference = get_text(answer, "difference");

	json_object_array_add(report->answers, json_object_get(answer));
	text = text != NULL ? text : "";
	if (is_ok(answer)) {
		log_info("%s:%u: %s%s%s", step->source, step->line, step->command.name,
			text[0] != '\0' ? ": " : "", text);
		return;
	}
	log_error("%s:%u: %s: %s", step->source, step->line, step->command.name, text);
	if (picture != NULL) {
		log_error("%s:%u: the picture is %s%s%s", step->source, step->line, picture,
			difference != NULL ? ", where it differs " : "",
			difference != NULL ? difference : "");
	}
}

/* Attribute or content. What XML cannot have, and what is no UTF-8, becomes '?'. */
static void
print_escaped(FILE *out, const char *text)
{
	char *clean = strdup(text);

	if (clean == NULL) {
		return;
	}
	text_clean(clean);
	for (const char *at = clean; *at != '\0'; at++) {
		switch (*at) {
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '&':
			fputs("&amp;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		default:
			fputc(*at, out);
			break;
		}
	}
	free(clean);
}

static void
print_attribute(FILE *out, const char *name, const char *text)
{
	fprintf(out, " %s=\"", name);
	print_escaped(out, text);
	fputc('"', out);
}

static double
seconds_of(json_object *answer)
{
	json_object *value;

	return json_object_object_get_ex(answer, "seconds", &value) ? json_object_get_double(value)
								    : 0;
}

static void
print_failure(FILE *out, json_object *answer)
{
	static const char *const names[] = { "picture", "difference" };
	const char *text = get_text(answer, "text");

	fputs("\t\t<failure", out);
	print_attribute(out, "message", text != NULL ? text : "it failed");
	fputs("/>\n", out);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path = get_text(answer, names[i]);

		if (path != NULL) {
			/* Understood by Jenkins and GitLab. */
			fputs("\t\t<system-out>[[ATTACHMENT|", out);
			print_escaped(out, path);
			fputs("]]</system-out>\n", out);
		}
	}
}

static void
print_case(FILE *out, const struct script_step *step, json_object *answer)
{
	char name[SCRIPT_LABEL_SIZE + LINE_MAX_SIZE];

	snprintf(name, sizeof(name), "%u: %s", step->line, step->text);
	fputs("\t<testcase", out);
	print_attribute(out, "classname", step->source);
	print_attribute(out, "name", name);
	fprintf(out, " time=\"%.3f\">\n", answer != NULL ? seconds_of(answer) : 0);
	if (answer == NULL) {
		fputs("\t\t<skipped/>\n", out);
	} else if (!is_ok(answer)) {
		print_failure(out, answer);
	}
	fputs("\t</testcase>\n", out);
}

static void
print_junit(FILE *out, const struct script_report *report)
{
	const struct script *script = report->script;
	size_t n_done = json_object_array_length(report->answers), n_failed = 0;
	double seconds = 0;

	for (size_t i = 0; i < n_done; i++) {
		json_object *answer = json_object_array_get_idx(report->answers, i);

		n_failed += !is_ok(answer);
		seconds += seconds_of(answer);
	}
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite", out);
	print_attribute(out, "name", script->n_steps > 0 ? script->steps[0].source : "vitrine");
	fprintf(out, " tests=\"%u\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"%.3f\">\n",
		script->n_steps, n_failed, script->n_steps - n_done, seconds);
	for (size_t i = 0; i < script->n_steps; i++) {
		print_case(out, &script->steps[i],
			i < n_done ? json_object_array_get_idx(report->answers, i) : NULL);
	}
	fputs("</testsuite>\n", out);
}

int
script_report_write_junit(const struct script_report *report, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	int r = -ENOMEM;

	if (out != NULL) {
		print_junit(out, report);
		r = fclose(out) == 0 ? encode_write_file(path, text, size) : -ENOMEM;
		free(text);
	}
	if (r < 0) {
		log_error("cannot write %s: %s", path, strerror(-r));
	}
	return r;
}
