#include "app.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control-socket.h"
#include "fake/fake.h"
#include "qemu-dbus/adapter.h"
#include "remote.h"
#include "resident.h"
#include "screenshot.h"
#include "wayland/display.h"

/*
 * A head that goes off for less than this keeps its window: guests switch modes, and QEMU shows
 * a placeholder in between.
 */
#define APP_HIDE_DELAY_US UINT64_C(1000000)
/* More losses of the compositor than this within the time, and we are the problem. */
#define APP_MAX_LOSSES 3
#define APP_LOSS_WINDOW_NS UINT64_C(60000000000)

struct app {
	const struct options *options;
	sd_event *event;
	sd_event_source *hide_source;

	struct guest *guest;
	struct guest_identity identity;
	bool attached, synced, taken_over;
	struct flow *flow;
	struct resident *resident;
	int other_resident; /* a socket to the process that has this VM already; or -1 */

	struct view_list views;
	struct view_context view_context;
	struct picture_policy policy;

	struct display *display;       /* NULL with a screenshot */
	struct screenshot *screenshot; /* NULL with windows */
	uint64_t loss_ns[APP_MAX_LOSSES];
	uint32_t n_losses;
};

static void
quit(struct app *app, enum exit_code code)
{
	sd_event_exit(app->event, (int)code);
}

static const char *
vm_name(const struct app *app)
{
	return app->identity.name[0] != '\0' ? app->identity.name : "Virtual machine";
}

/* The head to show when none is on: rather the VMM's own message than no window at all. */
static const struct view *
stand_in(const struct app *app)
{
	const struct view *first = NULL;

	for (uint32_t i = 0; i < app->views.n_views; i++) {
		const struct view *view = app->views.views[i];

		if (view_is_on(view)) {
			return NULL;
		}
		if (first == NULL || (view_is_shown(view) && !view_is_shown(first))) {
			first = view;
		}
	}
	return app->synced ? first : NULL;
}

static bool
wants_window(const struct app *app, const struct view *view)
{
	return !view_was_closed(view) && (view_is_on(view) || view == stand_in(app));
}

/* Windows for heads that are on, at once; the others' go after a while. */
static void
arrange(struct app *app, bool hide)
{
	bool late = false;

	if (app->display == NULL) {
		return;
	}
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		struct view *view = app->views.views[i];
		bool wanted = wants_window(app, view);
		int r = 0;

		if (wanted && !view_is_shown(view)) {
			r = view_show(view, app->display, vm_name(app));
			view_set_notice(view,
				app->taken_over ? "view only: another viewer took this VM over"
						: NULL);
		} else if (!wanted && view_is_shown(view)) {
			if (hide) {
				view_hide(view);
			}
			late = !hide;
		}
		if (r < 0) {
			log_error("console %u gets no window: %s", view_head(view)->console,
				strerror(-r));
		}
	}
	if (late) {
		sd_event_source_set_time_relative(app->hide_source, APP_HIDE_DELAY_US);
		sd_event_source_set_enabled(app->hide_source, SD_EVENT_ONESHOT);
	}
}

static int
handle_hide_timer(sd_event_source *source, uint64_t usec, void *data)
{
	arrange(data, true);
	return 0;
}

static void
tell_change(struct app *app, const struct view *view)
{
	if (app->screenshot != NULL) {
		screenshot_handle_change(app->screenshot, view);
	}
	if (app->resident != NULL) {
		resident_handle_change(app->resident, view);
	}
}

static void
handle_view_scanout_changed(void *data, struct view *view)
{
	struct app *app = data;

	arrange(app, false);
	tell_change(app, view);
}

static void
handle_view_content_changed(void *data, struct view *view)
{
	tell_change(data, view);
}

static void
handle_view_closed(void *data, struct view *closed)
{
	struct app *app = data;

	view_hide(closed);
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		if (view_is_shown(app->views.views[i])) {
			return;
		}
	}
	quit(app, EXIT_DONE);
}

static const struct view_listener view_listener = {
	.scanout_changed = handle_view_scanout_changed,
	.content_changed = handle_view_content_changed,
	.closed = handle_view_closed,
};

static int
handle_guest_identified(void *data, const struct guest_identity *identity)
{
	struct app *app = data;
	char key[CONTROL_SOCKET_KEY_SIZE];
	int r;

	app->identity = *identity;
	control_socket_key(identity, app->options->qmp_path, key);
	r = remote_open(key, &app->other_resident);
	if (r >= 0) {
		return -EALREADY;
	}
	r = resident_create(app->event, key, &app->identity, &app->views, &app->resident);
	if (r == -EEXIST) {
		log_error("another vitrine is just attaching to this VM; try again");
		return -EBUSY;
	}
	if (r < 0) {
		log_warning(
			"no control socket: a second vitrine would take this VM's display away");
	}
	return 0;
}

