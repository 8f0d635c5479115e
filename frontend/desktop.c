#include "desktop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "monitors.h"
#include "view.h"

/* So many protocol errors within the time, and what we send is the problem. */
#define DESKTOP_MAX_ERRORS 3
#define DESKTOP_ERROR_WINDOW_NS UINT64_C(60000000000)
/* What a compositor may take to answer before attaching. */
#define DESKTOP_ANSWER_MS 10000
/*
 * One that restarts is asked at growing intervals, and given as long as these to answer: one that
 * is slow is found in the end, and for one that hangs another is not missed for long.
 */
#define DESKTOP_ANSWER_AGAIN_MS 300
#define DESKTOP_RECONNECT_FIRST_US UINT64_C(100000)
#define DESKTOP_RECONNECT_MAX_US UINT64_C(5000000)
/* A connection that holds so long ends the wait for it, whatever becomes of it then. */
#define DESKTOP_HELD_NS UINT64_C(5000000000)

struct desktop {
	sd_event *event;
	struct deadlines *deadlines;
	const struct display_options *options;
	uint32_t timeout_s;
	const struct view_list *views;
	struct monitors *monitors;
	struct picture_policy *policy;
	const struct desktop_listener *listener;
	void *data;

	struct display *display; /* NULL while there is none */
	uint64_t since_ns;       /* there is this one */
	struct display *coming;  /* has not answered yet; NULL: none */
	const char *vm_name;
	bool synced;
	sd_event_source *hold_source; /* for windows of heads that are off */

	sd_event_source *reconnect_source;
	uint64_t reconnect_delay_us, reconnect_until_ns;
	bool last_try;                         /* has begun when the time was up */
	uint64_t error_ns[DESKTOP_MAX_ERRORS]; /* when it said that we broke the protocol */
	uint32_t n_errors;
};

/* Of two that nobody wants just now: the one that the user did not close, then one with a window.
 */
static bool
stands_in_better(const struct desktop *desktop, const struct view *view, const struct view *than)
{
	bool may = monitors_may_stand_in(desktop->monitors, view);

	if (than == NULL || may != monitors_may_stand_in(desktop->monitors, than)) {
		return than == NULL || may;
	}
	return view_is_shown(view) && !view_is_shown(than);
}

/*
 * The head to show when no window is wanted: rather one that says so than none at all, which nobody
 * could press a key in.
 */
static const struct view *
stand_in(const struct desktop *desktop)
{
	const struct view *best = NULL;

	for (uint32_t i = 0; i < desktop->views->n_views; i++) {
		const struct view *view = desktop->views->views[i];

		if (monitors_wants_window(desktop->monitors, view)) {
			return NULL;
		}
		if (stands_in_better(desktop, view, best)) {
			best = view;
		}
	}
	return desktop->synced ? best : NULL;
}

static void
show(struct desktop *desktop, struct view *view)
{
	int r = view_show(view, desktop->display, desktop->vm_name);

	if (r < 0) {
		log_error("console %u gets no window: %s", view_head(view)->console, strerror(-r));
	}
}

/* Nothing has come for it since then. */
static uint64_t
dark_since_ns(const struct desktop *desktop, const struct view *view)
{
	uint64_t off_ns = view_off_since_ns(view);
	uint64_t asked_ns = monitors_asked_ns(desktop->monitors, view);

	return off_ns > asked_ns ? off_ns : asked_ns;
}

/*
 * Windows for heads that are on, at once. Those of heads that are off hold the last picture for a
 * while; then they go, or, where no head is on, the one that is left says that it is off.
 */
void
desktop_arrange(struct desktop *desktop)
{
	uint64_t now = clock_now_ns();
	uint64_t next = UINT64_MAX;

	if (desktop->display == NULL) {
		return;
	}
	for (uint32_t i = 0; i < desktop->views->n_views; i++) {
		struct view *view = desktop->views->views[i];
		bool wanted =
			monitors_wants_window(desktop->monitors, view) || view == stand_in(desktop);

		if (wanted && !view_is_shown(view)) {
			show(desktop, view);
		}
		if (view_is_shown(view) && !view_is_on(view)) {
			uint64_t due = dark_since_ns(desktop, view) + DESKTOP_HOLD_NS;
			if (due > now) {
				next = due < next ? due : next;
			} else if (wanted) {
				view_say_off(view);
			} else {
				view_hide(view);
			}
		} else if (view_is_shown(view) && !wanted) {
			/* It stood in for those that are back. */
			view_hide(view);
		}
	}
	if (next != UINT64_MAX) {
		/* The source exists; only a dead event loop can refuse. */
		sd_event_source_set_time(desktop->hold_source, next / NS_PER_US + 1);
		sd_event_source_set_enabled(desktop->hold_source, SD_EVENT_ONESHOT);
	}
}

static int
handle_hold_timer(sd_event_source *source, uint64_t usec, void *data)
{
	desktop_arrange(data);
	return 0;
}

