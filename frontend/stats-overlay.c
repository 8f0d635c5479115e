#include "stats-overlay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "stats.h"
#include "text/text-renderer.h"
#include "view.h"
#include "wayland/window.h"

struct stats_overlay {
	struct text_renderer *renderer;
	struct window *window;
	const struct view *view;
	sd_event_source *first;
	struct text_job *job; /* NULL: nothing is being drawn */
	uint32_t scale;       /* of the job */
};

static void
handle_text_done(void *data, int error, const struct text_picture *picture)
{
	struct stats_overlay *overlay = data;
	struct overlay_image image;
	int r;

	overlay->job = NULL;
	if (error < 0) {
		return;
	}
	image = (struct overlay_image){
		.width = picture->width,
		.height = picture->height,
		.scale = overlay->scale,
		.pixels = picture->pixels,
	};
	r = window_set_overlay(overlay->window, &image);
	if (r < 0 && r != -EAGAIN) {
		log_warning("cannot show statistics: %s; trying again in a second", strerror(-r));
	}
}

static uint32_t
to_pixels(int32_t logical, uint32_t scale)
{
	uint64_t pixels = (uint64_t)logical * scale;

	return pixels < TEXT_MAX_DIMENSION ? (uint32_t)pixels : TEXT_MAX_DIMENSION;
}

void
stats_overlay_refresh(struct stats_overlay *overlay)
{
	struct view_status status = view_status(overlay->view);
	struct text_request request = { .style = TEXT_PANEL };
	int32_t width, height;
	int r;

	if (overlay->job != NULL ||
		!window_overlay_room(overlay->window, &width, &height, &overlay->scale)) {
		return;
	}
	request.scale = overlay->scale;
	request.max_width = to_pixels(width, overlay->scale);
	request.max_height = to_pixels(height, overlay->scale);
	stats_describe(&status, request.text, sizeof(request.text));
	r = text_renderer_draw(
		overlay->renderer, &request, handle_text_done, overlay, &overlay->job);
	if (r < 0) {
		log_warning("cannot draw statistics: %s; trying again in a second", strerror(-r));
	}
}

static int
handle_first(sd_event_source *source, void *data)
{
	stats_overlay_refresh(data);
	return 0;
}

int
stats_overlay_create(sd_event *event, struct text_renderer *renderer, struct window *window,
	const struct view *view, struct stats_overlay **ret_overlay)
{
	struct stats_overlay *overlay = calloc(1, sizeof(*overlay));
	int r;

	if (overlay == NULL) {
		return -ENOMEM;
	}
	overlay->renderer = renderer;
	overlay->window = window;
	overlay->view = view;
	/* At once, but from the loop. */
	r = sd_event_add_defer(event, &overlay->first, handle_first, overlay);
	if (r < 0) {
		free(overlay);
		return r;
	}
	*ret_overlay = overlay;
	return 0;
}

void
stats_overlay_destroy(struct stats_overlay *overlay)
{
	if (overlay == NULL) {
		return;
	}
	text_job_cancel(overlay->job);
	sd_event_source_disable_unref(overlay->first);
	window_set_overlay(overlay->window, NULL);
	free(overlay);
}
