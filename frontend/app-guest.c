#include "app-private.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "control-socket.h"
#include "desktop.h"
#include "own-devices.h"
#include "remote.h"
#include "resident.h"

static const char *
vm_name(const struct app *app)
{
	return app->identity.name[0] != '\0' ? app->identity.name : "Virtual machine";
}

static int
handle_guest_identified(void *data, const struct guest_identity *identity)
{
	struct app *app = data;
	char key[CONTROL_SOCKET_KEY_SIZE];
	int r;

	app->identity = *identity;
	app_note_vm(app);
	if (app->desktop != NULL) {
		desktop_set_vm_name(app->desktop, vm_name(app));
	}
	control_socket_key(identity, app->options->qmp_path, key);
	r = resident_create(app->event, key, &app->identity, app_job_name(app), &app->views,
		&app->means, app->options->qmp_path, app->control, &app->other_resident,
		&app->resident);
	if (r == -EEXIST && app->other_resident >= 0) {
		return -EALREADY;
	}
	if (r == -EEXIST) {
		log_info("another vitrine is just attaching to this VM, or leaving it");
		app->try_again = true;
		return -EBUSY;
	}
	if (r < 0) {
		log_warning(
			"no control socket: a second vitrine would take this VM's display away");
	}
	if (app_has_job(app) && identity->never_forgets) {
		log_warning("each visit goes on costing this QEMU (9.0 to 10.2) a little for every "
			    "frame: for many, start one 'vitrine --headless', which the others go "
			    "through");
	}
	if (app->monitors != NULL) {
		monitors_set_guest(
			app->monitors, app->guest, &app->identity, app->options->qmp_path);
	}
	return 0;
}

static void handle_guest_synced(void *data);

static void
handle_guest_ready(void *data)
{
	struct app *app = data;
	int r = guest_sync(app->guest);

	app->attached = true;
	if (r < 0) {
		log_error("cannot ask the VM: %s; what it shows now counts as all", strerror(-r));
		handle_guest_synced(app);
	}
}

static void
sort_views(struct view_list *list)
{
	for (uint32_t i = 1; i < list->n_views; i++) {
		struct view *view = list->views[i];
		uint32_t at = i;

		while (at > 0 &&
			view_head(list->views[at - 1])->console > view_head(view)->console) {
			list->views[at] = list->views[at - 1];
			at--;
		}
		list->views[at] = view;
	}
}

static void
handle_guest_head_added(void *data, struct guest_head *head)
{
	struct app *app = data;
	struct view_list *list = &app->views;
	struct view *view;
	int r;

	if (list->n_views == GUEST_MAX_HEADS) {
		log_limited_here(LOG_LEVEL_WARNING, "more than %d consoles; %s is left out",
			GUEST_MAX_HEADS, head->label);
		return;
	}
	r = view_create(&app->view_context, head, &view);
	if (r < 0) {
		log_limited_here(
			LOG_LEVEL_ERROR, "console %u is left out: %s", head->console, strerror(-r));
		return;
	}
	head->frontend = view;
	if (app->views.taken_over) {
		view_handle_taken_over(view);
	}
	if (app->stats_file != NULL) {
		r = view_set_measuring(view, true);
		if (r < 0) {
			log_warning("console %u is not measured: %s", head->console, strerror(-r));
		}
	}
	list->views[list->n_views++] = view;
	sort_views(list);
	if (app->monitors != NULL) {
		monitors_handle_head_added(app->monitors, view);
	}
}

static void
handle_guest_head_changed(void *data, struct guest_head *head)
{
	struct app *app = data;

	/* A VM that is back may count its consoles otherwise. */
	sort_views(&app->views);
	if (head->frontend != NULL) {
		view_update_title(head->frontend);
	}
	if (head->frontend != NULL && app->monitors != NULL) {
		monitors_handle_head_changed(app->monitors, head->frontend);
	}
}

static void
handle_guest_head_removed(void *data, struct guest_head *head)
{
	struct app *app = data;
	struct view_list *list = &app->views;

	for (uint32_t i = 0; i < list->n_views; i++) {
		if (list->views[i] == head->frontend) {
			app_write_final_statistics(app, head->frontend);
			observers_tell_removed(&app->observers, head->frontend);
			list->n_views--;
			memmove(&list->views[i], &list->views[i + 1],
				(list->n_views - i) * sizeof(list->views[0]));
			if (app->own_devices != NULL) {
				own_devices_handle_head_removed(app->own_devices, head);
			}
			if (app->monitors != NULL) {
				monitors_handle_head_removed(app->monitors, head->frontend);
			}
			view_destroy(head->frontend);
			head->frontend = NULL;
			app_arrange(app);
			break;
		}
	}
	if (list->n_views == 0) {
		log_limited_here(
			LOG_LEVEL_WARNING, "the VM has no monitor any more; waiting for one");
	}
}

