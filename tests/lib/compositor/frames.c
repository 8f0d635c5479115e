#include "frames.h"

#include <time.h>
#include <wayland-server-protocol.h>

#include "presentation.h"
#include "surface.h"
#include "compositor.h"

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int
frames_fire(struct compositor *compositor)
{
	struct surface *surface;
	struct wl_resource *callback, *next;
	int n = 0;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		wl_resource_for_each_safe(callback, next, &surface->current.callbacks)
		{
			wl_callback_send_done(callback, compositor_now_ms());
			wl_resource_destroy(callback);
			n++;
		}
		presentation_show(&compositor->presentation, surface);
	}
	return n;
}

static int
handle_frame_timer(void *data)
{
	struct compositor *compositor = data;

	compositor->frame_timer_runs = false;
	if (compositor->frame_policy == FRAME_AUTO) {
		frames_fire(compositor);
	}
	return 0;
}

static void
handle_frame_idle(void *data)
{
	struct compositor *compositor = data;

	compositor->frame_idle = NULL;
	frames_fire(compositor);
}

void
frames_schedule(struct compositor *compositor)
{
	if (compositor->frame_policy == FRAME_SOON && compositor->frame_idle == NULL) {
		compositor->frame_idle =
			wl_event_loop_add_idle(wl_display_get_event_loop(compositor->display),
				handle_frame_idle, compositor);
	}
	if (compositor->frame_policy == FRAME_AUTO && !compositor->frame_timer_runs) {
		/* The output's own clock, whenever the client comes; in whole milliseconds. */
		uint64_t refresh_ns = 1000000000000 / (uint64_t)compositor->output_refresh_mhz;
		uint64_t left_ns = refresh_ns - now_ns() % refresh_ns;

		compositor->frame_timer_runs = true;
		wl_event_source_timer_update(
			compositor->frame_timer, (int)((left_ns + 999999) / 1000000));
	}
}

void
frames_init(struct compositor *compositor)
{
	compositor->frame_timer = wl_event_loop_add_timer(
		wl_display_get_event_loop(compositor->display), handle_frame_timer, compositor);
}

void
frames_finish(struct compositor *compositor)
{
	wl_event_source_remove(compositor->frame_timer);
}
