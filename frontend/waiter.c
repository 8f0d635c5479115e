#include "waiter.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "headless/judge.h"
#include "headless/picture-file.h"
#include "flow.h"
#include "scanout-reader.h"
#include "view.h"
#include "worker.h"

enum waiter_state {
	WAITER_RESTING, /* until something changes */
	WAITER_READING,
	WAITER_JUDGING,
	WAITER_OVER,
};

struct waiter {
	sd_event *event;
	const struct view_list *views;
	const struct fetch_means *means;
	struct waiter_request request;
	waiter_done_fn done;
	void *data;
	struct observer observer;

	enum waiter_state state;
	sd_event_source *due, *timeout, *stable;
	struct scanout_reader *reader;
	struct worker *worker;
	struct image *image;                /* looked at now, or last */
	struct image *reference;            /* the file's, or what it is to be like or unlike */
	struct judgement judgement;         /* of image */
	uint64_t changed_ns;                /* when it was last said to have changed */
	uint64_t image_ns;                  /* the same, of image */
	uint64_t still_since_ns;            /* of STABLE: reference is that old */
	uint64_t off_ns;                    /* when the monitor was last off; 0: never */
	bool dirty;                         /* it has changed since image was read */
	bool expired;                       /* while it was being looked at */
	bool on, went_off, came_back, drew; /* what has become of it so far */
};

/* Allowed moves; everything else is a bug of ours. */
static const bool allowed[][WAITER_OVER + 1] = {
	[WAITER_RESTING] = { [WAITER_READING] = true, [WAITER_OVER] = true },
	[WAITER_READING] = { [WAITER_RESTING] = true,
		[WAITER_JUDGING] = true,
		[WAITER_OVER] = true },
	[WAITER_JUDGING] = { [WAITER_RESTING] = true, [WAITER_OVER] = true },
};

static void
waiter_enter(struct waiter *waiter, enum waiter_state next)
{
	assert(allowed[waiter->state][next]);
	waiter->state = next;
}

/* The first that is on stays the one that is waited for, whatever becomes of it. */
static struct view *
waited_for(struct waiter *waiter)
{
	struct view *view = view_list_choose(waiter->views, waiter->request.console);

	if (view != NULL && view_is_on(view)) {
		waiter->request.console = (int32_t)view_head(view)->console;
	}
	return view;
}

static void
finish(struct waiter *waiter, enum exit_code code, const char *why)
{
	struct waiter_result result = {
		.code = code,
		.image = waiter->image != NULL ? waiter->image : waiter->reference,
		.reference = waiter->request.condition->kind == CONDITION_MATCH ? waiter->reference
										: NULL,
	};
	char wanted[WAITER_TEXT_SIZE / 4];

	waiter_enter(waiter, WAITER_OVER);
	condition_describe(waiter->request.condition, wanted, sizeof(wanted));
	if (code == EXIT_DONE) {
		snprintf(result.text, sizeof(result.text), "%s", why);
	} else if (waiter->request.timeout_ms > 0) {
		snprintf(result.text, sizeof(result.text), "waited for %s: %s", wanted, why);
	} else {
		snprintf(result.text, sizeof(result.text), "expected %s: %s", wanted, why);
	}
	waiter->done(waiter->data, &result);
}

/* Why it did not come, from what there was instead. */
static void
finish_late(struct waiter *waiter)
{
	const struct view *view = waited_for(waiter);
	bool on = view != NULL && view_is_on(view);
	double seconds = waiter->request.timeout_ms / 1000.0;
	char why[WAITER_TEXT_SIZE / 2];

	if (!waiter->drew) {
		snprintf(why, sizeof(why), "within %g s the VM has drawn nothing (%s)", seconds,
			view == NULL ? "there is no such console"
			: on         ? "its picture is black"
				     : "the console is off");
		finish(waiter, EXIT_NEVER_DREW, why);
	} else if (waiter->came_back) {
		snprintf(why, sizeof(why),
			"within %g s its monitor went off and came back, as with a reset; now %s",
			seconds, waiter->judgement.text);
		finish(waiter, EXIT_WAS_RESET, why);
	} else if (!on || waiter->judgement.black) {
		snprintf(why, sizeof(why), "within %g s its monitor %s", seconds,
			on ? "went black" : "went off");
		finish(waiter, EXIT_WENT_BLANK, why);
	} else {
		snprintf(why, sizeof(why), "not within %g s; %s", seconds, waiter->judgement.text);
		finish(waiter, EXIT_TIMED_OUT, why);
	}
}

