#include "window-private.h"

#include <stdlib.h>

#include "display-private.h"
#include "idle-inhibit-unstable-v1-client.h"
#include "xdg-activation-v1-client.h"

/* What a desktop expects of a window beside its picture. */

/* Whoever started us may have passed the right to the focus on, once: to the first window. */
void
window_activate(struct window *window)
{
	struct display *display = window->display;
	struct xdg_activation_v1 *activation = display->globals.activation;
	const char *token = display->activation_token;

	if (token != NULL && activation != NULL && token[0] != '\0') {
		xdg_activation_v1_activate(activation, token, window->stage.base.surface);
	}
	free(display->activation_token);
	display->activation_token = NULL;
}

void
window_set_awake(struct window *window, bool awake)
{
	struct zwp_idle_inhibit_manager_v1 *manager = window->display->globals.idle_inhibit_manager;

	if (awake == (window->idle_inhibitor != NULL) || manager == NULL) {
		return;
	}
	if (awake) {
		window->idle_inhibitor = zwp_idle_inhibit_manager_v1_create_inhibitor(
			manager, window->stage.base.surface);
	} else {
		zwp_idle_inhibitor_v1_destroy(window->idle_inhibitor);
		window->idle_inhibitor = NULL;
	}
}
