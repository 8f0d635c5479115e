#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "control-socket.h"
#include "desktop.h"
#include "fake/fake.h"
#include "flow-event-clock.h"
#include "import/gles.h"
#include "qemu-dbus/adapter.h"
#include "remote.h"
#include "report.h"
#include "resident.h"
#include "screenshot.h"
#include "stats-file.h"
#include "text/text-renderer.h"

struct app {
	const struct options *options;
	sd_event *event;

	struct guest *guest;
	struct guest_identity identity;
	bool attached;
	struct flow_event_clock clock;
	struct flow *flow;
	struct text_renderer *text;
	struct resident *resident;
	int other_resident; /* a socket to the process that has this VM already; or -1 */

	struct view_list views;
	struct view_context view_context;
	struct picture_policy policy;
	struct gpu_helper *gpu_helper; /* NULL with a screenshot */

	struct stats_file *stats_file; /* NULL: nobody asked, or it cannot be written */
	struct desktop *desktop;       /* NULL with a screenshot */
	struct screenshot *screenshot; /* NULL with windows */
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

static void
arrange(struct app *app)
{
	if (app->desktop != NULL) {
		desktop_arrange(app->desktop);
	}
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

	arrange(app);
	tell_change(app, view);
}

static void
handle_view_content_changed(void *data, struct view *view)
{
	tell_change(data, view);
}

/*
 * A picture that cannot be shown leaves the last one standing. Where there is none, there is no
 * window at all, and nobody should have to look for a program that shows nothing.
 */
static void
handle_view_hopeless(void *data, struct view *hopeless)
{
	struct app *app = data;

	for (uint32_t i = 0; i < app->views.n_views; i++) {
		if (view_status(app->views.views[i]).picture.presented > 0) {
			return;
		}
	}
	quit(app, EXIT_FAILED);
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
	.hopeless = handle_view_hopeless,
	.measured = handle_view_measured,
	.closed = handle_view_closed,
};

static int
handle_guest_identified(void *data, const struct guest_identity *identity)
{
	struct app *app = data;
	char key[CONTROL_SOCKET_KEY_SIZE];
	int r;

	app->identity = *identity;
	if (app->desktop != NULL) {
		desktop_set_vm_name(app->desktop, vm_name(app));
	}
	control_socket_key(identity, app->options->qmp_path, key);
	r = remote_open(key, &app->other_resident);
	if (r >= 0) {
		return -EALREADY;
	}
	r = resident_create(app->event, key, &app->identity,
		app->screenshot != NULL ? RESIDENT_JOB_SCREENSHOT : RESIDENT_JOB_WINDOWS,
		&app->views, &app->resident);
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
	if (app->stats_file != NULL) {
		r = view_set_measuring(view, true);
		if (r < 0) {
			log_warning("console %u is not measured: %s", head->console, strerror(-r));
		}
	}
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
write_final_statistics(struct app *app, const struct view *view)
{
	if (app->stats_file != NULL) {
		stats_file_add(app->stats_file, report_statistics(view, true));
	}
}

static void
handle_guest_head_removed(void *data, struct guest_head *head)
{
	struct app *app = data;
	struct view_list *list = &app->views;

	for (uint32_t i = 0; i < list->n_views; i++) {
		if (list->views[i] == head->frontend) {
			write_final_statistics(app, head->frontend);
			list->n_views--;
			memmove(&list->views[i], &list->views[i + 1],
				(list->n_views - i) * sizeof(list->views[0]));
			view_destroy(head->frontend);
			head->frontend = NULL;
			arrange(app);
			break;
		}
	}
	if (list->n_views == 0) {
		log_warning("the VM has no monitor any more; waiting for one");
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

/* The host moves the cursor itself: where the guest thinks that it is does not matter. */
static void
handle_guest_cursor_position(void *data, struct guest_head *head, int32_t gx, int32_t gy, bool on)
{
	if (head->frontend != NULL) {
		view_handle_cursor_shown(head->frontend, on);
	}
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

	if (app->desktop != NULL) {
		desktop_set_synced(app->desktop);
	}
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
	if (app->desktop != NULL) {
		desktop_set_notice(app->desktop, "view only: another viewer took this VM over");
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

static void
handle_desktop_lost(void *data)
{
	quit(data, EXIT_NO_COMPOSITOR);
}

static const struct desktop_listener desktop_listener = {
	.lost = handle_desktop_lost,
};

static void
handle_gpu_available(void *data)
{
	struct app *app = data;

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
	int r = gpu_helper_create(app->event, &options, &app->gpu_helper);

	if (r >= 0) {
		gles_set_helper(app->gpu_helper);
	}
	return r;
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
	if (options->fd >= 0 && fcntl(options->fd, F_GETFD) < 0) {
		log_error("--fd %d: that descriptor is not open", options->fd);
		return -EBADF;
	}
	return qemu_guest_create(app->event, &target, &guest_listener, app, &app->guest);
}

static int
handle_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *data)
{
	struct app *app = data;

	/* Windows may be closed like that; a picture that was asked for is missing. */
	quit(app, app->screenshot != NULL ? EXIT_FAILED : EXIT_DONE);
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
	if (r >= 0) {
		r = flow_event_clock_init(&app->clock, app->event);
	}
	if (r >= 0) {
		r = flow_create(&app->clock.base, app->options->pacing, &app->flow);
	}
	if (r >= 0) {
		r = text_renderer_create(app->event, &app->text);
	}
	app->clock.flow = app->views.flow = app->flow;
	return r;
}

static void
handle_screenshot_done(void *data, enum exit_code code)
{
	quit(data, code);
}

/* Everything up to the loop. What must be there before the VM is disturbed comes first. */
static enum exit_code
start(struct app *app)
{
	int r;

	if (app->options->screenshot == NULL && create_gpu_helper(app) < 0) {
		log_warning("no GPU helper: what the compositor does not take is copied");
	}
	if (app->options->screenshot == NULL &&
		desktop_create(app->event, &app->options->display, &app->views, &app->policy,
			&desktop_listener, app, &app->desktop) < 0) {
		return EXIT_NO_COMPOSITOR;
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
	if (app->options->screenshot != NULL) {
		r = screenshot_create(app->event, app->options, &app->views, handle_screenshot_done,
			app, &app->screenshot);
		if (r < 0) {
			log_error("cannot take a picture: %s", strerror(-r));
			return EXIT_FAILED;
		}
	}
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
	screenshot_destroy(app->screenshot);
	resident_destroy(app->resident);
	for (uint32_t i = 0; i < app->views.n_views; i++) {
		write_final_statistics(app, app->views.views[i]);
		view_destroy(app->views.views[i]);
	}
	app->views.n_views = 0;
	gles_set_helper(NULL);
	gpu_helper_destroy(app->gpu_helper);
	guest_destroy(app->guest);
	desktop_destroy(app->desktop);
	text_renderer_destroy(app->text);
	flow_destroy(app->flow);
	flow_event_clock_finish(&app->clock);
	stats_file_close(app->stats_file);
	sd_event_unref(app->event);
	fd_close(&app->other_resident);
}

enum exit_code
app_run(const struct options *options, int *ret_resident)
{
	struct app app = {
		.options = options,
		.other_resident = -1,
		.policy = { .forced = options->path, .distrust_memory = options->untrusted },
	};
	sigset_t signals;
	int code = EXIT_FAILED;
	int r = init_event(&app);

	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		finish(&app);
		*ret_resident = -1;
		return EXIT_FAILED;
	}
	app.view_context = (struct view_context){
		.event = app.event,
		.flow = app.flow,
		.policy = &app.policy,
		.text = app.text,
		.show_stats = options->show_stats,
		.listener = &view_listener,
		.data = &app,
	};
	code = start(&app);
	if (code == EXIT_DONE) {
		code = sd_event_loop(app.event);
	}
	/* From here on a signal ends us at once: a pipe that nobody reads must not hold us. */
	take_signals(&signals);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	*ret_resident = code == EXIT_DONE ? fd_take(&app.other_resident) : -1;
	finish(&app);
	return code < 0 ? EXIT_FAILED : (enum exit_code)code;
}
