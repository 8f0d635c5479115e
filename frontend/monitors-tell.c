#include "monitors-private.h"

#include <errno.h>
#include <string.h>

#include "arrange.h"
#include "base/clock.h"
#include "base/log.h"
#include "wayland/scale.h"

/* What the guest hears of its monitors: sizes, millimetres, places, refresh rates. */

/* The output that its window is on, or is to cover, or is most likely to come up on. */
static const struct display_output *
output_of(const struct monitor *monitor)
{
	const struct monitors *monitors = monitor->monitors;
	const struct display_output *output = NULL;

	if (monitor->view != NULL) {
		output = monitors_find_output(monitors, view_room(monitor->view)->output);
	}
	if (output == NULL && monitor->output != 0) {
		output = monitors_find_output(monitors, monitor->output);
	}
	return output == NULL && monitors->n_outputs > 0 ? &monitors->outputs[0] : output;
}

_Static_assert(RESIZER_MAX_SIZE == HEAD_GEOMETRY_MAX_SIZE, "what nobody can be told");

static int32_t
zoomed_out(const struct monitor *monitor, int32_t pixels)
{
	int64_t zoom = monitor->zoom_percent != 0 ? monitor->zoom_percent : 100;
	int64_t size = (pixels * INT64_C(100) + zoom / 2) / zoom;

	return size < RESIZER_MAX_SIZE ? (int32_t)size : RESIZER_MAX_SIZE;
}

/* Of a monitor that has no window yet. */
static void
choose_size(struct monitor *monitor)
{
	const struct display_output *output = output_of(monitor);

	if (monitor->fullscreen && output != NULL) {
		monitor->width = zoomed_out(monitor, output->width_px);
		monitor->height = zoomed_out(monitor, output->height_px);
	} else if (monitor->floating_width > 0 && output != NULL) {
		monitor->width = zoomed_out(
			monitor, scale_to_pixels(monitor->floating_width, output->scale_120));
		monitor->height = zoomed_out(
			monitor, scale_to_pixels(monitor->floating_height, output->scale_120));
	} else {
		monitor->width = MONITORS_DEFAULT_WIDTH;
		monitor->height = MONITORS_DEFAULT_HEIGHT;
	}
	monitor->width =
		resizer_limit_width(monitor->width, monitor->monitors->options->even_width);
	monitor->height = resizer_limit_height(monitor->height);
	resizer_note_told(&monitor->resizer, monitor->width, monitor->height);
}

void
monitor_plug(struct monitor *monitor)
{
	monitor->closed = false;
	if (monitor->asked_ns == 0) {
		monitor->asked_ns = clock_now_ns();
	}
	if (!monitor->plugged || (monitor->view != NULL && !view_is_on(monitor->view))) {
		monitor->plugged = true;
		choose_size(monitor);
	}
}

void
monitor_unplug(struct monitor *monitor)
{
	monitor->plugged = false;
	monitor->closed = true;
	monitor->asked_ns = 0;
	monitor->width = monitor->height = 0;
	resizer_note_told(&monitor->resizer, 0, 0);
	if (monitor->view != NULL) {
		view_hide(monitor->view);
	}
}

static uint32_t
to_mm(int32_t pixels, uint32_t mm, int32_t output_pixels)
{
	return output_pixels > 0
		       ? (uint32_t)(((int64_t)pixels * mm + output_pixels / 2) / output_pixels)
		       : 0;
}

static struct head_geometry
describe(const struct monitor *monitor)
{
	const struct display_output *output = output_of(monitor);
	struct head_geometry geometry = {
		.width = (uint32_t)monitor->width,
		.height = (uint32_t)monitor->height,
	};
	uint32_t zoom = monitor->zoom_percent != 0 ? monitor->zoom_percent : 100;

	if (output != NULL) {
		geometry.width_mm =
			to_mm(monitor->width, output->width_mm * zoom / 100, output->width_px);
		geometry.height_mm =
			to_mm(monitor->height, output->height_mm * zoom / 100, output->height_px);
		geometry.refresh_mhz = output->refresh_mhz;
	}
	return geometry;
}

