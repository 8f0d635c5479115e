#include "app-private.h"

#include <errno.h>
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
#include "sandbox.h"
#include "script/command.h"
#include "socket-place.h"
#include "text/text-server.h"
#include "wayland/display.h"

/* Who may need more than a confined process has: what is done for it, and with what files. */

static void
register_acts(void)
{
	display_register();
	gpu_process_register();
	key_layout_register();
	ocr_register();
	socket_place_register();
	text_server_register();
}

/* Pictures and recordings may be anywhere: clients of the control sockets say where. */
static void
add_endings(struct broker_rules *rules)
{
	static const char *const endings[] = { ".png", ".ppm", ".qoi", ".raw", ".y4m",
		COMMAND_TIMES_ENDING };

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		broker_rules_add(rules, BROKER_ENDING, BROKER_READ | BROKER_WRITE | BROKER_LOOK,
			endings[i], NULL);
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
	int r;

	broker_rules_add(
		&rules, BROKER_PATH, BROKER_CONNECT | BROKER_LOOK, options->qmp_path, NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_LISTEN, options->control, NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_WRITE, options->stats_file, NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_WRITE, options->junit_file, NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_LOOK, ".", NULL);
	broker_rules_add(&rules, BROKER_PATH, BROKER_LOOK, options->artifacts, NULL);
	broker_rules_add(&rules, BROKER_FOLDER, BROKER_READ | BROKER_WRITE | BROKER_RENAME, layouts,
		"layout-");
	add_endings(&rules);
	register_acts();
	r = broker_start(&rules);
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