/* In the worker. */
static int
look_at_image(void *data)
{
	struct waiter *waiter = data;
	const struct condition *condition = waiter->request.condition;
	struct judgement found;
	int r = 0;

	if (condition->kind == CONDITION_MATCH && waiter->reference == NULL) {
		char why[PICTURE_FILE_ERROR_SIZE];

		r = picture_file_read(waiter->request.path, why, &waiter->reference);
		if (r < 0) {
			snprintf(waiter->judgement.text, sizeof(waiter->judgement.text),
				"cannot read %.100s: %s", waiter->request.path, why);
			text_clean(waiter->judgement.text);
			return r;
		}
	}
	if (waiter->reference == NULL &&
		(condition->kind == CONDITION_STABLE || condition->kind == CONDITION_CHANGE)) {
		/* Nothing to compare with yet. */
		waiter->judgement = (struct judgement){ .black = judge_is_black(waiter->image) };
		snprintf(waiter->judgement.text, sizeof(waiter->judgement.text),
			"the picture has not changed");
		return 0;
	}
	r = judge(condition, waiter->image, waiter->reference, &found);
	/* Whoever was cut short knows less than the one before. */
	if (r != -ECANCELED || waiter->judgement.text[0] == '\0') {
		waiter->judgement = found;
	}
	return r;
}

static void handle_judged(void *data, int result);
static void handle_read(void *data, int result);

static void
look(struct waiter *waiter)
{
	struct view *view = waited_for(waiter);
	int r;

	if (view == NULL || !view_is_on(view)) {
		if (waiter->request.timeout_ms == 0) {
			finish(waiter, EXIT_NEVER_DREW,
				view == NULL ? "there is no such console" : "the console is off");
		}
		return;
	}
	waiter->dirty = false;
	waiter->image_ns = waiter->changed_ns;
	waiter_enter(waiter, WAITER_READING);
	r = scanout_reader_create(waiter->event, waiter->means, view_scanout(view), 1, handle_read,
		waiter, &waiter->reader);
	if (r < 0) {
		finish(waiter, EXIT_FAILED, strerror(-r));
	}
}

static void
rest(struct waiter *waiter)
{
	waiter_enter(waiter, WAITER_RESTING);
	if (waiter->expired) {
		finish_late(waiter);
	} else if (waiter->dirty) {
		look(waiter);
	}
}

static void
handle_read(void *data, int result)
{
	struct waiter *waiter = data;

	if (result >= 0) {
		image_destroy(waiter->image);
		waiter->image = scanout_reader_take_image(waiter->reader, 0);
	} else {
		uint32_t which;

		snprintf(waiter->judgement.text, sizeof(waiter->judgement.text), "%s",
			scanout_reader_reason(waiter->reader, &which));
	}
	scanout_reader_destroy(waiter->reader);
	waiter->reader = NULL;
	if (result == -ETIMEDOUT && waiter->request.timeout_ms > 0) {
		/* The guest's GPU, or ours: another frame may come. */
		rest(waiter);
		return;
	}
	if (result < 0) {
		finish(waiter, result == -ETIMEDOUT ? EXIT_TIMED_OUT : EXIT_FAILED,
			waiter->judgement.text);
		return;
	}
	waiter_enter(waiter, WAITER_JUDGING);
	result = worker_run(waiter->event, look_at_image, handle_judged, waiter, &waiter->worker);
	if (result < 0) {
		finish(waiter, EXIT_FAILED, strerror(-result));
	}
}

/* The picture that has just been looked at is what others are compared with. */
static void
take_as_reference(struct waiter *waiter)
{
	image_destroy(waiter->reference);
	waiter->reference = waiter->image;
	waiter->image = NULL;
}

/* Whether it has stood long enough; else the timer says when. */
static bool
is_still(struct waiter *waiter)
{
	bool first = waiter->reference == NULL;
	uint64_t since_ns, end_ns;

	if (first || !waiter->judgement.met) {
		take_as_reference(waiter);
		waiter->still_since_ns = waiter->image_ns;
	}
	if (waiter->judgement.black) {
		/* Nothing is shown that could rest. */
		sd_event_source_set_enabled(waiter->stable, SD_EVENT_OFF);
		return false;
	}
	since_ns =
		waiter->still_since_ns > waiter->off_ns ? waiter->still_since_ns : waiter->off_ns;
	end_ns = since_ns + waiter->request.condition->stable_ms * NS_PER_MS;
	if (!waiter->dirty && clock_now_ns() >= end_ns) {
		return true;
	}
	sd_event_source_set_time(waiter->stable, end_ns / NS_PER_US);
	sd_event_source_set_enabled(waiter->stable, SD_EVENT_ONESHOT);
	return false;
}

static bool
is_met(struct waiter *waiter)
{
	switch (waiter->request.condition->kind) {
	case CONDITION_STABLE:
		return is_still(waiter);
	case CONDITION_CHANGE:
		if (waiter->reference == NULL) {
			take_as_reference(waiter);
			return false;
		}
		return waiter->judgement.met;
	default:
		return waiter->judgement.met;
	}
}

static void
handle_judged(void *data, int result)
{
	struct waiter *waiter = data;

	worker_destroy(waiter->worker);
	waiter->worker = NULL;
	if (result < 0 && result != -ECANCELED) {
		finish(waiter, EXIT_FAILED, waiter->judgement.text);
		return;
	}
	waiter->drew |= !waiter->judgement.black;
	if (result >= 0 && is_met(waiter)) {
		finish(waiter, EXIT_DONE, waiter->judgement.text);
	} else if (waiter->request.timeout_ms == 0) {
		finish(waiter, EXIT_DIFFERENT, waiter->judgement.text);
	} else {
		rest(waiter);
	}
}

