#include "placement.h"

#include <wayland-server-protocol.h>

#include "output.h"
#include "record.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"

static uint64_t
bit_of(const struct output *output)
{
	return output != NULL ? UINT64_C(1) << output->index : 0;
}

/* Runs the block for each window that there is; the shell_surface is surface->shell. */
#define for_each_window(surface, compositor) \
	wl_list_for_each(surface, &(compositor)->surfaces, \
		link) if (surface->shell != NULL && surface->shell->toplevel != NULL)

static void
tell_one(struct surface *surface, struct wl_resource *resource, bool enters)
{
	if (wl_resource_get_client(resource) != wl_resource_get_client(surface->resource)) {
		return;
	}
	if (enters) {
		wl_surface_send_enter(surface->resource, resource);
	} else {
		wl_surface_send_leave(surface->resource, resource);
	}
}

static void
tell(struct shell_surface *shell, struct output *output, bool enters)
{
	json_object *event = record_new(enters ? "enter" : "leave");
	struct wl_resource *resource;

	record_int(event, "surface", shell->surface->number);
	record_text(event, "output", output->spec.name);
	record_write(shell->compositor->log, event);
	wl_resource_for_each(resource, &output->resources)
	{
		tell_one(shell->surface, resource, enters);
	}
}

/* Outputs in their order, as Mutter does it: a window may be on none or on two meanwhile. */
static void
tell_entered(struct shell_surface *shell)
{
	struct placement *placement = &shell->placement;
	uint64_t entered =
		placement->shown ? bit_of(placement->output) | placement->also : UINT64_C(0);
	uint64_t news = entered ^ placement->entered;
	struct output *output;

	placement->entered = entered;
	wl_list_for_each(output, &shell->compositor->outputs, link)
	{
		if ((news & bit_of(output)) != 0) {
			tell(shell, output, (entered & bit_of(output)) != 0);
		}
	}
}

void
placement_init(struct shell_surface *shell)
{
	shell->placement = (struct placement){ .output = output_first(shell->compositor) };
}

void
placement_show(struct shell_surface *shell)
{
	shell->placement.shown = true;
	tell_entered(shell);
	scale_update_all(shell->compositor);
}

void
placement_hide(struct shell_surface *shell, bool leaves)
{
	shell->placement.shown = false;
	if (leaves) {
		tell_entered(shell);
	}
	shell->placement.entered = 0;
}

void
placement_move(
	struct shell_surface *shell, struct output *output, int32_t x, int32_t y, uint64_t also)
{
	shell->placement.output = output;
	shell->placement.x = x;
	shell->placement.y = y;
	shell->placement.also = also;
	tell_entered(shell);
	scale_update_all(shell->compositor);
	/* What waited for the other output's refresh. */
	frames_schedule(shell->surface);
}

bool
placement_is_on(const struct shell_surface *shell, const struct output *output)
{
	return shell->placement.output != NULL &&
	       ((bit_of(shell->placement.output) | shell->placement.also) & bit_of(output)) != 0;
}

struct output *
placement_output(const struct surface *surface)
{
	const struct surface *root = surface;

	while (root->parent != NULL) {
		root = root->parent;
	}
	if (root->shell != NULL && root->shell->toplevel != NULL) {
		return root->shell->placement.output;
	}
	if (root->role == ROLE_CURSOR && root->compositor->seats[0].pointer_focus != NULL) {
		return placement_output(root->compositor->seats[0].pointer_focus);
	}
	return output_first(root->compositor);
}

void
placement_output_added(struct output *output)
{
	struct surface *surface;

	for_each_window(surface, output->compositor)
	{
		if (surface->shell->placement.output == NULL) {
			placement_move(surface->shell, output, 0, 0, 0);
			window_output_changed(surface->shell);
		}
	}
}

void
placement_output_bound(struct output *output, struct wl_resource *resource)
{
	struct surface *surface;

	for_each_window(surface, output->compositor)
	{
		if ((surface->shell->placement.entered & bit_of(output)) != 0) {
			tell_one(surface, resource, true);
		}
	}
}

void
placement_output_changed(struct output *output)
{
	struct surface *surface;

	scale_update_all(output->compositor);
	for_each_window(surface, output->compositor)
	{
		if (surface->shell->placement.output == output) {
			window_output_changed(surface->shell);
		}
	}
}

void
placement_output_removed(struct output *output, bool leaves)
{
	struct surface *surface;

	for_each_window(surface, output->compositor)
	{
		struct placement *placement = &surface->shell->placement;

		if (leaves && (placement->entered & bit_of(output)) != 0) {
			tell(surface->shell, output, false);
		}
		placement->entered &= ~bit_of(output);
		placement->also &= ~bit_of(output);
		if (placement->output == output) {
			placement_move(surface->shell, output_first(output->compositor), 0, 0, 0);
			window_output_lost(surface->shell);
		}
	}
}