static void
handle_guest_ready(void *data)
{
	struct app *app = data;
	int r = guest_sync(app->guest);

	app->attached = true;
	if (r < 0) {
		log_error("cannot ask the VM: %s", strerror(-r));
	}
}

static void
handle_guest_head_added(void *data, struct guest_head *head)
{
	struct app *app = data;
	struct view_list *list = &app->views;
	struct view *view;
	uint32_t at;
	int r;

	if (list->n_views == GUEST_MAX_HEADS) {
		log_warning("more than %d consoles; %s is left out", GUEST_MAX_HEADS, head->label);
		return;
	}
	r = view_create(&app->view_context, head, &view);
	if (r < 0) {
		log_error("console %u is left out: %s", head->console, strerror(-r));
		return;
	}
	head->frontend = view;
	for (at = list->n_views; at > 0 && view_head(list->views[at - 1])->console > head->console;
		at--) {
		list->views[at] = list->views[at - 1];
	}
	list->views[at] = view;
	list->n_views++;
}

static void
handle_guest_head_changed(void *data, struct guest_head *head)
{
	if (head->frontend != NULL) {
		view_update_title(head->frontend);
	}
}

static void
handle_guest_head_removed(void *data, struct guest_head *head)
{
	struct app *app = data;
	struct view_list *list = &app->views;

	for (uint32_t i = 0; i < list->n_views; i++) {
		if (list->views[i] == head->frontend) {
			list->n_views--;
			memmove(&list->views[i], &list->views[i + 1],
				(list->n_views - i) * sizeof(list->views[0]));
			view_destroy(head->frontend);
			arrange(app, false);
			return;
		}
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
handle_guest_cursor(void *data, struct guest_head *head, const struct cursor_image *image)
{
	if (head->frontend != NULL) {
		view_handle_cursor(head->frontend, image);
	}
}

/* The host moves the guest's cursor itself; where the guest thinks that it is does not matter. */
static void
handle_guest_cursor_position(
	void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
}

static void
handle_guest_pointer_mode(void *data, struct guest_head *head, enum pointer_mode mode)
{
	if (head->frontend != NULL) {
		view_handle_pointer_mode(head->frontend, mode);
	}
}

/* Wayland lets nobody light the host's LEDs. */
static void
handle_guest_leds(void *data, struct guest_head *head, uint32_t mask)
{
}

static void
handle_guest_synced(void *data)
{
	struct app *app = data;

	app->synced = true;
	arrange(app, false);
	if (app->screenshot != NULL) {
		screenshot_handle_synced(app->screenshot);
	}
	if (app->resident != NULL) {
		resident_handle_synced(app->resident);
	}
}

static void
handle_guest_taken_over(void *data)
{
	struct app *app = data;

	log_warning("another viewer took this VM over: pictures may go on, input does not");
	app->taken_over = true;
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_set_notice(app->views.views[i], "view only: another viewer took this VM over");
	}
}

static void
handle_guest_closed(void *data, int error)
{
	struct app *app = data;

	if (app->other_resident >= 0) {
		/* Nothing went wrong: app_run goes on with whoever has the VM. */
		quit(app, EXIT_DONE);
		return;
	}
	if (app->screenshot != NULL && screenshot_has_pictures(app->screenshot)) {
		log_info("the VM went away after the picture was taken");
		return;
	}
	if (error == 0) {
		quit(app, app->screenshot != NULL ? EXIT_VM_GONE : EXIT_DONE);
	} else if (app->attached) {
		log_error("the VM went away");
		quit(app, EXIT_VM_GONE);
	} else {
		quit(app, EXIT_CANNOT_ATTACH);
	}
}

static const struct guest_listener guest_listener = {
	.identified = handle_guest_identified,
	.ready = handle_guest_ready,
	.head_added = handle_guest_head_added,
	.head_changed = handle_guest_head_changed,
	.head_removed = handle_guest_head_removed,
	.scanout = handle_guest_scanout,
	.buffer_removed = handle_guest_buffer_removed,
	.update = handle_guest_update,
	.cursor = handle_guest_cursor,
	.cursor_position = handle_guest_cursor_position,
	.pointer_mode = handle_guest_pointer_mode,
	.leds = handle_guest_leds,
	.synced = handle_guest_synced,
	.taken_over = handle_guest_taken_over,
	.closed = handle_guest_closed,
};

static bool
too_many_losses(struct app *app)
{
	uint64_t now = clock_now_ns();
	uint64_t *oldest = &app->loss_ns[app->n_losses % APP_MAX_LOSSES];
	bool too_many = app->n_losses >= APP_MAX_LOSSES && now - *oldest < APP_LOSS_WINDOW_NS;

	*oldest = now;
	app->n_losses++;
	return too_many;
}

static void handle_display_lost(void *data, enum display_loss loss);

static const struct display_listener display_listener = {
	.lost = handle_display_lost,
};

/* The VM's side stays as it is; the windows come back on a new connection. */
static void
handle_display_lost(void *data, enum display_loss loss)
{
	struct app *app = data;

	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_hide(app->views.views[i]);
	}
	display_destroy(app->display);
	app->display = NULL;

	if (loss == DISPLAY_LOST_SHM) {
		log_warning("the VM cut its memory short; from now on its pictures are copied");
		app->policy.distrust_memory = true;
	}
	if (too_many_losses(app)) {
		log_error("the compositor was lost %d times within a minute; giving up",
			APP_MAX_LOSSES + 1);
		quit(app, EXIT_NO_COMPOSITOR);
		return;
	}
	if (display_create(app->event, NULL, &display_listener, app, &app->display) < 0) {
		quit(app, EXIT_NO_COMPOSITOR);
		return;
	}
	arrange(app, false);
}

