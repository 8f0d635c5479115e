#include "app-private.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "broker/broker.h"
#include "desktop.h"
#include "drm-device.h"
#include "fake/fake.h"
#include "import/gles.h"
#include "own-devices.h"
#include "qemu-dbus/adapter.h"
#include "reconnect.h"
#include "report.h"
#include "resident.h"
#include "stats-file.h"
#include "text/text-renderer.h"

void
app_quit(struct app *app, enum exit_code code)
{
	sd_event_exit(app->event, (int)code);
}

void
app_arrange(struct app *app)
{
	if (app->desktop != NULL) {
		desktop_arrange(app->desktop);
	}
}

void
app_write_final_statistics(struct app *app, const struct view *view)
{
	if (app->stats_file != NULL) {
		stats_file_add(app->stats_file, report_statistics(view, true));
	}
}

static void
handle_view_scanout_changed(void *data, struct view *view)
{
	struct app *app = data;

	if (app->monitors != NULL) {
		monitors_handle_scanout(app->monitors, view);
	}
	app_arrange(app);
	observers_tell_change(&app->observers, view);
}

static void
handle_view_content_changed(void *data, struct view *view)
{
	struct app *app = data;

	observers_tell_change(&app->observers, view);
}

/*
 * A picture that cannot be shown leaves the last one standing. Where there is none, there is no
 * window at all, and nobody should have to look for a program that shows nothing, unless the next
 * GPU helper may well show it.
 */
static void
leave_if_blank(void *data)
{
	struct app *app = data;
	bool is_blank = false;

	for (uint32_t i = 0; i < app->views.n_views; i++) {
		const struct view *view = app->views.views[i];

		if (view_is_shown(view)) {
			if (!view_is_blank(view)) {
				return;
			}
			is_blank = true;
		}
	}
	if (is_blank && !gpu_helper_is_coming_back(app->gpu_helper)) {
		app_quit(app, EXIT_FAILED);
	}
}

static void
handle_view_hopeless(void *data, struct view *hopeless)
{
	struct app *app = data;

	/* The windows of the others may be on their way. */
	deadline_set(&app->blank, DEADLINE_NOW);
}

static void
handle_view_measured(void *data, struct view *view)
{
	struct app *app = data;

	if (app->stats_file != NULL) {
		stats_file_add(app->stats_file, report_statistics(view, false));
	}
}

static void
handle_view_called(void *data, struct view *view)
{
	struct app *app = data;

	reconnect_now(app->reconnect);
}

static void
handle_view_closed(void *data, struct view *closed)
{
	struct app *app = data;

	monitors_handle_close(app->monitors, closed);
}

static void
handle_view_room_changed(void *data, struct view *view, const struct window_room *before)
{
	struct app *app = data;

	monitors_handle_room(app->monitors, view, before);
}

static void
handle_view_action(void *data, struct view *view, const struct hotkey *hotkey)
{
	struct app *app = data;

	monitors_handle_action(app->monitors, view, hotkey);
}

static const struct view_listener view_listener = {
	.scanout_changed = handle_view_scanout_changed,
	.content_changed = handle_view_content_changed,
	.hopeless = handle_view_hopeless,
	.measured = handle_view_measured,
	.called = handle_view_called,
	.closed = handle_view_closed,
	.room_changed = handle_view_room_changed,
	.action = handle_view_action,
};

static void
handle_monitors_changed(void *data)
{
	app_arrange(data);
}

static void
handle_monitors_leave(void *data)
{
	app_quit(data, EXIT_DONE);
}

static const struct monitors_listener monitors_listener = {
	.changed = handle_monitors_changed,
	.leave = handle_monitors_leave,
};

static void
handle_desktop_lost(void *data)
{
	app_quit(data, EXIT_NO_COMPOSITOR);
}

static const struct desktop_listener desktop_listener = {
	.lost = handle_desktop_lost,
};

static int
create_desktop(struct app *app)
{
	int r = monitors_create(app->event, &app->deadlines, &app->views, &app->options->monitors,
		&monitors_listener, app, &app->monitors);

	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	return desktop_create(app->event, &app->deadlines, &app->options->display,
		app->options->compositor_timeout_s, &app->views, app->monitors, &app->policy,
		&desktop_listener, app, &app->desktop);
}

