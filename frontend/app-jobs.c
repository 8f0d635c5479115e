#include "app-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "control-server.h"
#include "resident.h"
#include "screenshot.h"
#include "script-job.h"
#include "typing-job.h"

static void
handle_done(void *data, enum exit_code code)
{
	app_quit(data, code);
}

static void
handle_idle(void *data)
{
	struct app *app = data;

	app_quit(app, app->script_code);
}

/* Scripts of others that go through this one are not cut short. */
static void
handle_script_done(void *data, enum exit_code code)
{
	struct app *app = data;

	app->script_code = code;
	control_server_close(app->control, handle_idle, app);
}

const char *
app_job_name(const struct app *app)
{
	if (app->typing_job != NULL) {
		return RESIDENT_JOB_TYPING;
	}
	if (app->screenshot != NULL) {
		return RESIDENT_JOB_SCREENSHOT;
	}
	if (app->script_job != NULL) {
		return RESIDENT_JOB_SCRIPT;
	}
	return app->desktop != NULL ? RESIDENT_JOB_WINDOWS : RESIDENT_JOB_HEADLESS;
}

bool
app_has_job(const struct app *app)
{
	return app->typing_job != NULL || app->screenshot != NULL || app->script_job != NULL;
}

static int
start_control(struct app *app, const struct session_context *context)
{
	struct session_context served = *context;
	int r;

	/* Its clients are told where their own pictures are, or say so. */
	served.artifacts = app->options->artifacts;
	served.output_fd = -1;
	r = control_server_create(&served, &app->control);
	if (r < 0) {
		log_error("cannot serve commands: %s", strerror(-r));
		return r;
	}
	return app->options->control == NULL
		       ? 0
		       : control_server_listen(app->control, app->options->control);
}

static int
start_job(struct app *app, const struct session_context *context)
{
	const struct options *options = app->options;

	if (options->screenshot != NULL) {
		return screenshot_create(app->event, options, &app->views, &app->means, handle_done,
			app, &app->screenshot);
	}
	if (options->typing.n_strokes > 0) {
		return typing_job_create(app->event, options, app->guest, &app->views, handle_done,
			app, &app->typing_job);
	}
	if (options->script_given) {
		return script_job_create(
			options, context, handle_script_done, app, &app->script_job);
	}
	return 0;
}

/* Whoever waits for it may go on. */
static void
handle_synced(void *data)
{
	static const char line[] = "READY=1\n";
	struct app *app = data;

	if (app->ready_fd >= 0) {
		int r = fd_write_all(app->ready_fd, line, strlen(line));

		if (r < 0) {
			log_warning("cannot write to --ready-fd: %s", strerror(-r));
		}
		fd_close(&app->ready_fd);
	}
}

static const struct observer_listener observer_listener = {
	.synced = handle_synced,
};

int
app_start_jobs(struct app *app)
{
	const struct options *options = app->options;
	const struct session_context context = {
		.event = app->event,
		.guest = app->guest,
		.views = &app->views,
		.means = &app->means,
		.artifacts = options->artifacts != NULL ? options->artifacts : ".",
		.output_fd = STDOUT_FILENO,
		.console = options->console,
		.timeout_ms = options->timeout_ms,
	};
	int r;

	app->observer = (struct observer){ .listener = &observer_listener, .data = app };
	observers_add(&app->observers, &app->observer);
	if (options->ready_fd >= 0 && fcntl(options->ready_fd, F_SETFD, FD_CLOEXEC) < 0) {
		log_error("--ready-fd %d: that descriptor is not open", options->ready_fd);
		return -EBADF;
	}
	app->ready_fd = options->ready_fd;
	r = start_job(app, &context);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
		return r;
	}
	return start_control(app, &context);
}

bool
app_jobs_handle_closed(struct app *app, enum exit_code *code)
{
	if (app->control != NULL) {
		control_server_handle_closed(app->control);
	}
	if (app->script_job != NULL) {
		*code = script_job_handle_closed(app->script_job);
		return true;
	}
	if (app->screenshot != NULL && screenshot_has_pictures(app->screenshot)) {
		log_info("the VM went away after the picture was taken");
		return false;
	}
	if (app_has_job(app)) {
		*code = EXIT_VM_GONE;
	}
	return true;
}

void
app_finish_jobs(struct app *app)
{
	script_job_destroy(app->script_job);
	typing_job_destroy(app->typing_job);
	screenshot_destroy(app->screenshot);
	control_server_destroy(app->control);
	fd_close(&app->ready_fd);
}
