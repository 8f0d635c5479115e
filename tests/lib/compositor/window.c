#include "window.h"

#include <string.h>

#include "output.h"
#include "placement.h"
#include "shell.h"
#include "surface.h"
#include "compositor.h"

bool
window_policy_set_fullscreen(struct window_policy *policy, const char *name)
{
	policy->fullscreen = strcmp(name, "refuse") == 0  ? FULLSCREEN_REFUSE
			     : strcmp(name, "here") == 0  ? FULLSCREEN_HERE
			     : strcmp(name, "short") == 0 ? FULLSCREEN_SHORT
							  : FULLSCREEN_GRANT;
	return policy->fullscreen != FULLSCREEN_GRANT || strcmp(name, "grant") == 0;
}

bool
window_policy_set_unplugged(struct window_policy *policy, const char *name)
{
	policy->unplugged =
		strcmp(name, "floating") == 0 ? UNPLUGGED_FLOATING : UNPLUGGED_FULLSCREEN;
	return policy->unplugged == UNPLUGGED_FLOATING || strcmp(name, "fullscreen") == 0;
}

void
window_reset(struct shell_surface *shell)
{
	shell->window = (struct window){ 0 };
}

/* In a size of its own, as far as its client knows. */
static bool
was_floating(const struct shell_surface *shell)
{
	return !shell->acknowledged.fullscreen && !shell->acknowledged.maximized;
}

static bool
is_short(const struct shell_surface *shell)
{
	return shell->compositor->window_policy.fullscreen == FULLSCREEN_SHORT &&
	       shell->window.n_asked == 1;
}

static void
configure(struct shell_surface *shell, int32_t width, int32_t height)
{
	const struct window *window = &shell->window;
	const char *states[4] = { "activated" };
	int n = 1;

	if (window->maximized || shell->compositor->says_maximized) {
		states[n++] = "maximized";
	}
	if (window->fullscreen) {
		states[n++] = "fullscreen";
	}
	if (n > 1 && !is_short(shell)) {
		const struct output *output = shell->placement.output;
		width = output != NULL ? output_logical_width(output) : 0;
		height = output != NULL ? output_logical_height(output) : 0;
	}
	shell_surface_configure(shell, width, height, states);
}

void
window_configure(struct shell_surface *shell)
{
	if (was_floating(shell) || shell->window.floating_width == 0) {
		configure(shell, shell->acknowledged.width, shell->acknowledged.height);
	} else {
		configure(shell, shell->window.floating_width, shell->window.floating_height);
	}
}

void
window_configure_first(struct shell_surface *shell)
{
	configure(shell, shell->compositor->initial_width, shell->compositor->initial_height);
}

/* Before it fills an output: what to go back to. */
static void
remember(struct shell_surface *shell)
{
	struct window *window = &shell->window;

	if (window->maximized || window->fullscreen) {
		return;
	}
	window->floating_output = shell->placement.output;
	window->floating_x = shell->placement.x;
	window->floating_y = shell->placement.y;
	if (shell->surface->current.buffer == NULL) {
		window->floating_width = shell->compositor->initial_width;
		window->floating_height = shell->compositor->initial_height;
	} else if (was_floating(shell)) {
		window->floating_width =
			shell->has_geometry ? shell->geometry_width : shell->surface->width;
		window->floating_height =
			shell->has_geometry ? shell->geometry_height : shell->surface->height;
	}
}

/* It fills no output any more: goes back to where it was, as on Mutter and KWin. */
static void
go_back(struct shell_surface *shell)
{
	const struct window *window = &shell->window;
	struct output *output;

	if (window->maximized || window->fullscreen) {
		return;
	}
	wl_list_for_each(output, &shell->compositor->outputs, link)
	{
		if (output == window->floating_output) {
			placement_move(shell, output, window->floating_x, window->floating_y, 0);
			return;
		}
	}
}

static void
answer(struct shell_surface *shell)
{
	if (shell->initial_sent) {
		configure(shell, shell->window.floating_width, shell->window.floating_height);
	}
}

void
window_fullscreen(struct shell_surface *shell, bool wanted, struct output *output)
{
	struct window *window = &shell->window;
	enum fullscreen_policy policy = shell->compositor->window_policy.fullscreen;

	if (!wanted && window->fullscreen) {
		window->fullscreen = false;
		go_back(shell);
		answer(shell);
	} else if (!wanted || policy == FULLSCREEN_REFUSE) {
		if (shell->initial_sent) {
			window_configure(shell);
		}
	} else {
		remember(shell);
		window->fullscreen = true;
		window->n_asked++;
		if (output != NULL && policy != FULLSCREEN_HERE) {
			placement_move(shell, output, 0, 0, 0);
		}
		answer(shell);
	}
}

void
window_maximize(struct shell_surface *shell, bool wanted)
{
	struct window *window = &shell->window;

	if (wanted) {
		remember(shell);
		window->maximized = true;
	} else if (window->maximized) {
		window->maximized = false;
		go_back(shell);
	} else if (shell->initial_sent) {
		window_configure(shell);
		return;
	}
	answer(shell);
}

void
window_place(
	struct shell_surface *shell, struct output *output, int32_t x, int32_t y, uint64_t also)
{
	struct window *window = &shell->window;

	if (window->maximized || window->fullscreen) {
		window->floating_output = output;
		window->floating_x = x;
		window->floating_y = y;
		x = y = 0;
	}
	placement_move(shell, output, x, y, also);
	window_output_changed(shell);
}

void
window_output_changed(struct shell_surface *shell)
{
	const struct output *output = shell->placement.output;

	if (shell->initial_sent && output != NULL &&
		(output_logical_width(output) != shell->bounds_width ||
			output_logical_height(output) != shell->bounds_height)) {
		window_configure(shell);
	}
}

void
window_output_lost(struct shell_surface *shell)
{
	struct window *window = &shell->window;

	if (window->fullscreen &&
		shell->compositor->window_policy.unplugged == UNPLUGGED_FLOATING) {
		window->fullscreen = false;
		go_back(shell);
		answer(shell);
	} else if (window->fullscreen || window->maximized) {
		/* Of the same size it is told, too: it is another monitor. */
		if (shell->initial_sent && shell->placement.output != NULL) {
			window_configure(shell);
		}
	} else {
		window_output_changed(shell);
	}
}
