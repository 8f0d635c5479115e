#include "text/text-renderer.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "broker/broker.h"
#include "text/text-server.h"
#include "worker.h"

struct text_job {
	struct text_renderer *renderer;
	struct text_job *next;
	struct text_request request;
	text_done_fn done; /* NULL: cancelled */
	void *data;
	struct text_picture picture; /* of the worker's until that is through */
};

struct text_renderer {
	sd_event *event;
	struct broker_hold process; /* that draws; of the worker's while it runs */
	int fd;                     /* to it; likewise. -1: it is not there */
	char why[TEXT_WHY_SIZE];    /* it cannot draw; likewise */
	bool complained;
	struct text_job *jobs; /* the first is being drawn */
	struct worker *worker;
};

/* In the thread. */
static int
work(void *data)
{
	struct text_job *job = data;
	struct text_renderer *renderer = job->renderer;

	return text_server_draw(
		&renderer->fd, &renderer->process, &job->request, &job->picture, renderer->why);
}

static void
complain(struct text_renderer *renderer, int error)
{
	if (renderer->complained || error == -ENOSPC) {
		return;
	}
	renderer->complained = true;
	log_warning("no text is drawn (%s): messages are in the title only",
		renderer->why[0] != '\0' ? renderer->why
		: error == -ENOENT       ? "no fonts are installed"
					 : strerror(-error));
}

/* Takes the first job off the list and tells its owner. */
static void
finish_first(struct text_renderer *renderer, int error)
{
	struct text_job *job = renderer->jobs;

	renderer->jobs = job->next;
	if (job->done != NULL) {
		if (error < 0) {
			complain(renderer, error);
		}
		job->done(job->data, error, error < 0 ? NULL : &job->picture);
	}
	free(job->picture.pixels);
	free(job);
}

static void start_next(struct text_renderer *renderer);

static void
handle_worked(void *data, int result)
{
	struct text_job *job = data;
	struct text_renderer *renderer = job->renderer;

	worker_destroy(renderer->worker);
	renderer->worker = NULL;
	finish_first(renderer, result);
	start_next(renderer);
}

static int
start_first(struct text_renderer *renderer)
{
	return worker_run(renderer->event, work, handle_worked, renderer->jobs, &renderer->worker);
}

static void
start_next(struct text_renderer *renderer)
{
	while (renderer->jobs != NULL && renderer->worker == NULL) {
		int r = renderer->jobs->done != NULL ? start_first(renderer) : -ECANCELED;

		if (r < 0) {
			finish_first(renderer, r);
		}
	}
}

int
text_renderer_draw(struct text_renderer *renderer, const struct text_request *request,
	text_done_fn done, void *data, struct text_job **ret_job)
{
	struct text_job **last = &renderer->jobs;
	struct text_job *job = calloc(1, sizeof(*job));
	int r = 0;

	if (job == NULL) {
		return -ENOMEM;
	}
	job->renderer = renderer;
	job->request = *request;
	job->done = done;
	job->data = data;
	while (*last != NULL) {
		last = &(*last)->next;
	}
	*last = job;
	if (job == renderer->jobs) {
		r = start_first(renderer);
	}
	if (r < 0) {
		renderer->jobs = NULL;
		free(job);
		return r;
	}
	*ret_job = job;
	return 0;
}

void
text_job_cancel(struct text_job *job)
{
	if (job != NULL) {
		job->done = NULL;
	}
}

int
text_renderer_create(sd_event *event, struct text_renderer **ret_renderer)
{
	struct text_renderer *renderer = calloc(1, sizeof(*renderer));

	if (renderer == NULL) {
		return -ENOMEM;
	}
	renderer->event = sd_event_ref(event);
	renderer->process = BROKER_NO_HOLD;
	renderer->fd = -1;
	*ret_renderer = renderer;
	return 0;
}

void
text_renderer_destroy(struct text_renderer *renderer)
{
	struct text_job *job;

	if (renderer == NULL) {
		return;
	}
	worker_destroy(renderer->worker);
	while ((job = renderer->jobs) != NULL) {
		assert(job->done == NULL);
		renderer->jobs = job->next;
		free(job->picture.pixels);
		free(job);
	}
	fd_close(&renderer->fd);
	broker_finish(&renderer->process, false);
	sd_event_unref(renderer->event);
	free(renderer);
}