/* How many there were within the time, this one included; DESKTOP_MAX_ERRORS at most. */
static uint32_t
count_error(struct desktop *desktop)
{
	uint64_t now = clock_now_ns();
	uint32_t n = 0;

	desktop->error_ns[desktop->n_errors++ % DESKTOP_MAX_ERRORS] = now;
	for (uint32_t i = 0; i < DESKTOP_MAX_ERRORS && i < desktop->n_errors; i++) {
		n += now - desktop->error_ns[i] < DESKTOP_ERROR_WINDOW_NS;
	}
	return n;
}

/* Ways to the compositor that there is another for. */
struct ways {
	bool memory, dmabufs, drawn;
};

/* Those that the windows which there are use. */
static struct ways
find_ways(const struct desktop *desktop)
{
	struct ways ways = { 0 };

	for (uint32_t i = 0; i < desktop->views->n_views; i++) {
		const char *path = view_status(desktop->views->views[i]).picture.path;

		ways.memory |= strcmp(path, importer_shm.name) == 0;
		ways.dmabufs |= strcmp(path, importer_direct.name) == 0;
		ways.drawn |= strcmp(path, importer_gles.name) == 0;
	}
	return ways;
}

static void
drop_way(bool used, bool *distrust, const char *name)
{
	if (used) {
		*distrust = true;
		log_warning("%d protocol errors within a minute while pictures went to the "
			    "compositor as %s: from now on they go another way",
			DESKTOP_MAX_ERRORS, name);
	}
}

/* What was used when it happened again and again is not any more. */
static void
drop_ways(struct desktop *desktop, const struct ways *ways)
{
	struct picture_policy *policy = desktop->policy;

	drop_way(ways->memory, &policy->distrust_memory, "the VM's memory");
	drop_way(ways->dmabufs, &policy->distrust_dmabufs, "the VM's dma-bufs");
	/* What is the VM's first: what is drawn may be all that is left for a picture in tiles. */
	drop_way(ways->drawn && !ways->dmabufs && !ways->memory, &policy->distrust_drawn,
		"dma-bufs of the GPU helper's");
	desktop->n_errors = 0;
}

static void handle_display_connected(void *data, int result);
static void handle_display_lost(void *data, enum display_loss loss);

static void
handle_display_outputs_changed(void *data)
{
	struct desktop *desktop = data;
	struct display_output outputs[DISPLAY_MAX_OUTPUTS];
	uint32_t n = display_list_outputs(desktop->display, outputs);

	monitors_handle_outputs(desktop->monitors, outputs, n);
}

static const struct display_listener display_listener = {
	.connected = handle_display_connected,
	.lost = handle_display_lost,
	.outputs_changed = handle_display_outputs_changed,
};

/* Of the time that it is waited for. */
static uint64_t
left_us(const struct desktop *desktop)
{
	uint64_t now = clock_now_ns();

	return now < desktop->reconnect_until_ns ? (desktop->reconnect_until_ns - now) / NS_PER_US
						 : 0;
}

static uint64_t
min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Until the next try, of which the last is when the time is up. */
static uint64_t
take_delay(struct desktop *desktop)
{
	uint64_t delay_us = desktop->reconnect_delay_us;

	desktop->reconnect_delay_us = min_u64(2 * delay_us, DESKTOP_RECONNECT_MAX_US);
	return min_u64(delay_us, left_us(desktop));
}

/* Behind the last try nobody waits for a turn: it has all that one may have. */
static uint32_t
patience_ms(const struct desktop *desktop)
{
	uint64_t us = desktop->last_try ? desktop->reconnect_delay_us
					: min_u64(desktop->reconnect_delay_us, left_us(desktop));

	return us < DESKTOP_ANSWER_AGAIN_MS * US_PER_MS ? DESKTOP_ANSWER_AGAIN_MS
							: (uint32_t)(us / US_PER_MS);
}

/* From now on, however long this turn of the loop has taken. */
static void
set_reconnect_timer(struct desktop *desktop, uint64_t delay_us)
{
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_time(
		desktop->reconnect_source, clock_now_ns() / NS_PER_US + delay_us + 1);
	sd_event_source_set_enabled(desktop->reconnect_source, SD_EVENT_ONESHOT);
}

/* Nobody was there. */
static void
try_later(struct desktop *desktop)
{
	if (desktop->last_try) {
		log_error("the compositor does not come back; giving up");
		desktop->listener->lost(desktop->data);
		return;
	}
	set_reconnect_timer(desktop, take_delay(desktop));
}

static int
handle_reconnect_timer(sd_event_source *source, uint64_t usec, void *data)
{
	struct desktop *desktop = data;

	desktop->last_try = clock_now_ns() >= desktop->reconnect_until_ns;
	if (display_begin(desktop->event, desktop->deadlines, patience_ms(desktop),
		    desktop->options, &display_listener, desktop, &desktop->coming) < 0) {
		try_later(desktop);
	}
	return 0;
}

static void
begin_display(struct desktop *desktop)
{
	desktop->since_ns = clock_now_ns();
	handle_display_outputs_changed(desktop);
}

