#include "script-job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "script-report.h"

/* What a script that does not end its recording is given at its end. */
static const struct command record_end = { .kind = COMMAND_RECORD_END, .name = "record-end" };

struct script_job {
	const struct options *options;
	struct guest *guest;
	script_job_done_fn done;
	void *data;
	sd_event *event;
	sd_event_source *late; /* the VM's answer */
	struct observer observer;
	struct observers *observers;
	struct session *session;
	struct script_report report;
	uint32_t next; /* step */
	char label[SCRIPT_LABEL_SIZE];
	bool leaving; /* all is done; the VM is asked whether it has it */
	bool gone;    /* the VM has ended */
	bool begun, reported;
	enum exit_code code;
};

static void
report(struct script_job *job)
{
	if (job->options->junit_file != NULL && !job->reported &&
		script_report_write_junit(&job->report, job->options->junit_file) < 0 &&
		job->code == EXIT_DONE) {
		job->code = EXIT_FAILED;
	}
	job->reported = true;
}

static void
finish(struct script_job *job)
{
	report(job);
	if (!job->gone) {
		job->done(job->data, job->code);
	}
}

static int
handle_late(sd_event_source *source, uint64_t time_us, void *data)
{
	struct script_job *job = data;

	log_error("within %g s: the VM does not say that it has had all",
		job->options->timeout_ms / 1000.0);
	job->code = job->code == EXIT_DONE ? EXIT_TIMED_OUT : job->code;
	finish(job);
	return 0;
}

/* What was sent is with the VM when it answers. One that never did has nothing. */
static void
leave(struct script_job *job)
{
	job->leaving = true;
	session_release_all(job->session);
	if (job->gone || !job->observers->synced || guest_sync(job->guest) < 0 ||
		sd_event_add_time_relative(job->event, &job->late, CLOCK_MONOTONIC,
			job->options->timeout_ms * US_PER_MS, 0, handle_late, job) < 0) {
		finish(job);
	}
}

/* Of a VM that has ended: there is no loop any more to end it in. */
static void
close_recording(struct script_job *job)
{
	int r = session_records(job->session) ? session_close_recording(job->session) : 0;

	if (r < 0) {
		log_error("the recording is not complete: %s", strerror(-r));
		job->code = job->code == EXIT_DONE ? EXIT_FAILED : job->code;
	}
}

static void
go_on(struct script_job *job)
{
	const struct script *script = &job->options->script;

	if (job->code == EXIT_DONE && job->next < script->n_steps && !job->gone) {
		const struct script_step *step = &script->steps[job->next++];

		job->begun = true;
		script_report_label(step, job->label);
		session_perform(job->session, &step->command, job->label);
	} else if (job->code == EXIT_DONE && job->next < script->n_steps) {
		log_error("%s:%u: the VM has ended before", script->steps[job->next].source,
			script->steps[job->next].line);
		job->code = EXIT_VM_GONE;
		leave(job);
	} else if (session_records(job->session) && !job->gone) {
		session_perform(job->session, &record_end, NULL);
	} else {
		close_recording(job);
		leave(job);
	}
}

static void
handle_session_done(void *data, enum exit_code code, json_object *answer)
{
	struct script_job *job = data;
	json_object *text;

	if (json_object_array_length(job->report.answers) < job->next) {
		script_report_add(&job->report, answer);
		job->code = code;
	} else if (code != EXIT_DONE) {
		/* The recording, which no command ended. */
		json_object_object_get_ex(answer, "text", &text);
		log_error("%s", json_object_get_string(text));
		job->code = job->code == EXIT_DONE ? code : job->code;
	}
	go_on(job);
}

static void
handle_synced(void *data)
{
	struct script_job *job = data;

	if (job->leaving) {
		finish(job);
	}
}

static const struct observer_listener observer_listener = {
	.synced = handle_synced,
};

int
script_job_create(const struct options *options, const struct session_context *context,
	script_job_done_fn done, void *data, struct script_job **ret_job)
{
	struct script_job *job = calloc(1, sizeof(*job));
	int r;

	if (job == NULL) {
		return -ENOMEM;
	}
	job->options = options;
	job->event = sd_event_ref(context->event);
	job->guest = context->guest;
	job->done = done;
	job->data = data;
	job->observers = context->views->observers;
	job->observer = (struct observer){ .listener = &observer_listener, .data = job };
	observers_add(job->observers, &job->observer);
	r = script_report_init(&job->report, &options->script);
	r = r < 0 ? r : session_create(context, handle_session_done, job, &job->session);
	if (r < 0) {
		script_job_destroy(job);
		return r;
	}
	go_on(job);
	*ret_job = job;
	return 0;
}

void
script_job_destroy(struct script_job *job)
{
	if (job == NULL) {
		return;
	}
	session_destroy(job->session);
	if (job->begun) {
		/* A signal, or the loss of what it needs: what was done is not lost. */
		report(job);
	}
	script_report_finish(&job->report);
	observers_remove(job->observers, &job->observer);
	sd_event_source_disable_unref(job->late);
	sd_event_unref(job->event);
	free(job);
}

enum exit_code
script_job_handle_closed(struct script_job *job)
{
	job->gone = true;
	if (session_is_busy(job->session)) {
		session_handle_closed(job->session);
	} else if (job->leaving) {
		finish(job);
	}
	return job->code;
}