static int
handle_stable(sd_event_source *source, uint64_t time_us, void *data)
{
	struct waiter *waiter = data;

	/* While it is being looked at, or is to be (it may be off), what is found decides. */
	if (waiter->state == WAITER_RESTING && !waiter->dirty) {
		finish(waiter, EXIT_DONE, waiter->judgement.text);
	}
	return 0;
}

static int
handle_timeout(sd_event_source *source, uint64_t time_us, void *data)
{
	struct waiter *waiter = data;

	if (waiter->state == WAITER_RESTING) {
		finish_late(waiter);
	} else {
		waiter->expired = true;
		worker_give_up(waiter->worker);
	}
	return 0;
}

static void
note_change(struct waiter *waiter, bool on)
{
	waiter->came_back |= on && waiter->went_off;
	waiter->went_off |= waiter->on && !on;
	waiter->dirty = true;
	waiter->changed_ns = clock_now_ns();
	if (!on || !waiter->on) {
		waiter->off_ns = waiter->changed_ns;
	}
	waiter->on = on;
	/* From the loop: an observer may not go while all are told. */
	sd_event_source_set_enabled(waiter->due, SD_EVENT_ONESHOT);
}

static void
handle_changed(void *data, const struct view *view)
{
	struct waiter *waiter = data;

	if (waiter->state != WAITER_OVER && view == waited_for(waiter)) {
		note_change(waiter, view_is_on(view));
	}
}

static void
handle_removed(void *data, const struct view *view)
{
	struct waiter *waiter = data;

	if (waiter->state != WAITER_OVER && view == waited_for(waiter)) {
		note_change(waiter, false);
	}
}

static const struct observer_listener observer_listener = {
	.changed = handle_changed,
	.removed = handle_removed,
};

static int
handle_due(sd_event_source *source, void *data)
{
	struct waiter *waiter = data;

	if (waiter->state == WAITER_RESTING) {
		look(waiter);
	}
	return 0;
}

int
waiter_create(sd_event *event, const struct view_list *views, const struct fetch_means *means,
	const struct waiter_request *request, waiter_done_fn done, void *data,
	struct waiter **ret_waiter)
{
	struct waiter *waiter = calloc(1, sizeof(*waiter));
	const struct view *view;
	uint64_t now_us = clock_now_ns() / NS_PER_US;
	int r;

	if (waiter == NULL) {
		return -ENOMEM;
	}
	*waiter = (struct waiter){
		.event = sd_event_ref(event),
		.views = views,
		.means = means,
		.request = *request,
		.done = done,
		.data = data,
		.observer = { .listener = &observer_listener, .data = waiter },
		.changed_ns = now_us * NS_PER_US,
	};
	view = waited_for(waiter);
	waiter->on = view != NULL && view_is_on(view);
	flow_watch(views->flow);
	observers_add(views->observers, &waiter->observer);
	r = sd_event_add_time(event, &waiter->timeout, CLOCK_MONOTONIC,
		now_us + request->timeout_ms * US_PER_MS, 1, handle_timeout, waiter);
	if (r >= 0 && request->timeout_ms == 0) {
		r = sd_event_source_set_enabled(waiter->timeout, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = sd_event_add_time(
			event, &waiter->stable, CLOCK_MONOTONIC, 0, 1, handle_stable, waiter);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(waiter->stable, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = sd_event_add_defer(event, &waiter->due, handle_due, waiter);
	}
	if (r < 0) {
		waiter_destroy(waiter);
		return r;
	}
	if (request->condition->kind == CONDITION_CHANGE) {
		waiter->reference = request->seen;
	}
	*ret_waiter = waiter;
	return 0;
}

void
waiter_destroy(struct waiter *waiter)
{
	if (waiter == NULL) {
		return;
	}
	worker_give_up(waiter->worker);
	worker_destroy(waiter->worker);
	scanout_reader_destroy(waiter->reader);
	observers_remove(waiter->views->observers, &waiter->observer);
	flow_unwatch(waiter->views->flow);
	sd_event_source_disable_unref(waiter->timeout);
	sd_event_source_disable_unref(waiter->stable);
	sd_event_source_disable_unref(waiter->due);
	image_destroy(waiter->image);
	image_destroy(waiter->reference);
	sd_event_unref(waiter->event);
	free(waiter);
}

struct image *
waiter_take_image(struct waiter *waiter, uint32_t *ret_console)
{
	/* A file's picture is no monitor's. */
	bool own = waiter->request.condition->kind != CONDITION_MATCH;
	struct image **last = waiter->image != NULL || !own ? &waiter->image : &waiter->reference;
	struct image *image = *last;

	if (waiter->state != WAITER_OVER || image == NULL || waiter->request.console < 0) {
		return NULL;
	}
	*last = NULL;
	*ret_console = (uint32_t)waiter->request.console;
	return image;
}
