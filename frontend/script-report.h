#pragma once

#include <json-c/json.h>

#include "exit-code.h"
#include "script/script.h"

/* What has become of a script's commands: said in the log, and as a JUnit file for CI. */

#define SCRIPT_LABEL_SIZE 128

struct script_report {
	const struct script *script;
	json_object *answers; /* of the steps that were done, in order; see session.h */
};

/* The script is borrowed. Returns 0 or -ENOMEM. */
int script_report_init(struct script_report *report, const struct script *script);
void script_report_finish(struct script_report *report);

/* How the pictures of a step that goes wrong are named: "boot-12" for line 12 of boot.vs. */
void script_report_label(const struct script_step *step, char label[static SCRIPT_LABEL_SIZE]);

/* The answer to the next step; a reference is taken. Logs what went wrong, with its place. */
void script_report_add(struct script_report *report, json_object *answer);

/*
 * Writes a JUnit file: a test suite with a test case for each step; those that were not come to are
 * skipped. Blocks. Returns 0, or negative errno, logged.
 */
int script_report_write_junit(const struct script_report *report, const char *path);
