#include "window-private.h"

#include <string.h>

#include "display-private.h"
#include "format.h"
#include "wayland-buffer.h"

/* For the verdict: how the window stands with its compositor. */

static bool
is_cropped(const struct stage *stage)
{
	const struct layer *layer = stage->shape == STAGE_LETTERBOX ? &stage->child : &stage->base;

	return layer->content == LAYER_PICTURE && !rect_is_empty(&layer->source);
}

void
window_report(const struct window *window, uint32_t fourcc, uint64_t modifier,
	struct window_report *ret_report)
{
	const struct globals *globals = &window->display->globals;
	const struct feedback_state *state = window_feedback(window);
	const struct wayland_buffer *shown = window->stage.shown;
	uint32_t opaque = format_opaque(fourcc);
	const struct feedback_tranche *scanout =
		shown != NULL ? feedback_find_scanout(state, shown->fourcc, shown->modifier) : NULL;

	/* Padding included: reports are compared as bytes. */
	memset(ret_report, 0, sizeof(*ret_report));
	ret_report->takes_dmabufs = globals->dmabuf != NULL;
	ret_report->takes_fourcc = format_set_contains_fourcc(&state->allowed, opaque) ||
				   format_set_contains_fourcc(&state->allowed, fourcc);
	ret_report->takes_pair = format_set_contains(&state->allowed, opaque, modifier) ||
				 format_set_contains(&state->allowed, fourcc, modifier);
	ret_report->names_scanout = state->n_scanout > 0;
	ret_report->scans_pair = scanout != NULL;
	ret_report->main_device = state->main_device;
	ret_report->scanout_device = scanout != NULL ? scanout->device : 0;
	ret_report->tells_presentation = globals->presentation != NULL;
	ret_report->hides_zero_copy = globals->is_kwin;
	ret_report->refresh_mhz = window_current_refresh(window);
	ret_report->fullscreen = window->fullscreen;
	ret_report->bars = window->stage.shape == STAGE_LETTERBOX;
	ret_report->cropped = is_cropped(&window->stage);
	ret_report->scaled = window->state == WINDOW_MAPPED && !window->stage.geometry.exact;
}
