#include "shot.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scanout-reader.h"
#include "view.h"
#include "worker.h"

struct shot {
	sd_event *event;
	const struct fetch_means *means;
	struct shot_request request;
	shot_done_fn done;
	void *data;

	struct capture *capture;
	struct scanout_reader *reader;
	struct worker *worker;
	struct shot_set set;
	bool take_blank; /* it does not get better */
	bool is_blank;   /* the worker's finding: nothing was written */
	char error[SHOT_ERROR_SIZE];
};

enum exit_code
shot_code(int error)
{
	if (error == -ETIMEDOUT) {
		return EXIT_TIMED_OUT;
	}
	return error < 0 ? EXIT_FAILED : EXIT_DONE;
}

static void
finish(struct shot *shot, enum exit_code code)
{
	const struct shot_result result = { code, shot->error, &shot->set };

	shot->done(shot->data, &result);
}

/* In the worker. */
static int
write_pictures(void *data)
{
	struct shot *shot = data;

	shot->is_blank = !shot->take_blank && shot_set_is_blank(&shot->set);
	return shot->is_blank ? 0 : shot_set_write(&shot->set, &shot->request.options, shot->error);
}

static void
handle_written(void *data, int result)
{
	struct shot *shot = data;

	worker_destroy(shot->worker);
	shot->worker = NULL;
	if (shot->is_blank) {
		shot_set_finish(&shot->set);
		capture_wait_change(shot->capture);
		return;
	}
	if (result >= 0) {
		shot->error[0] = '\0';
	}
	finish(shot, shot_code(result));
}

static void
handle_read(void *data, int result)
{
	struct shot *shot = data;

	if (result < 0) {
		uint32_t i;
		const char *reason = scanout_reader_reason(shot->reader, &i);

		snprintf(shot->error, sizeof(shot->error),
			"console %u: cannot read the picture: %s", shot->set.pictures[i].console,
			reason);
	}
	for (uint32_t i = 0; i < shot->set.n_pictures && result >= 0; i++) {
		shot->set.pictures[i].image = scanout_reader_take_image(shot->reader, i);
	}
	scanout_reader_destroy(shot->reader);
	shot->reader = NULL;
	if (result < 0) {
		finish(shot, shot_code(result));
		return;
	}
	result = worker_run(shot->event, write_pictures, handle_written, shot, &shot->worker);
	if (result < 0) {
		snprintf(shot->error, sizeof(shot->error), "cannot start a thread: %s",
			strerror(-result));
		finish(shot, EXIT_FAILED);
	}
}

static int
add_picture(struct shot *shot, const struct view *view)
{
	struct cursor_image cursor;
	int32_t gx, gy;

	shot->set.pictures[shot->set.n_pictures++].console = view_head(view)->console;
	if (!shot->request.cursor || !view_cursor(view, &cursor, &gx, &gy)) {
		return 0;
	}
	return shot_set_add_cursor(&shot->set, &cursor, gx, gy);
}

static void
handle_capture_ready(void *data, const struct view_list *chosen, bool last)
{
	struct shot *shot = data;
	struct scanout scanouts[GUEST_MAX_HEADS];
	int r = 0;

	shot->take_blank = last || shot->request.any_blank;
	for (uint32_t i = 0; i < chosen->n_views && r >= 0; i++) {
		scanouts[i] = *view_scanout(chosen->views[i]);
		r = add_picture(shot, chosen->views[i]);
	}
	if (r >= 0) {
		r = scanout_reader_create(shot->event, shot->means, scanouts, chosen->n_views,
			handle_read, shot, &shot->reader);
	}
	if (r < 0) {
		snprintf(shot->error, sizeof(shot->error), "cannot read the picture: %s",
			strerror(-r));
		finish(shot, EXIT_FAILED);
	}
}

static void
handle_capture_timed_out(void *data, const char *why)
{
	struct shot *shot = data;

	snprintf(shot->error, sizeof(shot->error), "no picture within %g s: %s",
		shot->request.capture.timeout_ms / 1000.0, why);
	finish(shot, EXIT_TIMED_OUT);
}

static const struct capture_listener capture_listener = {
	.ready = handle_capture_ready,
	.timed_out = handle_capture_timed_out,
};

int
shot_create(sd_event *event, const struct view_list *views, const struct fetch_means *means,
	const struct shot_request *request, shot_done_fn done, void *data, struct shot **ret_shot)
{
	struct shot *shot = calloc(1, sizeof(*shot));
	int r;

	if (shot == NULL) {
		return -ENOMEM;
	}
	shot->event = sd_event_ref(event);
	shot->means = means;
	shot->request = *request;
	shot->done = done;
	shot->data = data;
	r = capture_create(
		event, views, &request->capture, &capture_listener, shot, &shot->capture);
	if (r < 0) {
		shot_destroy(shot);
		return r;
	}
	*ret_shot = shot;
	return 0;
}

void
shot_destroy(struct shot *shot)
{
	if (shot == NULL) {
		return;
	}
	worker_destroy(shot->worker);
	scanout_reader_destroy(shot->reader);
	capture_destroy(shot->capture);
	shot_set_finish(&shot->set);
	sd_event_unref(shot->event);
	free(shot);
}

void
shot_finish(struct shot *shot)
{
	worker_finish(shot->worker);
}

bool
shot_has_pictures(const struct shot *shot)
{
	return shot->worker != NULL;
}
