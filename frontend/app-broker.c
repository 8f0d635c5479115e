#include "app-private.h"

#include <errno.h>
#include <limits.h>
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

/* Whatever the user has named is what the user means. */
static int
add_named(struct broker_rules *rules, const struct options *options)
{
	static const uint32_t written = BROKER_WRITE | BROKER_REPLACE | BROKER_LOOK;
	int r = broker_rules_add(rules, BROKER_PATH, written, options->screenshot, NULL);

	for (uint32_t i = 0; i < options->script.n_steps && r >= 0; i++) {
		const struct command *command = &options->script.steps[i].command;

		r = broker_rules_add(rules, BROKER_PATH, written, command->path, NULL);
		if (r >= 0) {
			r = broker_rules_add(
				rules, BROKER_PATH, written, command->times_path, NULL);
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

/* Where pictures go that have no folder of their own: as it is called, and as the user calls it. */
static void
add_work_folders(struct broker_rules *rules, const struct options *options)
{
	static char here[PATH_MAX], artifacts[PATH_MAX];

	rules->work_folders[0] = realpath(".", here);
	if (options->artifacts != NULL) {
		rules->work_folders[1] = realpath(options->artifacts, artifacts);
		rules->work_folders[2] = options->artifacts;
	}
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
	if (!broker_is_running()) {
		add_work_folders(&rules, options);
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