static void
handle_gpu_available(void *data)
{
	struct app *app = data;

	if (app->means.gpu != NULL) {
		gpu_reader_handle_available(app->means.gpu);
	}
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		view_retry(app->views.views[i]);
	}
}

/* Its process is started when a picture first needs it. */
static int
create_gpu_helper(struct app *app)
{
	const char *software = getenv("VITRINE_TEST_SOFTWARE_GL");
	const struct gpu_helper_options options = {
		.software_counts = software != NULL && strcmp(software, "1") == 0,
		.only_way = app->policy.forced == &importer_gles,
		.available = handle_gpu_available,
		.data = app,
	};
	struct gpu_node nodes[GPU_MAX_NODES];
	int r = gpu_helper_create(app->event, &options, &app->gpu_helper);

	if (r >= 0) {
		gles_set_helper(app->gpu_helper);
		r = gpu_reader_create(
			app->event, app->gpu_helper, nodes, gpu_nodes_find(nodes), &app->means.gpu);
	}
	return r;
}

int
app_create_adapter(struct app *app, const struct guest_identity *identity,
	const struct guest_listener *listener, void *data, struct guest **ret_guest)
{
	const struct options *options = app->options;
	bool again = identity != NULL;
	bool session = options->address != NULL && strcmp(options->address, "session") == 0;
	struct qemu_target target = {
		.qmp_path = options->qmp_path,
		.fd = options->fd,
		.address = session ? NULL : options->address,
		.session_bus = session,
		.vm = options->vm,
		.wait = options->wait || again,
		.max_memory = options->max_memory,
	};

	if (options->fake) {
		/* What an absent socket is to a VM. */
		if (again && options->fake_script != NULL &&
			broker_look(options->fake_script, NULL) < 0) {
			return -ENOENT;
		}
		return fake_guest_create(
			app->event, options->fake_script, listener, data, ret_guest);
	}
	if (options->fd >= 0 && fcntl(options->fd, F_GETFD) < 0) {
		log_error("--fd %d: that descriptor is not open", options->fd);
		return -EBADF;
	}
	if (again && options->address != NULL && identity->uuid[0] != '\0') {
		target.vm = identity->uuid; /* there may be others on the bus by now */
	}
	return qemu_guest_create(app->event, &target, listener, data, ret_guest);
}

static int
create_guest(struct app *app)
{
	int r;

	if (!app->options->reconnect) {
		return app_create_adapter(app, NULL, &app_guest_listener, app, &app->guest);
	}
	r = reconnect_create(
		app->event, &app_reconnect_listener, &app_guest_listener, app, &app->reconnect);
	if (r >= 0) {
		app->guest = reconnect_guest(app->reconnect);
	}
	return r;
}

static int
handle_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct app *app = data;

	/* Windows may be closed like that; a picture that was asked for is missing. */
	app_quit(app, app_has_job(app) ? EXIT_FAILED : EXIT_DONE);
	return 0;
}

static void
take_signals(sigset_t *ret_signals)
{
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGTERM);
}

static int
init_event(struct app *app)
{
	sigset_t signals;
	int r;

	/* sd-event takes signals that are blocked. */
	take_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	r = sd_event_new(&app->event);
	if (r >= 0) {
		r = sd_event_add_signal(app->event, NULL, SIGINT, handle_signal, app);
	}
	if (r >= 0) {
		r = sd_event_add_signal(app->event, NULL, SIGTERM, handle_signal, app);
	}
	flow_event_clock_init(&app->clock, &app->deadlines);
	deadline_init(&app->blank, &app->deadlines, leave_if_blank, app);
	if (r >= 0) {
		r = flow_create(&app->clock.base, app->options->pacing, &app->flow);
	}
	if (r >= 0) {
		r = text_renderer_create(app->event, &app->text);
	}
	app->clock.flow = app->views.flow = app->flow;
	app->views.observers = &app->observers;
	return r;
}

