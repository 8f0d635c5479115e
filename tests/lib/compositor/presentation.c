#include "presentation.h"

#include "presentation-time-server-protocol.h"
#include "output.h"
#include "placement.h"
#include "record.h"
#include "surface.h"
#include "compositor.h"

#define NS_PER_S UINT64_C(1000000000)

void
presentation_init(struct presentation *presentation)
{
	presentation->clock = CLOCK_MONOTONIC;
	presentation->refresh_ns = 16666667;
	presentation->vsync = true;
}

/* From now on nothing is answered, ever. */
static bool silent;

void
presentation_set_silent(bool value)
{
	silent = value;
}

/* Out of the list, so that it waits for ever. */
static void
forget(struct wl_list *feedbacks)
{
	struct wl_resource *feedback, *next;

	wl_resource_for_each_safe(feedback, next, feedbacks)
	{
		wl_list_remove(wl_resource_get_link(feedback));
		wl_list_init(wl_resource_get_link(feedback));
	}
}

void
presentation_discard(struct wl_list *feedbacks)
{
	struct wl_resource *feedback, *next;

	if (silent) {
		forget(feedbacks);
	}
	wl_resource_for_each_safe(feedback, next, feedbacks)
	{
		wp_presentation_feedback_send_discarded(feedback);
		wl_resource_destroy(feedback);
	}
}

static void
send_output(const struct surface *surface, struct wl_resource *feedback)
{
	struct output *output = placement_output(surface);
	struct wl_resource *resource;

	if (output == NULL) {
		return;
	}
	wl_resource_for_each(resource, &output->resources)
	{
		if (wl_resource_get_client(resource) == wl_resource_get_client(feedback)) {
			wp_presentation_feedback_send_sync_output(feedback, resource);
		}
	}
}

void
presentation_show(struct presentation *presentation, struct surface *surface)
{
	struct compositor *compositor = surface->compositor;
	struct wl_list *feedbacks = &surface->current.feedbacks;
	struct wl_resource *feedback, *next;
	struct timespec now;
	uint64_t time_ns;

	if (presentation->discards || silent) {
		presentation_discard(feedbacks);
	}
	if (wl_list_empty(feedbacks)) {
		return;
	}
	clock_gettime(presentation->clock, &now);
	time_ns = (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec + presentation->delay_ns;
	presentation->sequence++;
	wl_resource_for_each_safe(feedback, next, feedbacks)
	{
		json_object *event = record_new("presented");

		send_output(surface, feedback);
		wp_presentation_feedback_send_presented(feedback,
			(uint32_t)(time_ns / NS_PER_S >> 32), (uint32_t)(time_ns / NS_PER_S),
			(uint32_t)(time_ns % NS_PER_S), presentation->refresh_ns,
			(uint32_t)(presentation->sequence >> 32), (uint32_t)presentation->sequence,
			(presentation->vsync ? WP_PRESENTATION_FEEDBACK_KIND_VSYNC : 0) |
				(presentation->zero_copy ? WP_PRESENTATION_FEEDBACK_KIND_ZERO_COPY
							 : 0));
		wl_resource_destroy(feedback);
		record_int(event, "surface", surface->number);
		record_bool(event, "zero_copy", presentation->zero_copy);
		record_write(compositor->log, event);
	}
}

static void
handle_feedback_destroy(struct wl_resource *feedback)
{
	wl_list_remove(wl_resource_get_link(feedback));
}

static void
handle_presentation_destroy(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static void
handle_presentation_feedback(struct wl_client *client, struct wl_resource *resource,
	struct wl_resource *surface_resource, uint32_t id)
{
	struct surface *surface = surface_from_resource(surface_resource);
	struct wl_resource *feedback = wl_resource_create(
		client, &wp_presentation_feedback_interface, wl_resource_get_version(resource), id);

	if (feedback == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(feedback, NULL, NULL, handle_feedback_destroy);
	wl_list_insert(surface->pending.feedbacks.prev, wl_resource_get_link(feedback));
}

static const struct wp_presentation_interface presentation_implementation = {
	.destroy = handle_presentation_destroy,
	.feedback = handle_presentation_feedback,
};

void
bind_presentation(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct compositor *compositor = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wp_presentation_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(resource, &presentation_implementation, compositor, NULL);
	wp_presentation_send_clock_id(resource, (uint32_t)compositor->presentation.clock);
}
