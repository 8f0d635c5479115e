#include "typing-job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "typist.h"
#include "view.h"

struct typing_job {
	sd_event *event;
	const struct options *options;
	struct guest *guest;
	const struct view_list *views;
	typing_job_done_fn done;
	void *data;
	struct observer observer;
	struct typist *typist; /* NULL: not begun, or all is typed */
	bool begun;
};

static void
handle_typed(void *data, int error)
{
	struct typing_job *job = data;

	typist_destroy(job->typist);
	job->typist = NULL;
	if (error >= 0) {
		/* What was sent is with the VM when it answers. */
		error = guest_sync(job->guest);
	}
	if (error < 0) {
		bool taken_over = job->views->taken_over;

		log_error("not all was typed: %s", taken_over         ? "another viewer has the VM"
						   : error == -ENODEV ? "the console went away"
								      : strerror(-error));
		job->done(job->data, taken_over ? EXIT_VM_GONE : EXIT_FAILED);
	}
}

static void
begin(struct typing_job *job)
{
	struct view *view = view_list_choose(job->views, job->options->console);
	int r;

	if (view == NULL && job->options->console >= 0) {
		log_error("there is no console %d", job->options->console);
	} else if (view == NULL) {
		log_error("the VM has no console");
	}
	if (view == NULL) {
		job->done(job->data, EXIT_FAILED);
		return;
	}
	r = typist_create(job->event, job->views, view_head(view)->console, &job->options->typing,
		handle_typed, job, &job->typist);
	if (r < 0) {
		log_error("cannot type: %s", strerror(-r));
		job->done(job->data, EXIT_FAILED);
	}
}

static void
handle_synced(void *data)
{
	struct typing_job *job = data;

	if (!job->begun) {
		job->begun = true;
		begin(job);
	} else if (job->typist == NULL) {
		job->done(job->data, EXIT_DONE);
	}
}

static const struct observer_listener observer_listener = {
	.synced = handle_synced,
};

int
typing_job_create(sd_event *event, const struct options *options, struct guest *guest,
	const struct view_list *views, typing_job_done_fn done, void *data,
	struct typing_job **ret_job)
{
	struct typing_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		return -ENOMEM;
	}
	job->event = sd_event_ref(event);
	job->options = options;
	job->guest = guest;
	job->views = views;
	job->done = done;
	job->data = data;
	job->observer = (struct observer){ .listener = &observer_listener, .data = job };
	observers_add(views->observers, &job->observer);
	*ret_job = job;
	return 0;
}

void
typing_job_destroy(struct typing_job *job)
{
	if (job == NULL) {
		return;
	}
	observers_remove(job->views->observers, &job->observer);
	typist_destroy(job->typist);
	sd_event_unref(job->event);
	free(job);
}
