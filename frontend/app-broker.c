#include "app-private.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "broker/broker-rules.h"
#include "broker/broker.h"
#include "desktop.h"
#include "headless/ocr.h"
#include "import/gpu-process.h"
#include "input/key-layout.h"
#include "layout-path.h"
#include "qemu-dbus/qmp-connection.h"
#include "sandbox.h"
#include "script/command.h"
#include "shot-set.h"
#include "snapshot.h"
#include "socket-place.h"
#include "text/text-server.h"
#include "wayland/session-socket.h"

/* Who may need more than a confined process has: what is done for it, and with what files. */

/* Fonts are read as they are needed. */
static const struct sandbox_needs text_needs = { .decorations = true };

static void
leave_files_of_text(void)
{
	sandbox_leave_files_quietly(&text_needs);
}

static void
confine_text(void)
{
	sandbox_enter_quietly(&text_needs);
}

static void
confine_relay(void)
{
	sandbox_enter_relay();
}

static void
register_acts(const struct options *options)
{
	gpu_process_register(!options->no_sandbox);
	key_layout_register();
	ocr_register(options->no_sandbox ? NULL : sandbox_enter_program);
	qmp_connection_register(options->no_sandbox ? NULL : confine_relay);
	session_socket_register();
	socket_place_register();
	text_server_register(options->no_sandbox ? NULL : leave_files_of_text,
		options->no_sandbox ? NULL : confine_text);
}

/*
 * Pictures and recordings may be anywhere: clients of the control sockets say where. What others
 * keep under such a name, disk images for one, is neither read nor replaced.
 */
static int
add_endings(struct broker_rules *rules)
{
	static const struct {
		const char *ending;
		uint32_t rights;
	} endings[] = {
		{ ".png", BROKER_READ | BROKER_REPLACE },
		{ ".ppm", BROKER_READ | BROKER_REPLACE },
		{ ".qoi", BROKER_READ | BROKER_REPLACE },
		{ ".y4m", BROKER_REPLACE },
		{ COMMAND_TIMES_ENDING, BROKER_REPLACE },
		{ ".raw", 0 },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]) && r >= 0; i++) {
		r = broker_rules_add(rules, BROKER_ENDING,
			BROKER_WRITE | BROKER_LOOK | endings[i].rights, endings[i].ending, NULL);
	}
	return r;
}

#define WRITTEN (BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK)

/* all: one of each console. */
static int
add_pictures(struct broker_rules *rules, const char *path, bool all)
{
	char *series;
	int r;

	if (path == NULL || (!all && !shot_set_is_series(path))) {
		return broker_rules_add(rules, BROKER_PATH, WRITTEN, path, NULL);
	}
	series = shot_set_series(path);
	r = series != NULL ? broker_rules_add(rules, BROKER_SERIES, WRITTEN, series, NULL)
			   : -ENOMEM;
	free(series);
	return r;
}

/* Whatever the user has named is what the user means. */
static int
add_named(struct broker_rules *rules, const struct options *options)
{
	bool all = options->console == CLI_CONSOLE_ALL;
	int r = add_pictures(rules, options->screenshot, all);

	for (uint32_t i = 0; i < options->script.n_steps && r >= 0; i++) {
		const struct command *command = &options->script.steps[i].command;

		r = add_pictures(
			rules, command->path, command->console_given ? command->all_consoles : all);
		if (r >= 0) {
			r = broker_rules_add(
				rules, BROKER_PATH, WRITTEN, command->times_path, NULL);
		}
		if (r >= 0 && command->condition.kind == CONDITION_MATCH) {
			r = broker_rules_add(
				rules, BROKER_PATH, BROKER_READ, command->condition.text, NULL);
		}
	}
	return r;
}

static int
add_own(struct broker_rules *rules, const struct options *options, const char *layouts)
{
	const struct {
		const char *path;
		uint32_t rights;
	} paths[] = {
		{ options->qmp_path, BROKER_CONNECT | BROKER_LOOK },
		{ options->control, BROKER_LISTEN },
		{ options->stats_file, BROKER_WRITE | BROKER_REPLACE },
		{ options->junit_file, BROKER_WRITE | BROKER_REPLACE },
		{ ".", BROKER_LOOK },
		{ options->artifacts, BROKER_LOOK },
	};
	int r = broker_rules_add(rules, BROKER_FOLDER,
		BROKER_READ | BROKER_WRITE | BROKER_REPLACE | BROKER_RENAME | BROKER_FOLDERS,
		layouts, "layout-");

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]) && r >= 0; i++) {
		r = broker_rules_add(rules, BROKER_PATH, paths[i].rights, paths[i].path, NULL);
	}
	return r;
}

/* One that is still to be made is in a folder that is there. */
static bool
find_real_folder(const char *path, char ret_real[static PATH_MAX])
{
	char parent[PATH_MAX], name[PATH_MAX], real[PATH_MAX];
	int length;

	if (realpath(path, ret_real) != NULL) {
		return true;
	}
	if (errno != ENOENT || strlen(path) >= PATH_MAX) {
		return false;
	}
	strcpy(parent, path);
	strcpy(name, path);
	if (realpath(dirname(parent), real) == NULL) {
		return false;
	}
	length = snprintf(ret_real, PATH_MAX, "%s/%s", real, basename(name));
	return length > 0 && length < PATH_MAX;
}

/* Both as the user calls it and as the system does. */
static int
add_work_folder(struct broker_rules *rules, const char *path)
{
	char real[PATH_MAX];
	int r = broker_rules_add(rules, BROKER_WORK_FOLDER, 0, path, NULL);

	if (r >= 0 && path != NULL && find_real_folder(path, real)) {
		r = broker_rules_add(rules, BROKER_WORK_FOLDER, 0, real, NULL);
	}
	return r;
}

/* A home, or the pictures in it, may be kept below a folder that is hidden. */
static int
add_work_folders(struct broker_rules *rules, const struct options *options)
{
	const char *folders[] = { ".", options->artifacts, getenv("HOME"), snapshot_prepare() };
	int r = 0;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && r >= 0; i++) {
		r = add_work_folder(rules, folders[i]);
	}
	return r;
}

int
app_start_broker(const struct options *options)
{
	struct broker_rules rules = {
		.all = options->fake,
		.bus = options->address != NULL,
		.bus_address = options->address != NULL && strcmp(options->address, "session") != 0
				       ? options->address
				       : NULL,
	};
	char *layouts = layout_path_folder();
	int r = add_own(&rules, options, layouts);

	/* The second time nothing of that kind can be asked any more. */
	if (r >= 0 && !broker_is_running()) {
		r = add_work_folders(&rules, options);
	}
	if (r >= 0) {
		r = add_endings(&rules);
	}
	if (r >= 0) {
		r = add_named(&rules, options);
	}
	if (r >= 0) {
		register_acts(options);
		r = broker_start(&rules);
	}
	broker_rules_finish(&rules);
	free(layouts);
	if (r < 0) {
		log_error("cannot start: %s", strerror(-r));
	}
	return r;
}

void
app_confine(struct app *app)
{
	const struct sandbox_needs needs = {
		.decorations = app->desktop != NULL && desktop_draws_decorations(app->desktop),
		.devices = app->options->n_input_devices > 0,
		.fake = app->options->fake,
	};

	if (app->options->no_sandbox) {
		log_warning(
			"--no-sandbox: a VM that takes this viewer over has all of your rights");
		return;
	}
	sandbox_enter(&needs);
}
