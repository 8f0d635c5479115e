#include "monitors-private.h"

#include "base/clock.h"

/* A VM that is gone, and comes back with its monitors as they were; or that is another viewer's. */

/* Nobody is told a size any more: the picture is fitted into whatever window there is. */
static void
stop_following(struct monitor *monitor)
{
	resizer_forget(&monitor->resizer);
	monitor_apply(monitor);
	view_end_hold(monitor->view);
}

void
monitors_handle_taken_over(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		if (monitors->monitors[i].view != NULL) {
			stop_following(&monitors->monitors[i]);
		}
	}
}

void
monitors_handle_lost(struct monitors *monitors)
{
	if (monitors->powers_down) {
		/* That was what the user wanted. */
		monitors->listener->leave(monitors->data);
		return;
	}
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct monitor *monitor = &monitors->monitors[i];

		if (monitor->view == NULL) {
			continue;
		}
		if (monitor->asked_ns == 0 && view_is_shown(monitor->view)) {
			/* Its window stays, however long the guest takes to have it on again. */
			monitor->asked_ns = clock_now_ns();
		}
		stop_following(monitor);
	}
}

void
monitors_handle_back(struct monitors *monitors)
{
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		monitors->monitors[i].told = false;
		monitor_apply(&monitors->monitors[i]);
	}
	monitors_place(monitors);
	monitors_tell(monitors);
	for (uint32_t i = 0; i < monitors->n_monitors; i++) {
		struct view *view = monitors->monitors[i].view;

		/* The user may have made it another size meanwhile. */
		if (view != NULL && view_is_shown(view)) {
			const struct window_room room = *view_room(view);

			monitors_handle_room(monitors, view, &room);
		}
	}
	monitors->listener->changed(monitors->data);
}
