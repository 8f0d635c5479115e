#include "frames.h"

#include <time.h>
#include <wayland-server-protocol.h>

#include "output.h"
#include "placement.h"
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

static int
fire_surface(struct surface *surface)
{
	struct wl_resource *callback, *next;
	int n = 0;

	wl_resource_for_each_safe(callback, next, &surface->current.callbacks)
	{
		wl_callback_send_done(callback, compositor_now_ms());
		wl_resource_destroy(callback);
		n++;
	}
	presentation_show(&surface->compositor->presentation, surface);
	return n;
}

int
frames_fire(struct compositor *compositor)
{
	struct surface *surface;
	int n = 0;

	wl_list_for_each(surface, &compositor->surfaces, link)
	{
		n += fire_surface(surface);
	}
	return n;
}

static int
handle_frame_timer(void *data)
{
	struct output *output = data;
	struct surface *surface;

	output->frame_timer_runs = false;
	if (output->compositor->frame_policy != FRAME_AUTO) {
		return 0;
	}
	wl_list_for_each(surface, &output->compositor->surfaces, link)
	{
		if (placement_output(surface) == output) {
			fire_surface(surface);
		}
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

static void
start_timer(struct output *output)
{
	/* The output's own clock, whenever the client comes; in whole milliseconds. */
	uint64_t refresh_ns = 1000000000000 / (uint64_t)output->spec.refresh_mhz;
	uint64_t left_ns = refresh_ns - now_ns() % refresh_ns;

	if (!output->frame_timer_runs) {
		output->frame_timer_runs = true;
		wl_event_source_timer_update(
			output->frame_timer, (int)((left_ns + 999999) / 1000000));
	}
}

void
frames_schedule(struct surface *surface)
{
	struct compositor *compositor = surface->compositor;
	struct output *output = placement_output(surface);

	if (compositor->frame_policy == FRAME_SOON && compositor->frame_idle == NULL) {
		compositor->frame_idle =
			wl_event_loop_add_idle(wl_display_get_event_loop(compositor->display),
				handle_frame_idle, compositor);
	}
	if (compositor->frame_policy == FRAME_AUTO && output != NULL) {
		start_timer(output);
	}
}

void
frames_restart(struct compositor *compositor)
{
	struct output *output;

	wl_list_for_each(output, &compositor->outputs, link)
	{
		start_timer(output);
	}
}

void
frames_add_output(struct output *output)
{
	output->frame_timer = wl_event_loop_add_timer(
		wl_display_get_event_loop(output->compositor->display), handle_frame_timer, output);
}

void
frames_remove_output(struct output *output)
{
	wl_event_source_remove(output->frame_timer);
}