static void
handle_guest_scanout(void *data, struct guest_head *head, const struct scanout *scanout)
{
	if (head->frontend != NULL) {
		view_handle_scanout(head->frontend, scanout);
	}
}

static void
handle_guest_buffer_removed(void *data, struct guest_head *head, struct buffer *buffer)
{
	if (head->frontend != NULL) {
		view_handle_buffer_removed(head->frontend, buffer);
	}
}

static void
handle_guest_update(void *data, struct guest_head *head, const struct rect *damage, uint64_t serial)
{
	struct app *app = data;

	if (head->frontend != NULL) {
		view_handle_update(head->frontend, damage, serial);
	} else {
		guest_update_done(app->guest, head, serial);
	}
}

static void
handle_guest_settled(void *data, struct guest_head *head)
{
	if (head->frontend != NULL) {
		view_handle_settled(head->frontend);
	}
}

static void
handle_guest_cursor(void *data, struct guest_head *head, const struct cursor_image *image)
{
	if (head->frontend != NULL) {
		view_handle_cursor(head->frontend, image);
	}
}

static void
handle_guest_cursor_position(void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
	if (head->frontend != NULL) {
		view_handle_cursor_position(head->frontend, gx, gy, on);
	}
}

static void
handle_guest_pointer_mode(void *data, struct guest_head *head, enum pointer_mode mode)
{
	if (head->frontend != NULL) {
		view_handle_pointer_mode(head->frontend, mode);
	}
}

static void
handle_guest_leds(void *data, struct guest_head *head, uint32_t mask)
{
	struct app *app = data;

	if (app->own_devices != NULL) {
		own_devices_handle_leds(app->own_devices, mask);
	}
	if (head->frontend != NULL) {
		view_handle_leds(head->frontend, mask);
	}
}

static void
handle_guest_synced(void *data)
{
	struct app *app = data;

	if (app->monitors != NULL) {
		monitors_handle_synced(app->monitors);
	}
	if (app->desktop != NULL) {
		desktop_set_synced(app->desktop);
	}
	if (app->own_devices != NULL && !app->views.taken_over) {
		own_devices_attach(app->own_devices, app->guest);
	}
	observers_tell_synced(&app->observers);
}

static void
handle_guest_power_done(void *data, enum guest_power power, int error)
{
	struct app *app = data;

	if (app->monitors != NULL && power == GUEST_POWER_DOWN) {
		monitors_handle_power_done(app->monitors, error);
	}
	observers_tell_power_done(&app->observers, error);
}

static void
handle_guest_taken_over(void *data)
{
	struct app *app = data;

	log_warning("another viewer took this VM over: pictures may go on, input does not");
	app->views.taken_over = true;
	if (app->own_devices != NULL) {
		/* The host can use them. */
		own_devices_handle_lost(app->own_devices);
	}
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_handle_taken_over(app->views.views[i]);
	}
	if (app->monitors != NULL) {
		monitors_handle_taken_over(app->monitors);
	}
}

static void
handle_guest_closed(void *data, int error)
{
	struct app *app = data;
	enum exit_code code = error == 0 ? EXIT_DONE : EXIT_VM_GONE;

	if (app->other_resident >= 0) {
		/* Nothing went wrong: app_run goes on with whoever has the VM. */
		app_quit(app, EXIT_DONE);
		return;
	}
	if (error != 0 && !app->attached) {
		app_quit(app, EXIT_CANNOT_ATTACH);
		return;
	}
	if (!app_jobs_handle_closed(app, &code)) {
		return;
	}
	if (error != 0 && app->script_job == NULL) {
		log_error("the VM went away");
	}
	app_quit(app, code);
}

const struct guest_listener app_guest_listener = {
	.identified = handle_guest_identified,
	.ready = handle_guest_ready,
	.head_added = handle_guest_head_added,
	.head_changed = handle_guest_head_changed,
	.head_removed = handle_guest_head_removed,
	.scanout = handle_guest_scanout,
	.buffer_removed = handle_guest_buffer_removed,
	.update = handle_guest_update,
	.settled = handle_guest_settled,
	.cursor = handle_guest_cursor,
	.cursor_position = handle_guest_cursor_position,
	.pointer_mode = handle_guest_pointer_mode,
	.leds = handle_guest_leds,
	.synced = handle_guest_synced,
	.power_done = handle_guest_power_done,
	.taken_over = handle_guest_taken_over,
	.closed = handle_guest_closed,
};
