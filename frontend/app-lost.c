#include "app-private.h"

#include <string.h>

#include "base/log.h"
#include "control-server.h"
#include "own-devices.h"
#include "reconnect.h"
#include "resident.h"

/* With --reconnect: what there is outlives the VM. */

static const struct view_loss losses[] = {
	[RECONNECT_GONE] = { "the VM is gone; waiting for it", "The VM is gone",
		"This is what it showed last. Waiting for it to come back." },
	[RECONNECT_OTHER_VM] = { "the VM is gone; waiting for it", "The VM is gone",
		"Another one was started in its place, which is not shown. Waiting for this one." },
	[RECONNECT_TAKEN_OVER] = { "another viewer has the VM", "Another viewer has this VM",
		"Press Enter or click to take it back." },
};

static void
log_loss(enum reconnect_loss loss)
{
	switch (loss) {
	case RECONNECT_GONE:
		log_warning("the VM went away; waiting for it to come back");
		break;
	case RECONNECT_OTHER_VM:
		log_warning("another VM was started where this one was: it is left alone; waiting "
			    "for the one with the same UUID");
		break;
	case RECONNECT_TAKEN_OVER:
		log_warning("another viewer has the VM, and its pictures have ended here: it is "
			    "left alone until it is started anew, or somebody presses Enter or "
			    "clicks in a window");
		break;
	}
}

void
app_note_vm(struct app *app)
{
	if (app->options->qmp_path == NULL ||
		control_socket_alias(app->options->qmp_path, app->vm_alias) < 0) {
		app->vm_alias[0] = '\0';
	}
}

static int
handle_create(void *data, const struct guest_identity *identity,
	const struct guest_listener *listener, void *listener_data, struct guest **ret_guest)
{
	return app_create_adapter(data, identity, listener, listener_data, ret_guest);
}

static bool
handle_is_anew(void *data)
{
	const struct app *app = data;
	char alias[CONTROL_SOCKET_KEY_SIZE];

	return app->options->qmp_path != NULL &&
	       control_socket_alias(app->options->qmp_path, alias) >= 0 &&
	       strcmp(alias, app->vm_alias) != 0;
}

static void
handle_lost(void *data, enum reconnect_loss loss)
{
	struct app *app = data;

	log_loss(loss);
	app->views.gone = true;
	app->views.taken_over = false;
	observers_unsync(&app->observers);
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_handle_lost(app->views.views[i], &losses[loss]);
	}
	if (app->own_devices != NULL) {
		own_devices_handle_lost(app->own_devices);
	}
	if (app->resident != NULL) {
		resident_handle_lost(app->resident);
	}
	control_server_handle_closed(app->control);
	if (app->monitors != NULL) {
		monitors_handle_lost(app->monitors);
	}
}

static void
handle_back(void *data)
{
	struct app *app = data;

	log_info("the VM is back");
	app->views.gone = false;
	app_note_vm(app);
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_handle_back(app->views.views[i]);
	}
	if (app->resident != NULL) {
		resident_handle_back(app->resident, app->options->qmp_path);
	}
	if (app->monitors != NULL) {
		monitors_handle_back(app->monitors);
	}
}

const struct reconnect_listener app_reconnect_listener = {
	.create = handle_create,
	.lost = handle_lost,
	.is_anew = handle_is_anew,
	.back = handle_back,
};
