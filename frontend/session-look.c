#include "session-private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "headless/judge.h"
#include "recording.h"
#include "view.h"

static void
handle_shot(void *data, const struct shot_result *result)
{
	struct session *session = data;

	session->files = json_object_new_array();
	for (uint32_t i = 0; i < result->set->n_files; i++) {
		json_object_array_add(
			session->files, json_object_new_string(result->set->files[i]));
	}
	session_finish(session, result->code, result->text);
}

void
session_shoot(struct session *session)
{
	const struct command *command = session->command;
	struct shot_request request = {
		.capture = {
			.console = command->stitch && !command->console_given ? CLI_CONSOLE_ALL
				: session_console(session),
			.timeout_ms = session_timeout_ms(session),
		},
		.cursor = command->cursor,
		.any_blank = true,
		.options = {
			.output_fd = session->context.output_fd,
			.stitch = command->stitch,
			.region = command->region,
		},
	};
	char error[SHOT_ERROR_SIZE];
	int r;

	request.options.all = request.capture.console == CLI_CONSOLE_ALL;
	session->path = session_path(session, command->path);
	if (session->path == NULL) {
		session_end(session, EXIT_FAILED, "%s", strerror(ENOMEM));
		return;
	}
	request.options.path = session->path;
	if (shot_set_check_path(session->path, request.options.all && !command->stitch, error) <
		0) {
		session_finish(session, EXIT_USAGE, error);
		return;
	}
	if (strcmp(session->path, "-") == 0 && session->context.output_fd < 0) {
		session_finish(
			session, EXIT_USAGE, "there is no standard output here: name a file");
		return;
	}
	encode_format_from_name(session->path, &request.options.format);
	r = shot_create(session->context.event, session->context.views, session->context.means,
		&request, handle_shot, session, &session->shot);
	if (r < 0) {
		session_end(session, EXIT_FAILED, "cannot take a picture: %s", strerror(-r));
	}
}

/* In the worker: what was there instead, and where it differs. */
static int
write_evidence(void *data)
{
	struct session *session = data;
	struct session_evidence *evidence = &session->evidence;
	const struct waiter_result *result = &session->result;
	const struct condition *condition = &session->command->condition;
	struct compare_rules rules = judge_rules(condition, result->image);
	struct image *difference;
	int r = encode_image_to_file(result->image, IMAGE_FORMAT_PNG, evidence->picture);

	if (r < 0 || evidence->difference == NULL) {
		return r;
	}
	r = compare_draw_difference(result->image, result->reference, &rules, &difference);
	if (r >= 0) {
		r = encode_image_to_file(difference, IMAGE_FORMAT_PNG, evidence->difference);
		image_destroy(difference);
	}
	if (r == -EINVAL) {
		/* Of another size: the words say so. */
		free(evidence->difference);
		evidence->difference = NULL;
		r = 0;
	}
	return r;
}

static void
handle_evidence(void *data, int result)
{
	struct session *session = data;

	if (result < 0) {
		/* Nobody is to look for what is not there. */
		free(session->evidence.picture);
		free(session->evidence.difference);
		session->evidence = (struct session_evidence){ 0 };
		session_end(session, session->result.code, "%s (its picture cannot be written: %s)",
			session->result.text, strerror(-result));
	} else {
		session_finish(session, session->result.code, session->result.text);
	}
}

static int
name_evidence(struct session *session)
{
	struct session_evidence *evidence = &session->evidence;
	char *name;

	if (asprintf(&name, "%s/%s-actual.png", session->context.artifacts, session->label) < 0) {
		return -ENOMEM;
	}
	evidence->picture = name;
	if (session->result.reference == NULL) {
		return 0;
	}
	if (asprintf(&name, "%s/%s-difference.png", session->context.artifacts, session->label) <
		0) {
		return -ENOMEM;
	}
	evidence->difference = name;
	return 0;
}

static void
handle_waited(void *data, const struct waiter_result *result)
{
	struct session *session = data;
	int r;

	sd_event_source_set_enabled(session->timer, SD_EVENT_OFF);
	if (result->code == EXIT_DONE || result->image == NULL || session->label == NULL ||
		session->context.artifacts == NULL) {
		session_finish(session, result->code, result->text);
		return;
	}
	/* The waiter stays until they are written, and with it the images. */
	session->result = *result;
	r = name_evidence(session);
	if (r >= 0) {
		r = worker_run(session->context.event, write_evidence, handle_evidence, session,
			&session->worker);
	}
	if (r < 0) {
		handle_evidence(session, r);
	}
}

void
session_keep_seen(struct session *session)
{
	struct image *image = NULL;

	if (session->waiter != NULL) {
		image = waiter_take_image(session->waiter, &session->seen_console);
	}
	if (image != NULL) {
		image_destroy(session->seen);
		session->seen = image;
	}
}

/* What was done since that was looked at may have changed it already. */
static bool
has_seen(const struct session *session, int32_t console)
{
	const struct view *view = view_list_choose(session->context.views, console);

	return session->seen != NULL && view != NULL &&
	       view_head(view)->console == session->seen_console;
}

void
session_wait(struct session *session)
{
	const struct command *command = session->command;
	struct waiter_request request = {
		.condition = &command->condition,
		.timeout_ms = command->kind == COMMAND_EXPECT ? 0 : session_timeout_ms(session),
	};
	int r;

	if (!session_takes_one(session)) {
		return;
	}
	request.console = session_console(session);
	if (command->condition.kind == CONDITION_MATCH) {
		session->path = session_path(session, command->condition.text);
		request.path = session->path;
	}
	if (request.path == NULL && command->condition.kind == CONDITION_MATCH) {
		session_end(session, EXIT_FAILED, "%s", strerror(ENOMEM));
		return;
	}
	if (command->condition.kind == CONDITION_CHANGE && has_seen(session, request.console)) {
		request.seen = session->seen;
	}
	r = waiter_create(session->context.event, session->context.views, session->context.means,
		&request, handle_waited, session, &session->waiter);
	if (r < 0) {
		session_end(session, EXIT_FAILED, "cannot wait: %s", strerror(-r));
	} else if (request.seen != NULL) {
		session->seen = NULL;
	}
}
