#include "capture.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli.h"
#include "flow.h"
#include "view.h"

#define WHY_SIZE 128

enum capture_state {
	CAPTURE_SYNCING,  /* the VM still delivers what it had when we attached */
	CAPTURE_WAITING,  /* for the chosen console to be on */
	CAPTURE_SETTLING, /* the stable timer runs, from the last change */
	CAPTURE_BLANK,    /* a blank picture was taken: for a change, or the end of the grace */
	CAPTURE_TAKEN,    /* ready was called */
};

struct capture {
	const struct view_list *views;
	struct capture_request request;
	const struct capture_listener *listener;
	void *data;
	struct observer observer;

	enum capture_state state;
	sd_event_source *timeout_source; /* the whole request's */
	sd_event_source *timer_source;   /* the state's own */
	uint64_t blank_until_ns;         /* 0: no blank picture yet */
	bool expired; /* the time-out came while the picture was being looked at */
};

/* Allowed moves; everything else is a bug of ours. */
static const bool allowed[][CAPTURE_TAKEN + 1] = {
	[CAPTURE_SYNCING] = { [CAPTURE_WAITING] = true },
	[CAPTURE_WAITING] = { [CAPTURE_SETTLING] = true },
	[CAPTURE_SETTLING] = { [CAPTURE_WAITING] = true, [CAPTURE_TAKEN] = true },
	[CAPTURE_BLANK] = { [CAPTURE_WAITING] = true },
	[CAPTURE_TAKEN] = { [CAPTURE_BLANK] = true },
};

static void
capture_enter(struct capture *capture, enum capture_state next)
{
	assert(allowed[capture->state][next]);
	capture->state = next;
}

static void
start_timer(struct capture *capture, uint64_t delay_ns)
{
	uint64_t at_us = (clock_now_ns() + delay_ns) / NS_PER_US;

	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_time(capture->timer_source, at_us);
	sd_event_source_set_enabled(capture->timer_source, SD_EVENT_ONESHOT);
}

static struct view_list
choose(const struct capture *capture)
{
	struct view_list chosen = { 0 };
	int32_t console = capture->request.console;

	for (uint32_t i = 0; i < capture->views->n_views; i++) {
		struct view *view = capture->views->views[i];

		if (!view_is_on(view) ||
			(console >= 0 && view_head(view)->console != (uint32_t)console)) {
			continue;
		}
		chosen.views[chosen.n_views++] = view;
		if (console != CLI_CONSOLE_ALL) {
			break;
		}
	}
	return chosen;
}

static bool
is_chosen(const struct capture *capture, const struct view *view)
{
	struct view_list chosen = choose(capture);

	for (uint32_t i = 0; i < chosen.n_views; i++) {
		if (chosen.views[i] == view) {
			return true;
		}
	}
	return false;
}

/* Whatever was waited for may have happened: goes on as far as possible. */
static void
advance(struct capture *capture)
{
	if (capture->state == CAPTURE_WAITING && choose(capture).n_views > 0) {
		capture_enter(capture, CAPTURE_SETTLING);
		/* Even without a wait through the timer: ready comes from the loop. */
		start_timer(capture, capture->request.wait_stable_ms * NS_PER_MS);
	}
}

static int
handle_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct capture *capture = data;
	struct view_list chosen;
	bool last;

	if (capture->state == CAPTURE_BLANK) {
		capture_enter(capture, CAPTURE_WAITING);
		advance(capture);
		return 0;
	}
	chosen = choose(capture);
	if (chosen.n_views == 0) {
		/* It went off meanwhile. */
		capture_enter(capture, CAPTURE_WAITING);
		return 0;
	}
	last = capture->blank_until_ns != 0 && clock_now_ns() >= capture->blank_until_ns;
	capture_enter(capture, CAPTURE_TAKEN);
	capture->listener->ready(capture->data, &chosen, last);
	return 0;
}