static int
create_guest(struct app *app)
{
	const struct options *options = app->options;
	bool session = options->address != NULL && strcmp(options->address, "session") == 0;
	struct qemu_target target = {
		.qmp_path = options->qmp_path,
		.fd = options->fd,
		.address = session ? NULL : options->address,
		.session_bus = session,
		.vm = options->vm,
		.wait = options->wait,
	};

	if (options->fake) {
		return fake_guest_create(
			app->event, options->fake_script, &guest_listener, app, &app->guest);
	}
	return qemu_guest_create(app->event, &target, &guest_listener, app, &app->guest);
}

static int
handle_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	quit(data, EXIT_DONE);
	return 0;
}

static int
init_event(struct app *app)
{
	sigset_t signals;
	int r;

	/* sd-event takes signals that are blocked. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	r = sd_event_new(&app->event);
	if (r >= 0) {
		r = sd_event_add_signal(app->event, NULL, SIGINT, handle_signal, app);
	}
	if (r >= 0) {
		r = sd_event_add_signal(app->event, NULL, SIGTERM, handle_signal, app);
	}
	if (r >= 0) {
		r = sd_event_add_time(app->event, &app->hide_source, CLOCK_MONOTONIC, 0, 1,
			handle_hide_timer, app);
	}
	if (r >= 0) {
		r = sd_event_source_set_enabled(app->hide_source, SD_EVENT_OFF);
	}
	if (r >= 0) {
		r = flow_create(app->event, &app->flow);
	}
	return r;
}

/* What must be there before the VM is disturbed: somebody to show it to. */
static enum exit_code
init_job(struct app *app)
{
	int r;

	if (app->options->screenshot == NULL) {
		r = display_create(app->event, NULL, &display_listener, app, &app->display);
		return r < 0 ? EXIT_NO_COMPOSITOR : EXIT_DONE;
	}
	return EXIT_DONE;
}

static void
handle_screenshot_done(void *data, enum exit_code code)
{
	quit(data, code);
}

static int
start(struct app *app)
{
	int r = create_guest(app);

	if (r < 0) {
		return r;
	}
	app->view_context.guest = app->guest;
	if (app->options->screenshot != NULL) {
		r = screenshot_create(app->event, app->options, &app->views, handle_screenshot_done,
			app, &app->screenshot);
		if (r < 0) {
			return r;
		}
	}
	return guest_open(app->guest);
}

static void
finish(struct app *app)
{
	screenshot_destroy(app->screenshot);
	resident_destroy(app->resident);
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_destroy(app->views.views[i]);
	}
	app->views.n_views = 0;
	guest_destroy(app->guest);
	display_destroy(app->display);
	flow_destroy(app->flow);
	sd_event_source_disable_unref(app->hide_source);
	sd_event_unref(app->event);
	fd_close(&app->other_resident);
}

static enum exit_code
use_other_resident(const struct app *app)
{
	if (app->options->screenshot != NULL) {
		return screenshot_remote(app->options, app->other_resident);
	}
	log_error("%s is shown already; 'vitrine --list' tells by which process", vm_name(app));
	return EXIT_CANNOT_ATTACH;
}

enum exit_code
app_run(const struct options *options)
{
	struct app app = {
		.options = options,
		.other_resident = -1,
		.policy = { .forced = options->path, .distrust_memory = options->untrusted },
	};
	enum exit_code code;
	int r = init_event(&app);

	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		finish(&app);
		return EXIT_FAILED;
	}
	app.view_context = (struct view_context){
		.event = app.event,
		.flow = app.flow,
		.policy = &app.policy,
		.listener = &view_listener,
		.data = &app,
	};
	code = init_job(&app);
	if (code == EXIT_DONE) {
		r = start(&app);
		if (r >= 0) {
			r = sd_event_loop(app.event);
			code = r < 0 ? EXIT_FAILED : (enum exit_code)r;
		} else {
			code = r == -EINVAL ? EXIT_USAGE : EXIT_CANNOT_ATTACH;
		}
	}
	if (code == EXIT_DONE && app.other_resident >= 0) {
		code = use_other_resident(&app);
	}
	finish(&app);
	return code;
}
