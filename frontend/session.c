#include "session-private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "cli.h"
#include "recording.h"
#include "view.h"

/* So much more than its picture may take a file to be written. */
#define WRITING_MARGIN_MS 2000

char *
session_path(const struct session *session, const char *name)
{
	char *path;

	if (session->context.directory == NULL || name[0] == '/' || strcmp(name, "-") == 0) {
		return strdup(name);
	}
	return asprintf(&path, "%s/%s", session->context.directory, name) < 0 ? NULL : path;
}

int32_t
session_console(const struct session *session)
{
	const struct command *command = session->command;

	if (!command->console_given) {
		return session->context.console;
	}
	return command->all_consoles ? CLI_CONSOLE_ALL : (int32_t)command->console;
}

bool
session_takes_one(struct session *session)
{
	if (session_console(session) != CLI_CONSOLE_ALL) {
		return true;
	}
	session_end(session, EXIT_USAGE, "%s is for one console, not all", session->command->name);
	return false;
}

uint32_t
session_timeout_ms(const struct session *session)
{
	return session->command->timeout_ms != 0 ? session->command->timeout_ms
						 : session->context.timeout_ms;
}

/* What was needed for the command. */
static void
clear(struct session *session)
{
	worker_destroy(session->worker);
	shot_destroy(session->shot);
	session_keep_seen(session);
	waiter_destroy(session->waiter);
	typist_destroy(session->typist);
	gesture_destroy(session->gesture);
	free(session->path);
	free(session->evidence.picture);
	free(session->evidence.difference);
	json_object_put(session->files);
	session->worker = NULL;
	session->shot = NULL;
	session->waiter = NULL;
	session->typist = NULL;
	session->gesture = NULL;
	session->path = NULL;
	session->files = NULL;
	session->evidence = (struct session_evidence){ 0 };
	session->powers = session->told = session->started = false;
	sd_event_source_set_enabled(session->timer, SD_EVENT_OFF);
	sd_event_source_set_enabled(session->due, SD_EVENT_OFF);
}

static void
add_text(json_object *answer, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0') {
		json_object_object_add(answer, name, json_object_new_string(text));
	}
}

void
session_finish(struct session *session, enum exit_code code, const char *text)
{
	json_object *answer = json_object_new_object();
	double seconds = (double)(clock_now_ns() - session->begun_ns) / NS_PER_S;
	char clean[SESSION_TEXT_SIZE], rounded[32];

	snprintf(rounded, sizeof(rounded), "%.6f", seconds);
	text_copy(clean, sizeof(clean), text);
	json_object_object_add(answer, "ok", json_object_new_boolean(code == EXIT_DONE));
	json_object_object_add(answer, "code", json_object_new_int(code));
	add_text(answer, "command", session->command->name);
	json_object_object_add(answer, "seconds", json_object_new_double_s(seconds, rounded));
	add_text(answer, "text", clean);
	if (session->files != NULL) {
		json_object_object_add(answer, "files", json_object_get(session->files));
	}
	add_text(answer, "picture", session->evidence.picture);
	add_text(answer, "difference", session->evidence.difference);
	session->command = NULL;
	clear(session);
	session->done(session->data, code, answer);
	json_object_put(answer);
}

