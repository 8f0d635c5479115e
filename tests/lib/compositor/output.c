#include "output.h"

#include <stdlib.h>
#include <string.h>
#include <wayland-server-protocol.h>

#include "globals.h"
#include "placement.h"
#include "record.h"
#include "compositor.h"

struct output *
output_find(struct compositor *compositor, const char *name)
{
	struct output *output;

	wl_list_for_each(output, &compositor->outputs, link)
	{
		if (strcmp(output->spec.name, name) == 0) {
			return output;
		}
	}
	return NULL;
}

struct output *
output_first(struct compositor *compositor)
{
	struct output *output;

	if (wl_list_empty(&compositor->outputs)) {
		return NULL;
	}
	return wl_container_of(compositor->outputs.next, output, link);
}

struct output *
output_from_resource(struct wl_resource *resource)
{
	return wl_resource_get_user_data(resource);
}

/* The odd ones turn by a quarter. */
static bool
is_turned(const struct output *output)
{
	return output->spec.transform % 2 != 0;
}

int32_t
output_physical_width(const struct output *output)
{
	return is_turned(output) ? output->spec.height : output->spec.width;
}

int32_t
output_physical_height(const struct output *output)
{
	return is_turned(output) ? output->spec.width : output->spec.height;
}

/* To the nearest, as Mutter and KWin; or down, as wlroots. */
static int32_t
to_logical(const struct output *output, int32_t physical)
{
	int32_t half = output->compositor->floors_sizes ? 0 : output->spec.scale_120 / 2;

	return (physical * 120 + half) / output->spec.scale_120;
}

int32_t
output_logical_width(const struct output *output)
{
	return to_logical(output, output_physical_width(output));
}

int32_t
output_logical_height(const struct output *output)
{
	return to_logical(output, output_physical_height(output));
}

static void
send_state(struct wl_resource *resource, const struct output *output)
{
	const struct output_spec *spec = &output->spec;
	int version = wl_resource_get_version(resource);

	wl_output_send_geometry(resource, spec->x, spec->y, spec->mm_width, spec->mm_height,
		WL_OUTPUT_SUBPIXEL_UNKNOWN, spec->make, spec->model, spec->transform);
	wl_output_send_mode(
		resource, WL_OUTPUT_MODE_CURRENT, spec->width, spec->height, spec->refresh_mhz);
	if (version >= WL_OUTPUT_SCALE_SINCE_VERSION) {
		wl_output_send_scale(resource, (spec->scale_120 + 119) / 120);
	}
	if (version >= WL_OUTPUT_DESCRIPTION_SINCE_VERSION) {
		wl_output_send_description(resource, spec->description);
	}
}

static void
send_done(struct wl_resource *resource)
{
	if (wl_resource_get_version(resource) >= WL_OUTPUT_DONE_SINCE_VERSION) {
		wl_output_send_done(resource);
	}
}

static void
handle_output_release(struct wl_client *client, struct wl_resource *resource)
{
	wl_resource_destroy(resource);
}

static const struct wl_output_interface output_implementation = {
	.release = handle_output_release,
};

static void
handle_output_destroy(struct wl_resource *resource)
{
	struct output *output = output_from_resource(resource);
	json_object *event = record_new("output_release");

	record_text(event, "output", output->spec.name);
	record_write(output->compositor->log, event);
	wl_list_remove(wl_resource_get_link(resource));
}

static void
bind_output(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
	struct output *output = data;
	struct wl_resource *resource =
		wl_resource_create(client, &wl_output_interface, (int)version, id);

	if (resource == NULL) {
		wl_client_post_no_memory(client);
		return;
	}
	wl_resource_set_implementation(
		resource, &output_implementation, output, handle_output_destroy);
	wl_list_insert(output->resources.prev, wl_resource_get_link(resource));
	if (output->removed) {
		return;
	}
	if (version >= WL_OUTPUT_NAME_SINCE_VERSION) {
		wl_output_send_name(resource, output->spec.name);
	}
	send_state(resource, output);
	send_done(resource);
	placement_output_bound(output, resource);
}

