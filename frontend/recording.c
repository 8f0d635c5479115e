#include "recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "flow.h"
#include "headless/compose.h"
#include "scanout-reader.h"
#include "shot-set.h"
#include "view.h"
#include "worker.h"

/* How often a picture that stands is written on. */
#define HOLD_US 500000

struct recording {
	sd_event *event;
	const struct view_list *views;
	const struct fetch_means *means;
	int32_t console;
	bool cursor;
	char *path, *times_path;
	struct video_options options;
	recording_done_fn done;
	void *data;
	struct observer observer;

	sd_event_source *due, *hold;
	struct video *video; /* NULL: not open yet, or closed */
	struct scanout_reader *reader;
	struct worker *worker;
	/* Of the job under way. */
	struct shot_set set; /* one picture, or none: on with the last one */
	uint64_t time_ns;    /* when it was shown */
	bool closes;         /* with this job the file is done */

	bool dirty; /* something was shown since then */
	uint64_t changed_ns, ended_ns;
	bool begun, ending, over;
	struct recording_counts counts;
	int error;
};

/* The first that is on stays the one that is recorded. */
static const struct view *
recorded(struct recording *recording)
{
	const struct view *view = view_list_choose(recording->views, recording->console);

	if (view != NULL && view_is_on(view)) {
		recording->console = (int32_t)view_head(view)->console;
	}
	return view;
}

static bool
is_busy(const struct recording *recording)
{
	return recording->reader != NULL || recording->worker != NULL;
}

static void
go_on_later(struct recording *recording)
{
	if (!is_busy(recording)) {
		sd_event_source_set_enabled(recording->due, SD_EVENT_ONESHOT);
	}
}

static void
fail(struct recording *recording, int error, const char *why)
{
	char text[SHOT_ERROR_SIZE];

	snprintf(text, sizeof(text), "cannot record to %.100s: %s", recording->path, why);
	recording->error = error;
	recording->over = true;
	if (recording->begun && !recording->ending) {
		/* Nobody waits for it now. */
		log_warning("%s", text);
		return;
	}
	recording->done(recording->data, error, text);
}

/* In the worker. */
static int
write_frames(void *data)
{
	struct recording *recording = data;
	int r = 0;

	if (recording->video == NULL) {
		r = video_open(&recording->options, &recording->video);
	}
	if (r < 0) {
		return r;
	}
	if (recording->set.n_pictures > 0) {
		struct shot_picture *picture = &recording->set.pictures[0];

		if (picture->has_cursor) {
			compose_draw_cursor(
				picture->image, &picture->cursor, picture->gx, picture->gy);
		}
		r = video_show(recording->video, picture->image, recording->time_ns);
		picture->image = NULL;
	} else {
		r = video_hold(recording->video, recording->time_ns);
	}
	recording->counts.video = video_counts(recording->video);
	if (recording->closes) {
		r = video_close(recording->video);
		recording->video = NULL;
	}
	return r;
}

static void
handle_written(void *data, int result)
{
	struct recording *recording = data;
	bool first = !recording->begun;

	worker_destroy(recording->worker);
	recording->worker = NULL;
	shot_set_finish(&recording->set);
	if (result < 0) {
		fail(recording, result, strerror(-result));
		return;
	}
	recording->begun = true;
	if (recording->closes) {
		recording->over = true;
		recording->done(recording->data, 0, "");
		return;
	}
	if (recording->dirty || recording->ending) {
		go_on_later(recording);
	}
	if (first) {
		recording->done(recording->data, 0, "");
	}
}

static void
write_in_worker(struct recording *recording)
{
	int r = worker_run(
		recording->event, write_frames, handle_written, recording, &recording->worker);

	if (r < 0) {
		fail(recording, r, strerror(-r));
	}
}

static void
handle_read(void *data, int result)
{
	struct recording *recording = data;
	char why[SHOT_ERROR_SIZE] = "";

	if (result >= 0) {
		recording->set.pictures[0].image = scanout_reader_take_image(recording->reader, 0);
	} else {
		uint32_t i;

		snprintf(why, sizeof(why), "%s", scanout_reader_reason(recording->reader, &i));
	}
	scanout_reader_destroy(recording->reader);
	recording->reader = NULL;
	if (result == -ETIMEDOUT) {
		/* The guest's GPU, or ours: another frame may come. */
		shot_set_finish(&recording->set);
		recording->counts.n_missed++;
		if (recording->dirty || recording->ending) {
			go_on_later(recording);
		}
		return;
	}
	if (result < 0) {
		shot_set_finish(&recording->set);
		fail(recording, result, why);
		return;
	}
	write_in_worker(recording);
}

static int
read_picture(struct recording *recording, const struct view *view)
{
	struct cursor_image cursor;
	int32_t gx, gy;
	int r = 0;

	recording->dirty = false;
	recording->time_ns = recording->changed_ns;
	recording->set.pictures[0].console = view_head(view)->console;
	recording->set.n_pictures = 1;
	if (recording->cursor && view_cursor(view, &cursor, &gx, &gy)) {
		r = shot_set_add_cursor(&recording->set, &cursor, gx, gy);
	}
	return r < 0 ? r
		     : scanout_reader_create(recording->event, recording->means, view_scanout(view),
			       1, handle_read, recording, &recording->reader);
}

