#include "monitors-private.h"

#include <errno.h>
#include <string.h>

#include "arrange.h"
#include "base/log.h"

/* What the guest hears of its monitors: sizes, millimetres, places, refresh rates. */

const struct display_output *
monitor_output(const struct monitor *monitor)
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
	const struct display_output *output = monitor_output(monitor);
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
		output = monitor->fullscreen ? monitor_output(monitor) : NULL;
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
		log_limited_here(LOG_LEVEL_WARNING, "console %u cannot be told its size: %s",
			head->console, strerror(-r));
	}
}

bool
monitors_can_tell(const struct monitors *monitors)
{
	return !monitors->views->gone && !monitors->views->taken_over;
}

void
monitors_tell(struct monitors *monitors)
{
	struct arranged arranged[GUEST_MAX_HEADS] = { 0 };

	if (monitors->guest == NULL || !monitors->synced || !monitors_can_tell(monitors)) {
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
