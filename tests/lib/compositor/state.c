#include "state.h"

#include <math.h>
#include <wayland-server-protocol.h>

#include "record.h"
#include "compositor.h"
#include "presentation.h"
#include "viewporter-server-protocol.h"

void
surface_state_init(struct surface_state *state)
{
	state->scale = 1;
	state->damage = json_object_new_array();
	state->surface_damage = json_object_new_array();
	state->input_everywhere = true;
	wl_list_init(&state->callbacks);
	wl_list_init(&state->feedbacks);
	pixman_region32_init(&state->opaque);
	pixman_region32_init(&state->input);
}

void
surface_state_finish(struct surface_state *state, bool holds_buffer)
{
	struct wl_resource *callback, *next;

	if (holds_buffer && state->buffer != NULL) {
		buffer_unuse(state->buffer);
	}
	wl_resource_for_each_safe(callback, next, &state->callbacks)
	{
		wl_resource_destroy(callback);
	}
	presentation_discard(&state->feedbacks);
	json_object_put(state->damage);
	json_object_put(state->surface_damage);
	pixman_region32_fini(&state->opaque);
	pixman_region32_fini(&state->input);
}

void
surface_state_clear_damage(struct surface_state *state)
{
	json_object_put(state->damage);
	json_object_put(state->surface_damage);
	state->damage = json_object_new_array();
	state->surface_damage = json_object_new_array();
}

static void
append(json_object *to, json_object *from)
{
	for (size_t i = 0; i < json_object_array_length(from); i++) {
		json_object_array_add(to, json_object_get(json_object_array_get_idx(from, i)));
	}
}

void
surface_state_move(struct surface_state *from, struct surface_state *to)
{
	if (from->has_buffer) {
		if (to->buffer != NULL) {
			buffer_unuse(to->buffer);
		}
		to->has_buffer = true;
		to->buffer = from->buffer;
		from->has_buffer = false;
		from->buffer = NULL;
	}
	from->changed = false;
	to->changed = true;
	append(to->damage, from->damage);
	append(to->surface_damage, from->surface_damage);
	surface_state_clear_damage(from);
	wl_list_insert_list(to->callbacks.prev, &from->callbacks);
	wl_list_init(&from->callbacks);
	/* What has not been shown yet never will be. */
	presentation_discard(&to->feedbacks);
	wl_list_insert_list(&to->feedbacks, &from->feedbacks);
	wl_list_init(&from->feedbacks);
	to->transform = from->transform;
	to->scale = from->scale;
	to->has_source = from->has_source;
	to->source_x = from->source_x;
	to->source_y = from->source_y;
	to->source_width = from->source_width;
	to->source_height = from->source_height;
	to->has_destination = from->has_destination;
	to->destination_width = from->destination_width;
	to->destination_height = from->destination_height;
	to->input_everywhere = from->input_everywhere;
	pixman_region32_copy(&to->opaque, &from->opaque);
	pixman_region32_copy(&to->input, &from->input);
}

static bool
check_source(
	struct surface *surface, const struct surface_state *state, int32_t width, int32_t height)
{
	if (state->source_x + state->source_width > width ||
		state->source_y + state->source_height > height) {
		wl_resource_post_error(surface->viewport, WP_VIEWPORT_ERROR_OUT_OF_BUFFER,
			"source %gx%g at %g,%g is outside the buffer of %dx%d", state->source_width,
			state->source_height, state->source_x, state->source_y, width, height);
		return false;
	}
	if (!state->has_destination &&
		(floor(state->source_width) != state->source_width ||
			floor(state->source_height) != state->source_height)) {
		wl_resource_post_error(surface->viewport, WP_VIEWPORT_ERROR_BAD_SIZE,
			"a source of %gx%g needs a destination", state->source_width,
			state->source_height);
		return false;
	}
	return true;
}

bool
surface_state_check(struct surface *surface, const struct surface_state *state,
	const struct buffer *buffer, int32_t *ret_width, int32_t *ret_height)
{
	int32_t width, height;

	if (buffer == NULL) {
		*ret_width = 0;
		*ret_height = 0;
		return true;
	}
	width = buffer->memory.width;
	height = buffer->memory.height;
	/* The odd ones turn by a quarter. */
	if (state->transform % 2 != 0) {
		int32_t swapped = width;
		width = height;
		height = swapped;
	}
	if (width % state->scale != 0 || height % state->scale != 0) {
		wl_resource_post_error(surface->resource, WL_SURFACE_ERROR_INVALID_SIZE,
			"%dx%d is no multiple of the scale %d", width, height, state->scale);
		return false;
	}
	width /= state->scale;
	height /= state->scale;
	if (state->has_source) {
		if (!check_source(surface, state, width, height)) {
			return false;
		}
		width = (int32_t)state->source_width;
		height = (int32_t)state->source_height;
	}
	*ret_width = state->has_destination ? state->destination_width : width;
	*ret_height = state->has_destination ? state->destination_height : height;
	return true;
}

static json_object *
region_rects(const pixman_region32_t *region)
{
	json_object *array = json_object_new_array();
	int n;
	const pixman_box32_t *boxes = pixman_region32_rectangles((pixman_region32_t *)region, &n);

	for (int i = 0; i < n; i++) {
		record_rect(array, boxes[i].x1, boxes[i].y1, boxes[i].x2 - boxes[i].x1,
			boxes[i].y2 - boxes[i].y1);
	}
	return array;
}

void
surface_state_record(json_object *event, const struct surface_state *state)
{
	json_object *array;

	record_bool(event, "attached", state->has_buffer);
	if (state->buffer != NULL) {
		record_int(event, "buffer", state->buffer->number);
	} else {
		record_text(event, "buffer", NULL);
	}
	json_object_object_add(event, "damage", json_object_get(state->damage));
	json_object_object_add(event, "surface_damage", json_object_get(state->surface_damage));
	record_bool(event, "frame", !wl_list_empty(&state->callbacks));
	record_bool(event, "timed", !wl_list_empty(&state->feedbacks));
	record_int(event, "transform", state->transform);
	record_int(event, "scale", state->scale);
	array = NULL;
	if (state->has_source) {
		array = json_object_new_array();
		json_object_array_add(array, json_object_new_double(state->source_x));
		json_object_array_add(array, json_object_new_double(state->source_y));
		json_object_array_add(array, json_object_new_double(state->source_width));
		json_object_array_add(array, json_object_new_double(state->source_height));
	}
	json_object_object_add(event, "source", array);
	array = NULL;
	if (state->has_destination) {
		array = json_object_new_array();
		json_object_array_add(array, json_object_new_int(state->destination_width));
		json_object_array_add(array, json_object_new_int(state->destination_height));
	}
	json_object_object_add(event, "destination", array);
	json_object_object_add(event, "opaque", region_rects(&state->opaque));
	json_object_object_add(
		event, "input", state->input_everywhere ? NULL : region_rects(&state->input));
}