static bool
take_index(struct compositor *compositor, unsigned *ret_index)
{
	uint64_t taken = 0;
	struct output *output;

	wl_list_for_each(output, &compositor->outputs, link)
	{
		taken |= UINT64_C(1) << output->index;
	}
	for (unsigned i = 0; i < OUTPUTS_MAX; i++) {
		if ((taken >> i & 1) == 0) {
			*ret_index = i;
			return true;
		}
	}
	return false;
}

/* Says what the spec leaves open. */
static void
complete(struct output *output)
{
	struct output_spec *spec = &output->spec;
	struct output *other;

	for (int i = 1; spec->name[0] == '\0'; i++) {
		char name[16];
		snprintf(name, sizeof(name), "MINI-%d", i);
		if (output_find(output->compositor, name) == NULL) {
			strcpy(spec->name, name);
		}
	}
	if (spec->width == 0) {
		spec->width = 1920;
		spec->height = 1080;
	}
	if (spec->refresh_mhz == 0) {
		spec->refresh_mhz = 60000;
	}
	if (spec->scale_120 == 0) {
		spec->scale_120 = output->compositor->output_scale_120;
	}
	if (spec->description[0] == '\0') {
		snprintf(spec->description, sizeof(spec->description), "%.60s %.60s", spec->make,
			spec->model);
	}
	if (!spec->placed) {
		wl_list_for_each(other, &output->compositor->outputs, link)
		{
			int32_t right = other->spec.x + output_logical_width(other);
			spec->x = right > spec->x ? right : spec->x;
		}
		spec->placed = true;
	}
}

struct output *
output_add(struct compositor *compositor, const struct output_spec *spec)
{
	struct output *output = calloc(1, sizeof(*output));

	if (output == NULL) {
		abort();
	}
	if (output_find(compositor, spec->name) != NULL ||
		!take_index(compositor, &output->index)) {
		free(output);
		return NULL;
	}
	output->compositor = compositor;
	output->spec = *spec;
	complete(output);
	wl_list_init(&output->resources);
	wl_list_init(&output->xdg_outputs);
	wl_list_insert(compositor->outputs.prev, &output->link);
	frames_add_output(output);
	if (globals_has("wl_output")) {
		output->global = wl_global_create(compositor->display, &wl_output_interface,
			globals_version("wl_output"), output, bind_output);
	}
	placement_output_added(output);
	return output;
}

void
output_change(struct output *output, const struct output_spec *spec)
{
	struct wl_resource *resource;

	output->spec = *spec;
	complete(output);
	wl_resource_for_each(resource, &output->resources)
	{
		send_state(resource, output);
	}
	xdg_output_send_logical(output);
	wl_resource_for_each(resource, &output->resources)
	{
		send_done(resource);
	}
	placement_output_changed(output);
}

void
output_remove(struct output *output, bool destroys, bool leaves)
{
	output->removed = true;
	wl_list_remove(&output->link);
	wl_list_insert(&output->compositor->removed_outputs, &output->link);
	frames_remove_output(output);
	if (output->global != NULL && destroys) {
		wl_global_destroy(output->global);
		output->global = NULL;
	} else if (output->global != NULL) {
		wl_global_remove(output->global);
	}
	placement_output_removed(output, leaves);
}

static void
free_all(struct wl_list *outputs)
{
	struct output *output, *next;

	wl_list_for_each_safe(output, next, outputs, link)
	{
		if (!output->removed) {
			frames_remove_output(output);
		}
		wl_list_remove(&output->link);
		free(output);
	}
}

void
outputs_finish(struct compositor *compositor)
{
	free_all(&compositor->outputs);
	free_all(&compositor->removed_outputs);
}