/* What it shows counts while nobody has said a size for it. */
static void
current_size(const struct monitor *monitor, int32_t *ret_width, int32_t *ret_height)
{
	const struct scanout *scanout = view_scanout(monitor->view);

	*ret_width = monitor->width;
	*ret_height = monitor->height;
	if (monitor->width == 0 && scanout != NULL) {
		*ret_width = scanout->source.width;
		*ret_height = scanout->source.height;
	}
}

static bool
is_there_already(const struct arranged *arranged, uint32_t n, const struct rect *logical)
{
	for (uint32_t i = 0; i < n; i++) {
		if (rect_equal(&arranged[i].logical, logical)) {
			return true;
		}
	}
	return false;
}

/* Those on full screen as the host has its monitors, the rest in a row beside them. */
static void
arrange(struct monitors *monitors, struct arranged arranged[static GUEST_MAX_HEADS])
{
	struct arranged covering[GUEST_MAX_HEADS], others[GUEST_MAX_HEADS];
	uint32_t of_covering[GUEST_MAX_HEADS], of_others[GUEST_MAX_HEADS];
	uint32_t n_covering = 0, n_others = 0;
	int32_t right = 0;

	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		const struct monitor *monitor = monitors_at(monitors, i);
		const struct display_output *output;
		struct arranged one = { 0 };

		if (monitor == NULL || !monitor->plugged) {
			continue;
		}
		current_size(monitor, &one.width_px, &one.height_px);
		output = monitor->fullscreen ? output_of(monitor) : NULL;
		if (output != NULL && output->logical.width > 0 && output->logical.height > 0 &&
			!is_there_already(covering, n_covering, &output->logical)) {
			one.logical = output->logical;
			of_covering[n_covering] = i;
			covering[n_covering++] = one;
		} else {
			of_others[n_others] = i;
			others[n_others++] = one;
		}
	}
	arrange_like_host(covering, n_covering);
	for (uint32_t i = 0; i < n_covering; i++) {
		int32_t end = covering[i].x_px + covering[i].width_px;

		arranged[of_covering[i]] = covering[i];
		right = end > right ? end : right;
	}
	arrange_in_a_row(others, n_others, right);
	for (uint32_t i = 0; i < n_others; i++) {
		arranged[of_others[i]] = others[i];
	}
}

static void
tell(struct monitor *monitor, const struct head_geometry *geometry)
{
	struct guest_head *head = view_head(monitor->view);
	int r;

	if (monitor->told && memcmp(geometry, &monitor->geometry, sizeof(*geometry)) == 0) {
		return;
	}
	monitor->told = true;
	monitor->geometry = *geometry;
	log_debug("console %u is to be %ux%u at %d,%d, %ux%u mm", head->console, geometry->width,
		geometry->height, geometry->x, geometry->y, geometry->width_mm,
		geometry->height_mm);
	r = guest_set_head(monitor->monitors->guest, head, geometry);
	if (r < 0 && r != -ENOTSUP && r != -ENOTCONN) {
		log_warning("console %u cannot be told its size: %s", head->console, strerror(-r));
	}
}

void
monitors_tell(struct monitors *monitors)
{
	struct arranged arranged[GUEST_MAX_HEADS] = { 0 };

	if (monitors->guest == NULL || !monitors->synced) {
		return;
	}
	arrange(monitors, arranged);
	for (uint32_t i = 0; i < monitors->views->n_views; i++) {
		struct monitor *monitor = monitors_at(monitors, i);
		struct head_geometry geometry = { 0 };

		if (monitor == NULL ||
			(monitor->plugged ? monitor->width == 0
					  : !monitor->closed && !monitor->lost_output)) {
			continue; /* left as the guest has it */
		}
		if (monitor->plugged) {
			geometry = describe(monitor);
			geometry.x = arranged[i].x_px;
			geometry.y = arranged[i].y_px;
		}
		tell(monitor, &geometry);
	}
}