void
session_end(struct session *session, enum exit_code code, const char *format, ...)
{
	char text[SESSION_TEXT_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	session_finish(session, code, text);
}

static void
sleep_for(struct session *session, uint32_t ms)
{
	sd_event_source_set_time_relative(session->timer, ms * US_PER_MS);
	sd_event_source_set_enabled(session->timer, SD_EVENT_ONESHOT);
}

static void
start(struct session *session)
{
	const struct command *command = session->command;

	switch (command->kind) {
	case COMMAND_CONSOLE:
		session->context.console =
			command->console_given ? session_console(session) : CLI_CONSOLE_FIRST;
		session_finish(session, EXIT_DONE, "");
		break;
	case COMMAND_TIMEOUT:
		session->context.timeout_ms = command->timeout_ms;
		session_finish(session, EXIT_DONE, "");
		break;
	case COMMAND_NONE:
	case COMMAND_LAYOUT:
		session_finish(session, EXIT_DONE, "");
		break;
	case COMMAND_SHOT:
		sleep_for(session, session_timeout_ms(session) + WRITING_MARGIN_MS);
		session_shoot(session);
		break;
	case COMMAND_RECORD:
		sleep_for(session, session_timeout_ms(session));
		session_record(session);
		break;
	case COMMAND_RECORD_END:
		sleep_for(session, session_timeout_ms(session));
		session_end_recording(session);
		break;
	case COMMAND_EXPECT:
		sleep_for(session, session_timeout_ms(session));
		session_wait(session);
		break;
	case COMMAND_WAIT:
		session_wait(session);
		break;
	case COMMAND_WAIT_GONE:
		if (session->context.views->gone) {
			session_finish(session, EXIT_DONE, "");
		} else {
			sleep_for(session, session_timeout_ms(session));
		}
		break;
	case COMMAND_TYPE:
		session_type(session);
		break;
	case COMMAND_HOLD:
	case COMMAND_MOVE:
	case COMMAND_MOVE_BY:
	case COMMAND_CLICK:
	case COMMAND_DRAG:
	case COMMAND_WHEEL:
	case COMMAND_TOUCH:
		session_gesture(session);
		break;
	case COMMAND_RESET:
	case COMMAND_POWERDOWN:
		sleep_for(session, session_timeout_ms(session));
		session_power(session);
		break;
	case COMMAND_SLEEP:
		sleep_for(session, command->duration_ms);
		break;
	}
}

/* Every command starts from the loop, once the VM has said what it shows. So ends that of power. */
static int
handle_due(sd_event_source *source, void *data)
{
	struct session *session = data;

	if (!session->told) {
		session->started = true;
		sd_event_source_set_enabled(session->timer, SD_EVENT_OFF);
		start(session);
	} else if (session->power_error < 0) {
		session_end(session, EXIT_FAILED, "the VM was not told: %s",
			strerror(-session->power_error));
	} else {
		session_finish(session, EXIT_DONE, "");
	}
	return 0;
}

/* Attaching takes its time as well: a command that allows itself less allows that more. */
static uint32_t
attach_timeout_ms(const struct session *session)
{
	uint32_t own_ms = session->command->timeout_ms, usual_ms = session->context.timeout_ms;

	return session->command->kind == COMMAND_TIMEOUT || own_ms > usual_ms ? own_ms : usual_ms;
}

static int
handle_timer(sd_event_source *source, uint64_t time_us, void *data)
{
	struct session *session = data;
	double seconds = session_timeout_ms(session) / 1000.0;
	char wanted[WAITER_TEXT_SIZE / 4];

	if (!session->started) {
		session_end(session, EXIT_TIMED_OUT,
			"within %g s: the VM is not there, or does not answer",
			attach_timeout_ms(session) / 1000.0);
		return 0;
	}
	switch (session->command->kind) {
	case COMMAND_SLEEP:
		session_finish(session, EXIT_DONE, "");
		break;
	case COMMAND_WAIT_GONE:
		session_end(session, EXIT_TIMED_OUT, "waited for the VM to end: not within %g s",
			seconds);
		break;
	case COMMAND_RECORD:
		recording_destroy(session->recording);
		session->recording = NULL;
		session_end(session, EXIT_TIMED_OUT, "no picture within %g s", seconds);
		break;
	case COMMAND_RECORD_END:
		recording_destroy(session->recording);
		session->recording = NULL;
		session_end(session, EXIT_TIMED_OUT, "it is not written within %g s", seconds);
		break;
	case COMMAND_SHOT:
		session_end(session, EXIT_TIMED_OUT, "it is not written within %g s", seconds);
		break;
	case COMMAND_EXPECT:
		condition_describe(&session->command->condition, wanted, sizeof(wanted));
		session_end(session, EXIT_TIMED_OUT,
			"expected %s: not looked at to the end within %g s", wanted, seconds);
		break;
	default:
		session_end(session, EXIT_TIMED_OUT, "QMP does not answer within %g s", seconds);
		break;
	}
	return 0;
}

static void
handle_synced(void *data)
{
	struct session *session = data;

	if (session->command != NULL && !session->started) {
		sd_event_source_set_enabled(session->due, SD_EVENT_ONESHOT);
	}
}

static void
handle_power_done(void *data, int error)
{
	struct session *session = data;

	if (session->powers) {
		session->powers = false;
		session->told = true;
		session->power_error = error;
		/* From the loop: whoever is answered may go, which no observer may here. */
		sd_event_source_set_enabled(session->due, SD_EVENT_ONESHOT);
	}
}

static const struct observer_listener observer_listener = {
	.synced = handle_synced,
	.power_done = handle_power_done,
};

void
session_perform(struct session *session, const struct command *command, const char *label)
{
	session->command = command;
	session->label = label;
	session->begun_ns = clock_now_ns();
	if (session->context.views->observers->synced ||
		(session->context.views->gone && command->kind == COMMAND_WAIT_GONE)) {
		sd_event_source_set_enabled(session->due, SD_EVENT_ONESHOT);
	} else {
		sleep_for(session, attach_timeout_ms(session));
	}
}

bool
session_is_busy(const struct session *session)
{
	return session->command != NULL;
}

void
session_handle_closed(struct session *session)
{
	char wanted[WAITER_TEXT_SIZE / 4];

	session->held = (struct held_keys){ 0 };
	if (session->command == NULL) {
		return;
	}
	/* What was seen before counts. */
	if (session->worker != NULL) {
		worker_finish(session->worker);
		return;
	}
	if (session->shot != NULL && shot_has_pictures(session->shot)) {
		shot_finish(session->shot);
		return;
	}
	switch (session->command->kind) {
	case COMMAND_WAIT_GONE:
		session_finish(session, EXIT_DONE, "");
		break;
	case COMMAND_WAIT:
		condition_describe(&session->command->condition, wanted, sizeof(wanted));
		session_end(
			session, EXIT_VM_GONE, "waited for %s: the VM has ended meanwhile", wanted);
		break;
	default:
		session_finish(session, EXIT_VM_GONE, "the VM has ended");
		break;
	}
}

int
session_create(const struct session_context *context, session_done_fn done, void *data,
	struct session **ret_session)
{
	struct session *session = calloc(1, sizeof(*session));
	int r;

	if (session == NULL) {
		return -ENOMEM;
	}
	session->context = *context;
	session->done = done;
	session->data = data;
	session->observer = (struct observer){ .listener = &observer_listener, .data = session };
	observers_add(context->views->observers, &session->observer);
	r = sd_event_add_defer(context->event, &session->due, handle_due, session);
	if (r >= 0) {
		r = sd_event_source_set_enabled(session->due, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = sd_event_add_time(context->event, &session->timer, CLOCK_MONOTONIC, 0, 1,
			handle_timer, session);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(session->timer, SD_EVENT_OFF);
	}
	if (r < 0) {
		session_destroy(session);
		return r;
	}
	*ret_session = session;
	return 0;
}

void
session_destroy(struct session *session)
{
	if (session == NULL) {
		return;
	}
	clear(session);
	image_destroy(session->seen);
	session_release_all(session);
	recording_destroy(session->recording);
	observers_remove(session->context.views->observers, &session->observer);
	sd_event_source_disable_unref(session->due);
	sd_event_source_disable_unref(session->timer);
	free(session);
}
