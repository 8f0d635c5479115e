#include "cadence.h"

#include "base/log.h"
#include "display-private.h"
#include "fifo-v1-client.h"
#include "tearing-control-v1-client.h"

void
cadence_check(const struct display *display)
{
	if (display->options->tearing && display->globals.tearing_control_manager == NULL) {
		log_warning("--tearing: this compositor has no %s; frames wait for the refresh",
			wp_tearing_control_manager_v1_interface.name);
	}
	if (display->options->fifo && display->globals.fifo_manager == NULL) {
		log_warning("--fifo: this compositor has no %s; a frame may be lost when the next "
			    "one comes early",
			wp_fifo_manager_v1_interface.name);
	}
}

void
cadence_init(struct cadence *cadence, struct display *display, struct wl_surface *surface)
{
	const struct globals *globals = &display->globals;

	if (display->options->tearing && globals->tearing_control_manager != NULL) {
		cadence->tearing = wp_tearing_control_manager_v1_get_tearing_control(
			globals->tearing_control_manager, surface);
	}
	if (cadence->tearing != NULL) {
		wp_tearing_control_v1_set_presentation_hint(
			cadence->tearing, WP_TEARING_CONTROL_V1_PRESENTATION_HINT_ASYNC);
	}
	if (display->options->fifo && globals->fifo_manager != NULL) {
		cadence->fifo = wp_fifo_manager_v1_get_fifo(globals->fifo_manager, surface);
	}
}

void
cadence_finish(struct cadence *cadence)
{
	if (cadence->tearing != NULL) {
		wp_tearing_control_v1_destroy(cadence->tearing);
	}
	if (cadence->fifo != NULL) {
		wp_fifo_v1_destroy(cadence->fifo);
	}
	*cadence = (struct cadence){ 0 };
}

void
cadence_queue(struct cadence *cadence)
{
	if (cadence->fifo != NULL) {
		wp_fifo_v1_wait_barrier(cadence->fifo);
		wp_fifo_v1_set_barrier(cadence->fifo);
	}
}
