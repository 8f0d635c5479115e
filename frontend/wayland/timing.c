#include "timing.h"

#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "display-private.h"
#include "presentation-time-client.h"

static void
handle_presentation_clock_id(void *data, struct wp_presentation *presentation, uint32_t clock)
{
	struct display *display = data;

	display->presentation_clock = (clockid_t)clock;
	log_debug("the compositor counts presentation times by clock %u", clock);
}

static const struct wp_presentation_listener presentation_listener = {
	.clock_id = handle_presentation_clock_id,
};

void
timing_listen(struct display *display)
{
	display->presentation_clock = CLOCK_MONOTONIC;
	wp_presentation_add_listener(
		display->globals.presentation, &presentation_listener, display);
}

/*
 * The same moment by CLOCK_MONOTONIC. Other clocks of the system advance as fast as that, at least
 * over the few milliseconds since: their distance now was their distance then.
 */
static uint64_t
to_monotonic(clockid_t clock, uint64_t time_ns)
{
	struct timespec now;

	if (clock == CLOCK_MONOTONIC || clock_gettime(clock, &now) < 0) {
		return time_ns;
	}
	return time_ns + clock_now_ns() - ((uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec);
}

/* Frees the request before it tells: the listener may finish the timing. */
static void
answer(struct timing_request *request, struct presentation_info *info)
{
	struct timing *timing = request->timing;

	info->committed_ns = request->committed_ns;
	wp_presentation_feedback_destroy(request->proxy);
	request->proxy = NULL;
	timing->presented(timing->data, info);
}

static void
handle_feedback_sync_output(
	void *data, struct wp_presentation_feedback *feedback, struct wl_output *output)
{
}

static void
handle_feedback_presented(void *data, struct wp_presentation_feedback *feedback, uint32_t tv_sec_hi,
	uint32_t tv_sec_lo, uint32_t tv_nsec, uint32_t refresh_ns, uint32_t sequence_hi,
	uint32_t sequence_lo, uint32_t flags)
{
	struct timing_request *request = data;
	uint64_t seconds = (uint64_t)tv_sec_hi << 32 | tv_sec_lo;
	struct presentation_info info = {
		.time_ns = to_monotonic(
			request->timing->display->presentation_clock, seconds * NS_PER_S + tv_nsec),
		.refresh_ns = refresh_ns,
		.sequence = (uint64_t)sequence_hi << 32 | sequence_lo,
		.vsync = flags & WP_PRESENTATION_FEEDBACK_KIND_VSYNC,
		.hardware_clock = flags & WP_PRESENTATION_FEEDBACK_KIND_HW_CLOCK,
		.hardware_completion = flags & WP_PRESENTATION_FEEDBACK_KIND_HW_COMPLETION,
		.zero_copy = flags & WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY,
	};

	answer(request, &info);
}

static void
handle_feedback_discarded(void *data, struct wp_presentation_feedback *feedback)
{
	struct presentation_info info = { .discarded = true };

	answer(data, &info);
}

static const struct wp_presentation_feedback_listener feedback_listener = {
	.sync_output = handle_feedback_sync_output,
	.presented = handle_feedback_presented,
	.discarded = handle_feedback_discarded,
};

void
timing_init(struct timing *timing, struct display *display,
	void (*presented)(void *data, const struct presentation_info *info), void *data)
{
	timing->display = display;
	timing->presented = presented;
	timing->data = data;
}

void
timing_finish(struct timing *timing)
{
	for (uint32_t i = 0; i < TIMING_MAX_PENDING; i++) {
		if (timing->requests[i].proxy != NULL) {
			wp_presentation_feedback_destroy(timing->requests[i].proxy);
			timing->requests[i].proxy = NULL;
		}
	}
}

void
timing_expect_change(struct timing *timing)
{
	timing->unsampled = TIMING_SAMPLE;
}

void
timing_request(struct timing *timing, struct wl_surface *surface, bool must)
{
	struct wp_presentation *presentation = timing->display->globals.presentation;
	struct timing_request *request = &timing->requests[timing->next];

	timing->unsampled++;
	if (presentation == NULL || request->proxy != NULL ||
		(!must && !timing->every && timing->unsampled < TIMING_SAMPLE)) {
		return;
	}
	request->proxy = wp_presentation_feedback(presentation, surface);
	if (request->proxy == NULL) {
		return;
	}
	request->timing = timing;
	request->committed_ns = clock_now_ns();
	wp_presentation_feedback_add_listener(request->proxy, &feedback_listener, request);
	timing->unsampled = 0;
	timing->next = (timing->next + 1) % TIMING_MAX_PENDING;
}