static void
handle_display_connected(void *data, int result)
{
	struct desktop *desktop = data;

	if (result < 0) {
		display_destroy(desktop->coming);
		desktop->coming = NULL;
		try_later(desktop);
		return;
	}
	desktop->display = desktop->coming;
	desktop->coming = NULL;
	begin_display(desktop);
	desktop_arrange(desktop);
}

/* anew: else it goes on with the wait that has begun with an earlier loss. */
static void
reconnect(struct desktop *desktop, bool anew)
{
	uint64_t delay_us = 0;

	if (anew) {
		desktop->reconnect_delay_us = DESKTOP_RECONNECT_FIRST_US;
		desktop->reconnect_until_ns = clock_now_ns() + desktop->timeout_s * NS_PER_S;
	} else if (clock_now_ns() >= desktop->reconnect_until_ns) {
		log_error("the compositor ends the connection again and again; giving up");
		desktop->listener->lost(desktop->data);
		return;
	} else {
		delay_us = take_delay(desktop);
	}
	set_reconnect_timer(desktop, delay_us);
}

/* The VM's side stays as it is; the windows come back on a new connection. */
static void
handle_display_lost(void *data, enum display_loss loss)
{
	struct desktop *desktop = data;
	const struct ways ways = find_ways(desktop);
	bool anew = true; /* it is waited for from now on, however often it was */
	bool has_held = clock_now_ns() - desktop->since_ns >= DESKTOP_HELD_NS;
	uint32_t n_errors;

	for (uint32_t i = 0; i < desktop->views->n_views; i++) {
		view_hide(desktop->views->views[i]);
	}
	display_destroy(desktop->display);
	desktop->display = NULL;
	monitors_handle_outputs(desktop->monitors, NULL, 0);

	switch (loss) {
	case DISPLAY_LOST_CONNECTION:
		break;
	case DISPLAY_LOST_SHM:
		if (!desktop->policy->distrust_memory) {
			log_warning("the VM cut its memory short; from now on its pictures are "
				    "copied");
			desktop->policy->distrust_memory = true;
			break;
		}
		/* It was not the VM's. */
		/* fall through */
	case DISPLAY_LOST_PROTOCOL:
		n_errors = count_error(desktop);
		if (!ways.memory && !ways.dmabufs && !ways.drawn) {
			/* Nothing is left that could be sent otherwise. */
			anew = n_errors == 1 || has_held;
		} else if (n_errors == DESKTOP_MAX_ERRORS) {
			drop_ways(desktop, &ways);
		}
		break;
	}
	reconnect(desktop, anew);
}

static int
add_timer(struct desktop *desktop, sd_event_time_handler_t handler, sd_event_source **ret_source)
{
	int r = sd_event_add_time(
		desktop->event, ret_source, CLOCK_MONOTONIC, 0, 1, handler, desktop);

	return r < 0 ? r : sd_event_source_set_enabled(*ret_source, SD_EVENT_OFF);
}

int
desktop_create(sd_event *event, struct deadlines *deadlines, const struct display_options *options,
	uint32_t timeout_s, const struct view_list *views, struct monitors *monitors,
	struct picture_policy *policy, const struct desktop_listener *listener, void *data,
	struct desktop **ret_desktop)
{
	struct desktop *desktop = calloc(1, sizeof(*desktop));
	int r;

	if (desktop == NULL) {
		return -ENOMEM;
	}
	desktop->event = sd_event_ref(event);
	desktop->deadlines = deadlines;
	desktop->options = options;
	desktop->timeout_s = timeout_s;
	desktop->views = views;
	desktop->monitors = monitors;
	desktop->policy = policy;
	desktop->listener = listener;
	desktop->data = data;
	desktop->vm_name = "";
	r = add_timer(desktop, handle_hold_timer, &desktop->hold_source);
	if (r >= 0) {
		r = add_timer(desktop, handle_reconnect_timer, &desktop->reconnect_source);
	}
	if (r >= 0) {
		r = display_create(event, deadlines, DESKTOP_ANSWER_MS, options, &display_listener,
			desktop, &desktop->display);
	}
	if (r < 0) {
		desktop_destroy(desktop);
		return r;
	}
	begin_display(desktop);
	*ret_desktop = desktop;
	return 0;
}

void
desktop_destroy(struct desktop *desktop)
{
	if (desktop == NULL) {
		return;
	}
	display_destroy(desktop->display);
	display_destroy(desktop->coming);
	sd_event_source_disable_unref(desktop->hold_source);
	sd_event_source_disable_unref(desktop->reconnect_source);
	sd_event_unref(desktop->event);
	free(desktop);
}

bool
desktop_draws_decorations(const struct desktop *desktop)
{
	return desktop->display != NULL && display_draws_decorations(desktop->display);
}

void
desktop_set_vm_name(struct desktop *desktop, const char *name)
{
	desktop->vm_name = name;
}

void
desktop_set_synced(struct desktop *desktop)
{
	desktop->synced = true;
	desktop_arrange(desktop);
}
