#include "gone-message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "text/text-renderer.h"
#include "wayland/window.h"

/* A window that cannot be drawn on just now is tried again. */
#define RETRY_US (100 * US_PER_MS)

struct gone_message {
	struct text_renderer *renderer;
	struct window *window;
	const char *heading, *hint;
	sd_event_source *due;
	struct text_job *job; /* NULL: nothing is being drawn */
	uint32_t scale;       /* of the job */
	bool stale;           /* the window has another size than at its start */
};

static void
set_due(struct gone_message *message, uint64_t delay_us)
{
	/* The source exists; only a dead event loop can refuse. */
	sd_event_source_set_time_relative(message->due, delay_us);
	sd_event_source_set_enabled(message->due, SD_EVENT_ONESHOT);
}

static void
handle_text_done(void *data, int error, const struct text_picture *picture)
{
	struct gone_message *message = data;
	struct overlay_image image;

	message->job = NULL;
	if (message->stale) {
		set_due(message, 0);
		return;
	}
	if (error < 0) {
		return; /* logged; the title has it */
	}
	image = (struct overlay_image){
		.width = picture->width,
		.height = picture->height,
		.scale = message->scale,
		.pixels = picture->pixels,
	};
	if (window_set_veil_words(message->window, &image) < 0) {
		set_due(message, RETRY_US);
	}
}

static uint32_t
to_pixels(int32_t logical, uint32_t scale)
{
	uint64_t pixels = (uint64_t)logical * scale;

	return pixels < TEXT_MAX_DIMENSION ? (uint32_t)pixels : TEXT_MAX_DIMENSION;
}

static void
draw(struct gone_message *message)
{
	struct text_request request = { .style = TEXT_MESSAGE };
	int32_t width, height;

	message->stale = message->job != NULL;
	if (message->stale ||
		!window_overlay_room(message->window, &width, &height, &message->scale)) {
		return; /* too small for words */
	}
	request.scale = message->scale;
	request.max_width = to_pixels(width, message->scale);
	request.max_height = to_pixels(height, message->scale);
	snprintf(request.text, sizeof(request.text), "%s\n%s", message->heading, message->hint);
	/* Without a thread there are no words; the title has them. */
	text_renderer_draw(message->renderer, &request, handle_text_done, message, &message->job);
}

static int
handle_due(sd_event_source *source, uint64_t time_us, void *data)
{
	struct gone_message *message = data;
	int r = window_set_veil(message->window);

	if (r >= 0) {
		draw(message);
	} else if (r == -EAGAIN) {
		set_due(message, RETRY_US);
	} else {
		log_warning("cannot dim a picture: %s; it stays as it is", strerror(-r));
	}
	return 0;
}

int
gone_message_create(sd_event *event, struct text_renderer *renderer, struct window *window,
	const char *heading, const char *hint, struct gone_message **ret_message)
{
	struct gone_message *message = calloc(1, sizeof(*message));
	int r;

	if (message == NULL) {
		return -ENOMEM;
	}
	message->renderer = renderer;
	message->window = window;
	message->heading = heading;
	message->hint = hint;
	/* At once, but from the loop. */
	r = sd_event_add_time(event, &message->due, CLOCK_MONOTONIC, 0, 1, handle_due, message);
	if (r < 0) {
		free(message);
		return r;
	}
	*ret_message = message;
	return 0;
}

void
gone_message_destroy(struct gone_message *message)
{
	if (message == NULL) {
		return;
	}
	text_job_cancel(message->job);
	sd_event_source_disable_unref(message->due);
	window_lift_veil(message->window);
	free(message);
}

void
gone_message_refresh(struct gone_message *message)
{
	set_due(message, 0);
}
