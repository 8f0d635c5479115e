#include "cli-private.h"

#include <string.h>

#include "shot-set.h"

static int
count_targets(const struct options *options)
{
	/* --qmp beside --fd is no second target. */
	return (options->qmp_path != NULL || options->fd >= 0) + (options->address != NULL) +
	       options->fake;
}

static bool
is_about_windows(const struct monitors_options *monitors)
{
	return monitors->plug_given || monitors->fullscreen != FULLSCREEN_NONE ||
	       monitors->mapping.n_pairs > 0 || !monitors->auto_resize || monitors->even_width ||
	       monitors->zoom_percent != 0 || monitors->mode != FIT_WINDOW || monitors->nearest ||
	       monitors->window_close != WINDOW_CLOSE_DETACH || !monitors->remember;
}

/* Without windows, and in a way that is not only for them. */
static bool
reads_pictures(const struct options *options)
{
	return (options->screenshot != NULL || options->headless) &&
	       (options->path == &importer_gles || options->path == &importer_copy);
}

bool
cli_wants_windows(const struct options *options)
{
	return options->screenshot == NULL && !options->list && !options->headless &&
	       options->typing.n_strokes == 0 && !options->script_given;
}

const char *
cli_find_contradiction(const struct options *options)
{
	int n_targets = count_targets(options);
	bool types = options->typing.n_strokes > 0;
	bool windows = cli_wants_windows(options);
	bool all = options->console == CLI_CONSOLE_ALL && !options->stitch;
	static char why[SHOT_ERROR_SIZE];

	if (n_targets > 1) {
		return "--qmp, --address, --fd and --fake exclude each other (but for --fd with --qmp)";
	}
	if (n_targets == 0 && !options->list) {
		return "which VM? Give --qmp SOCKET, --address ADDRESS, --fd N or --fake";
	}
	if (options->list + (options->screenshot != NULL) + options->headless + types +
			options->script_given >
		1) {
		return "--list, --screenshot, --headless, --script, and --send-keys with --type exclude "
		       "each other";
	}
	if (options->script_given && options->script.n_steps == 0) {
		return "the script has no command";
	}
	if (!options->script_given && options->junit_file != NULL) {
		return "--junit goes with --script";
	}
	if (!options->script_given && options->control == NULL && options->artifacts != NULL) {
		return "--artifacts goes with --script and --control";
	}
	if (!windows && !options->headless && options->control != NULL) {
		return "--control goes with --headless and with windows";
	}
	if (!windows && !options->headless && options->ready_fd >= 0) {
		return "--ready-fd goes with --headless and with windows";
	}
	if ((options->cursor || options->stitch) && options->screenshot == NULL) {
		return "--cursor and --stitch go with --screenshot";
	}
	if (options->stitch && options->console != CLI_CONSOLE_ALL) {
		return "--stitch goes with --console all";
	}
	if (options->json && !options->list) {
		return "--json goes with --list";
	}
	if (options->vm != NULL && options->address == NULL) {
		return "--vm goes with --address";
	}
	if (options->vm != NULL && options->list) {
		return "--list lists every VM on a bus: --vm does not go with it";
	}
	if (!windows && (options->untrusted || options->show_stats)) {
		return "--untrusted and --show-stats are about windows";
	}
	if (!windows && options->path != NULL && !reads_pictures(options)) {
		return "--path is about windows; --screenshot and --headless take --path gles and "
		       "--path copy";
	}
	if (!windows && is_about_windows(&options->monitors)) {
		return "--monitors, --full-screen, --monitor-mapping, --auto-resize, --even-width, "
		       "--zoom, --scale, --filter, --window-close and --no-layout are about windows";
	}
	if (!windows && options->input_given && options->n_input_devices == 0) {
		return "--grab, --capture-keys, --hotkeys, --keymap, --pass-keys, --no-release-keys and "
		       "--sync-locks are about windows";
	}
	if (options->monitors.mapping.n_pairs > 0 &&
		(options->monitors.fullscreen == FULLSCREEN_ALL ||
			options->monitors.fullscreen == FULLSCREEN_OUTPUT)) {
		return "--monitor-mapping says which monitors are covered: --full-screen takes no "
		       "value beside it";
	}
	if (!windows && options->compositor_timeout_given) {
		return "--compositor-timeout is about windows";
	}
	if (!windows && options->stats_file != NULL) {
		return "--stats-file is about windows";
	}
	if (options->path == &importer_shm && options->untrusted) {
		return "--path shm shares the VM's memory, which --untrusted rules out";
	}
	if (!windows &&
		(options->pacing != NULL || options->display.tearing || options->display.fifo)) {
		return "--pacing, --tearing and --fifo are about windows";
	}
	if (options->display.fifo && options->pacing != NULL && options->pacing != &flow_vsync) {
		return "--fifo shows every frame, so the guest waits for each: --pacing vsync";
	}
	if (!windows && !options->headless && options->n_input_devices > 0) {
		return "--input-device goes with windows and --headless";
	}
	if (options->timeout_given && options->screenshot == NULL && !options->list &&
		!options->script_given && options->control == NULL) {
		return "--timeout goes with --screenshot, --list, --script and --control";
	}
	if (options->wait && options->qmp_path == NULL && options->address == NULL) {
		return "--wait goes with --qmp and --address";
	}
	if (options->reconnect && options->fd >= 0) {
		return "--reconnect cannot open the connection of --fd again: give --qmp or --address";
	}
	if (options->reconnect && !windows && !options->headless) {
		return "--reconnect goes with windows and --headless";
	}
	if (options->screenshot == NULL && options->wait_stable_ms != 0) {
		return "--wait-stable goes with --screenshot";
	}
	if (options->screenshot == NULL && !types && !options->script_given &&
		options->control == NULL && options->console != CLI_CONSOLE_FIRST) {
		return "--console goes with --screenshot, --script, --control, --send-keys and --type";
	}
	if (types && options->console == CLI_CONSOLE_ALL) {
		return "keys go to one console: --console all goes with --screenshot";
	}
	if (!types && !options->script_given && options->keyboard_layout != NULL) {
		return "--layout goes before --type and --script";
	}
	if (options->screenshot != NULL && shot_set_check_path(options->screenshot, all, why) < 0) {
		return why;
	}
	if (options->list && options->fake) {
		return "--list looks for VMs; the test guest is none";
	}
	if (options->list && options->fd >= 0) {
		return "--list would take the connection of --fd away from its viewer; use --qmp";
	}
	return NULL;
}