static int
handle_due(sd_event_source *source, void *data)
{
	struct recording *recording = data;
	const struct view *view = recorded(recording);
	bool on = view != NULL && view_is_on(view);

	if (recording->over || is_busy(recording)) {
		return 0;
	}
	if (recording->dirty && on) {
		int r = read_picture(recording, view);

		if (r < 0) {
			fail(recording, r, strerror(-r));
		}
		return 0;
	}
	/* A monitor that is off leaves its last picture standing. */
	recording->dirty = false;
	if (recording->begun || recording->ending) {
		recording->time_ns = recording->ending ? recording->ended_ns : clock_now_ns();
		recording->closes = recording->ending;
		write_in_worker(recording);
	}
	return 0;
}

static int
handle_hold(sd_event_source *source, uint64_t time_us, void *data)
{
	struct recording *recording = data;

	if (recording->begun) {
		go_on_later(recording);
	}
	sd_event_source_set_time_relative(source, HOLD_US);
	sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

static void
handle_changed(void *data, const struct view *view)
{
	struct recording *recording = data;

	if (recording->ending || recording->over || view != recorded(recording)) {
		return;
	}
	recording->counts.n_missed += recording->dirty;
	recording->dirty = true;
	recording->changed_ns = clock_now_ns();
	go_on_later(recording);
}

static const struct observer_listener observer_listener = {
	.changed = handle_changed,
};

void
recording_end(struct recording *recording)
{
	recording->ending = true;
	recording->ended_ns = clock_now_ns();
	if (recording->over) {
		/* It has failed before. */
		fail(recording, recording->error, strerror(-recording->error));
		return;
	}
	go_on_later(recording);
}

static void
handle_finished(void *data, int result)
{
	struct recording *recording = data;

	worker_destroy(recording->worker);
	recording->worker = NULL;
	recording->error = result;
}

int
recording_finish(struct recording *recording)
{
	int r;

	worker_destroy(recording->worker);
	recording->worker = NULL;
	scanout_reader_destroy(recording->reader);
	recording->reader = NULL;
	shot_set_finish(&recording->set);
	if (recording->over || !recording->begun) {
		return recording->error;
	}
	recording->over = true;
	recording->time_ns = clock_now_ns();
	recording->closes = true;
	r = worker_run(
		recording->event, write_frames, handle_finished, recording, &recording->worker);
	if (r >= 0) {
		worker_finish(recording->worker);
		r = recording->error;
	}
	return r;
}

struct recording_counts
recording_counts(const struct recording *recording)
{
	return recording->counts;
}

int
recording_create(sd_event *event, const struct view_list *views, const struct fetch_means *means,
	const struct recording_request *request, recording_done_fn done, void *data,
	struct recording **ret_recording)
{
	struct recording *recording = calloc(1, sizeof(*recording));
	int r = 0;

	if (recording == NULL) {
		return -ENOMEM;
	}
	*recording = (struct recording){
		.event = sd_event_ref(event),
		.views = views,
		.means = means,
		.console = request->console,
		.cursor = request->cursor,
		.path = strdup(request->path),
		.times_path = request->times_path != NULL ? strdup(request->times_path) : NULL,
		.done = done,
		.data = data,
		.observer = { .listener = &observer_listener, .data = recording },
		.dirty = true,
		.changed_ns = clock_now_ns(),
	};
	recording->options = (struct video_options){
		.path = recording->path,
		.times_path = recording->times_path,
		.output_fd = request->output_fd,
		.fps = request->fps,
	};
	flow_watch(views->flow);
	observers_add(views->observers, &recording->observer);
	if (recording->path == NULL ||
		(request->times_path != NULL && recording->times_path == NULL)) {
		r = -ENOMEM;
	}
	r = r < 0 ? r : sd_event_add_defer(event, &recording->due, handle_due, recording);
	if (r >= 0) {
		r = sd_event_add_time_relative(event, &recording->hold, CLOCK_MONOTONIC, HOLD_US, 0,
			handle_hold, recording);
	}
	if (r < 0) {
		recording_destroy(recording);
		return r;
	}
	*ret_recording = recording;
	return 0;
}

/* In a worker: its last frame may go to a pipe that nobody reads. */
static int
close_video(void *data)
{
	struct recording *recording = data;

	return video_close(recording->video);
}

static void
ignore_result(void *data, int result)
{
}

void
recording_destroy(struct recording *recording)
{
	if (recording == NULL) {
		return;
	}
	worker_destroy(recording->worker);
	recording->worker = NULL;
	scanout_reader_destroy(recording->reader);
	if (recording->video != NULL && worker_run(recording->event, close_video, ignore_result,
						recording, &recording->worker) >= 0) {
		worker_destroy(recording->worker);
	} else {
		video_close(recording->video);
	}
	shot_set_finish(&recording->set);
	observers_remove(recording->views->observers, &recording->observer);
	flow_unwatch(recording->views->flow);
	sd_event_source_disable_unref(recording->due);
	sd_event_source_disable_unref(recording->hold);
	free(recording->path);
	free(recording->times_path);
	sd_event_unref(recording->event);
	free(recording);
}