/* Everything up to the loop. What must be there before the VM is disturbed comes first. */
static enum exit_code
start(struct app *app)
{
	bool windows = cli_wants_windows(app->options);
	int r;

	if (create_gpu_helper(app) < 0) {
		log_warning("no GPU helper: pictures that only a GPU reads are not seen");
	}
	if (!windows && app->options->path != NULL) {
		app->means.way = fetch_way_from_path(app->options->path->name);
	}
	if (windows) {
		drm_device_prepare();
	}
	if (windows && create_desktop(app) < 0) {
		return EXIT_NO_COMPOSITOR;
	}
	if (app->options->n_input_devices > 0) {
		r = own_devices_open(app->event, app->options->input_devices,
			app->options->n_input_devices, &app->options->input, &app->views,
			&app->own_devices);
		if (r < 0) {
			/* Logged. One that does not exist is a mistake of the command line. */
			return r == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
		}
	}
	if (app->options->stats_file != NULL) {
		/* Logged; the windows are what the user came for. */
		stats_file_open(app->event, app->options->stats_file, &app->stats_file);
	}
	r = create_guest(app);
	if (r < 0) {
		/* Logged. The script of the test guest is part of the command line. */
		return app->options->fake && r != -ENOMEM ? EXIT_USAGE : EXIT_CANNOT_ATTACH;
	}
	app->view_context.guest = app->guest;
	if (app->options->pacing == &flow_mailbox && !app->guest->ops->runs_ahead) {
		log_warning("--pacing mailbox is for VMs with several frames in flight; this one "
			    "waits for each answer: auto is used");
		flow_set_policy(app->flow, &flow_auto);
	}
	if (app_start_jobs(app) < 0) {
		return EXIT_FAILED;
	}
	app_confine(app);
	r = guest_open(app->guest);
	if (r < 0) {
		log_error("cannot attach: %s", strerror(-r));
		return EXIT_CANNOT_ATTACH;
	}
	return EXIT_DONE;
}

static void
finish(struct app *app)
{
	own_devices_close(app->own_devices);
	app_finish_jobs(app);
	resident_destroy(app->resident);
	monitors_destroy(app->monitors); /* it remembers the views as they are */
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		app_write_final_statistics(app, app->views.views[i]);
		view_destroy(app->views.views[i]);
	}
	app->views.n_views = 0;
	gles_set_helper(NULL);
	gpu_reader_destroy(app->means.gpu);
	gpu_helper_destroy(app->gpu_helper);
	guest_destroy(app->guest);
	desktop_destroy(app->desktop);
	text_renderer_destroy(app->text);
	flow_destroy(app->flow);
	flow_event_clock_finish(&app->clock);
	deadline_finish(&app->blank);
	stats_file_close(app->stats_file);
	sd_event_unref(app->event);
	fd_close(&app->other_resident);
}

int
app_run(const struct options *options, int *ret_resident)
{
	struct app app = {
		.options = options,
		.other_resident = -1,
		.ready_fd = -1,
		.policy = { .forced = options->path, .distrust_memory = options->untrusted },
	};
	sigset_t signals;
	int code = EXIT_FAILED;
	int r = app_start_broker(options);

	*ret_resident = -1;
	if (r < 0) {
		return EXIT_FAILED;
	}
	r = init_event(&app);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		finish(&app);
		return EXIT_FAILED;
	}
	app.view_context = (struct view_context){
		.event = app.event,
		.deadlines = &app.deadlines,
		.flow = app.flow,
		.policy = &app.policy,
		.text = app.text,
		.means = &app.means,
		.input = &options->input,
		.show_stats = options->show_stats,
		.listener = &view_listener,
		.data = &app,
	};
	code = start(&app);
	if (code == EXIT_DONE) {
		code = deadlines_loop(&app.deadlines, app.event);
	}
	/* From here on a signal ends us at once: a pipe that nobody reads must not hold us. */
	take_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	*ret_resident = code == EXIT_DONE ? fd_take(&app.other_resident) : -1;
	finish(&app);
	if (app.try_again) {
		return -ECONNRESET;
	}
	return code < 0 ? EXIT_FAILED : code;
}