static int
handle_timeout(sd_event_source *source, uint64_t usec, void *data)
{
	struct capture *capture = data;
	char why[WHY_SIZE] = "no console is on";
	bool exists = capture->request.console < 0;

	for (uint32_t i = 0; i < capture->views->n_views; i++) {
		exists |= view_head(capture->views->views[i])->console ==
			  (uint32_t)capture->request.console;
	}
	switch (capture->state) {
	case CAPTURE_SYNCING:
		snprintf(why, sizeof(why), "the VM is not there, or does not answer");
		break;
	case CAPTURE_WAITING:
		if (capture->request.console >= 0) {
			snprintf(why, sizeof(why), "console %d %s", capture->request.console,
				exists ? "is off" : "does not exist");
		}
		break;
	case CAPTURE_SETTLING:
	case CAPTURE_BLANK:
		snprintf(why, sizeof(why), "the picture does not come to rest");
		break;
	case CAPTURE_TAKEN:
		capture->expired = true;
		return 0;
	}
	capture->listener->timed_out(capture->data, why);
	return 0;
}

static void
handle_synced(void *data)
{
	struct capture *capture = data;

	if (capture->state == CAPTURE_SYNCING) {
		capture_enter(capture, CAPTURE_WAITING);
		advance(capture);
	}
}

static void
handle_changed(void *data, const struct view *view)
{
	struct capture *capture = data;

	switch (capture->state) {
	case CAPTURE_SYNCING:
	case CAPTURE_TAKEN:
		return;
	case CAPTURE_WAITING:
		advance(capture);
		return;
	case CAPTURE_BLANK:
		capture_enter(capture, CAPTURE_WAITING);
		advance(capture);
		return;
	case CAPTURE_SETTLING:
		if (capture->request.wait_stable_ms > 0 && is_chosen(capture, view)) {
			start_timer(capture, capture->request.wait_stable_ms * NS_PER_MS);
		}
		return;
	}
}

static const struct observer_listener observer_listener = {
	.synced = handle_synced,
	.changed = handle_changed,
};

int
capture_create(sd_event *event, const struct view_list *views,
	const struct capture_request *request, const struct capture_listener *listener, void *data,
	struct capture **ret_capture)
{
	struct capture *capture = calloc(1, sizeof(*capture));
	uint64_t deadline_us = clock_now_ns() / NS_PER_US + request->timeout_ms * US_PER_MS;
	int r;

	if (capture == NULL) {
		return -ENOMEM;
	}
	capture->views = views;
	/* Whoever waits for the guest to get somewhere wants it to run as fast as it can. */
	flow_watch(views->flow);
	capture->observer = (struct observer){ .listener = &observer_listener, .data = capture };
	observers_add(views->observers, &capture->observer);
	capture->request = *request;
	capture->listener = listener;
	capture->data = data;
	r = sd_event_add_time(event, &capture->timeout_source, CLOCK_MONOTONIC, deadline_us, 1,
		handle_timeout, capture);
	if (r >= 0) {
		r = sd_event_add_time(event, &capture->timer_source, CLOCK_MONOTONIC, 0, 1,
			handle_timer, capture);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(capture->timer_source, SD_EVENT_OFF);
	}
	if (r < 0) {
		capture_destroy(capture);
		return r;
	}
	if (views->observers->synced) {
		handle_synced(capture);
	}
	*ret_capture = capture;
	return 0;
}

void
capture_destroy(struct capture *capture)
{
	if (capture == NULL) {
		return;
	}
	observers_remove(capture->views->observers, &capture->observer);
	flow_unwatch(capture->views->flow);
	sd_event_source_disable_unref(capture->timeout_source);
	sd_event_source_disable_unref(capture->timer_source);
	free(capture);
}

void
capture_wait_change(struct capture *capture)
{
	uint64_t now = clock_now_ns();

	capture_enter(capture, CAPTURE_BLANK);
	if (capture->expired) {
		sd_event_source_set_enabled(capture->timeout_source, SD_EVENT_ONESHOT);
		return;
	}
	if (capture->blank_until_ns == 0) {
		capture->blank_until_ns = now + CAPTURE_BLANK_GRACE_MS * NS_PER_MS;
	}
	start_timer(capture, capture->blank_until_ns > now ? capture->blank_until_ns - now : 0);
}
