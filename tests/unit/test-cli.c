#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

#define MAX_ARGUMENTS 24
#define MAX_RUNS 512

struct run {
	enum cli_result result;
	struct options options;
	char out[UNIT_TEXT_SIZE];
	char err[UNIT_TEXT_SIZE];
};

/* The words of the command line, separated by single blanks. */
static void
run_cli(struct run *run, const char *line)
{
	char name[] = "vitrine";
	char *argv[MAX_ARGUMENTS + 2] = { name };
	struct unit_output out, err;
	/* Fresh memory each time: getopt_long keeps a pointer into the last one's words. */
	static char arena[MAX_RUNS][UNIT_PATH_SIZE];
	static uint32_t n_runs;
	char *words = arena[n_runs++];
	char *rest = words;
	int argc = 1;

	memset(run, 0, sizeof(*run));
	assert_true(n_runs <= MAX_RUNS);
	snprintf(words, UNIT_PATH_SIZE, "%s", line);
	while (*line != '\0' && rest != NULL) {
		assert_true(argc <= MAX_ARGUMENTS);
		argv[argc++] = strsep(&rest, " ");
	}
	unit_output_begin(&out, STDOUT_FILENO);
	unit_output_begin(&err, STDERR_FILENO);
	run->result = cli_parse(argc, argv, &run->options);
	unit_output_end(&err);
	unit_output_end(&out);
	memcpy(run->out, out.text, sizeof(run->out));
	memcpy(run->err, err.text, sizeof(run->err));
}

static struct options
accept(const char *line)
{
	struct run run;

	run_cli(&run, line);
	assert_string_equal(run.err, "");
	assert_int_equal(run.result, CLI_RUN);
	return run.options;
}

static void
test_defaults(void **state)
{
	struct options options = accept("--qmp /run/vm.sock");

	assert_string_equal(options.qmp_path, "/run/vm.sock");
	assert_null(options.address);
	assert_int_equal(options.fd, -1);
	assert_false(
		options.fake || options.wait || options.list || options.json || options.untrusted);
	assert_null(options.screenshot);
	assert_int_equal(options.console, CLI_CONSOLE_FIRST);
	assert_int_equal(options.wait_stable_ms, 0);
	assert_int_equal(options.timeout_ms, CLI_DEFAULT_TIMEOUT_S * 1000);
	assert_null(options.path);
	assert_ptr_equal(options.pacing, &flow_auto);
	assert_false(options.display.tearing || options.display.fifo);
	assert_null(options.stats_file);
	assert_int_equal(options.log_level, LOG_LEVEL_WARNING);
	assert_false(options.monitors.plug_given || options.monitors.even_width);
	assert_true(options.monitors.auto_resize && options.monitors.remember);
	assert_int_equal(options.monitors.fullscreen, FULLSCREEN_NONE);
	assert_int_equal(options.monitors.mapping.n_pairs, 0);
	assert_int_equal(options.monitors.zoom_percent, 0);
	assert_int_equal(options.monitors.mode, FIT_WINDOW);
	assert_int_equal(options.monitors.window_close, WINDOW_CLOSE_DETACH);
}

static void
test_targets(void **state)
{
	struct options options;

	options = accept("--address unix:path=/x --vm box");
	assert_string_equal(options.address, "unix:path=/x");
	assert_string_equal(options.vm, "box");
	options = accept("--fd 7");
	assert_int_equal(options.fd, 7);
	options = accept("--fd 7 --qmp s");
	assert_string_equal(options.qmp_path, "s");
	options = accept("--fake");
	assert_true(options.fake);
	assert_null(options.fake_script);
	options = accept("--fake=script");
	assert_string_equal(options.fake_script, "script");
	assert_true(accept("--qmp s --wait").wait);
	assert_true(accept("--qmp s --reconnect").reconnect);
	assert_true(accept("--address session --reconnect --headless").reconnect);
	assert_true(accept("--fake -r").reconnect);
	/* The list of all there is needs none. */
	assert_true(accept("--list").list);
}

static void
test_screenshot(void **state)
{
	struct options options =
		accept("--fake --screenshot=a.png --console=all --wait-stable 250 --timeout 3");

	assert_string_equal(options.screenshot, "a.png");
	assert_int_equal(options.console, CLI_CONSOLE_ALL);
	assert_int_equal(options.wait_stable_ms, 250);
	assert_int_equal(options.timeout_ms, 3000);
	options = accept("--fake --screenshot - --console 3");
	assert_string_equal(options.screenshot, "-");
	assert_int_equal(options.console, 3);
}

static void
test_other_options(void **state)
{
	assert_true(accept("--qmp s --list --json").json);
	assert_ptr_equal(accept("--fake --path direct").path, &importer_direct);
	assert_ptr_equal(accept("--fake --path shm").path, &importer_shm);
	assert_ptr_equal(accept("--fake --path copy").path, &importer_copy);
	/* Two of them say how a picture is read. */
	assert_ptr_equal(accept("--fake --screenshot a.png --path gles").path, &importer_gles);
	assert_ptr_equal(accept("--fake --headless --path copy").path, &importer_copy);
	assert_true(accept("--fake --untrusted").untrusted);
	assert_int_equal(accept("--fake").max_memory, 0);
	assert_int_equal(accept("--fake --max-memory 1").max_memory, 1 << 20);
	assert_int_equal(accept("--fake --max-memory 1048576").max_memory,
		(uint64_t)CLI_MAX_MEMORY_MIB << 20);
	assert_ptr_equal(accept("--fake --pacing immediate").pacing, &flow_immediate);
	assert_ptr_equal(accept("--fake --pacing mailbox").pacing, &flow_mailbox);
	assert_true(accept("--fake --tearing").display.tearing);
	assert_true(accept("--fake --fifo --pacing vsync").display.fifo);
	assert_ptr_equal(accept("--fake --fifo").pacing, &flow_vsync);
	assert_string_equal(accept("--fake --stats-file -").stats_file, "-");
	assert_string_equal(accept("--fake --stats-file=/tmp/x").stats_file, "/tmp/x");
	assert_int_equal(accept("--fake --verbose").log_level, LOG_LEVEL_INFO);
	assert_int_equal(accept("--fake --verbose --verbose").log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(accept("--fake --verbose --verbose --verbose").log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(accept("--fake --quiet").log_level, LOG_LEVEL_ERROR);
}

static void
test_input_devices(void **state)
{
	struct options options =
		accept("--fake --headless --input-device /dev/a --input-device=b --keymap a=b");
	char line[UNIT_PATH_SIZE] = "--fake";
	struct run run;

	assert_true(options.headless);
	assert_int_equal(options.n_input_devices, 2);
	assert_string_equal(options.input_devices[0], "/dev/a");
	assert_string_equal(options.input_devices[1], "b");
	for (uint32_t i = 0; i < DEVICE_SET_MAX; i++) {
		strcat(line, " --input-d=x");
	}
	assert_int_equal(accept(line).n_input_devices, DEVICE_SET_MAX);
	strcat(line, " --input-d=x");
	run_cli(&run, line);
	assert_int_equal(run.result, CLI_ERROR);
	assert_non_null(strstr(run.err, "--input-device: a VM gets no more than 16 devices"));
}

static struct monitors_options
accept_monitors(const char *line)
{
	return accept(line).monitors;
}

static void
test_which_monitors(void **state)
{
	struct monitors_options monitors = accept_monitors("--fake --monitors 0,2-3");

	assert_true(monitors.plug_given);
	assert_int_equal(monitors.plug, 1u << 0 | 1u << 2 | 1u << 3);
	assert_int_equal(accept_monitors("--fake --monitors=15,15").plug, 1u << 15);
	assert_int_equal(
		accept_monitors("--fake --monitors all").plug, (1u << GUEST_MAX_HEADS) - 1);
	/* The last one counts. */
	assert_int_equal(accept_monitors("--fake --monitors 0 --monitors 1").plug, 1u << 1);
}

static void
test_full_screen(void **state)
{
	struct monitors_options monitors = accept_monitors("--fake --full-screen");

	assert_int_equal(monitors.fullscreen, FULLSCREEN_SHOWN);
	assert_int_equal(accept_monitors("--fake --full-screen=all").fullscreen, FULLSCREEN_ALL);
	monitors = accept_monitors("--fake --full-screen=HDMI-A-1");
	assert_int_equal(monitors.fullscreen, FULLSCREEN_OUTPUT);
	assert_string_equal(monitors.fullscreen_output, "HDMI-A-1");
	monitors = accept_monitors("--fake --monitor-mapping 2:1;1:DP-1 --full-screen");
	assert_int_equal(monitors.fullscreen, FULLSCREEN_SHOWN);
	assert_int_equal(monitors.mapping.n_pairs, 2);
	assert_int_equal(monitors.mapping.pairs[0].head, 1);
	assert_int_equal(monitors.mapping.pairs[0].number, 1);
	assert_int_equal(monitors.mapping.pairs[1].head, 0);
	assert_string_equal(monitors.mapping.pairs[1].name, "DP-1");
}

static void
test_sizes(void **state)
{
	assert_false(accept_monitors("--fake --auto-resize never").auto_resize);
	assert_true(accept_monitors("--fake --auto-resize always").auto_resize);
	assert_true(accept_monitors("--fake --auto-resize never --auto-resize=always").auto_resize);
	assert_true(accept_monitors("--fake --even-width").even_width);
	assert_int_equal(accept_monitors("--fake --zoom 25").zoom_percent, 25);
	assert_int_equal(accept_monitors("--fake --zoom=133").zoom_percent, 133);
	assert_int_equal(accept_monitors("--fake --zoom 400").zoom_percent, 400);
	assert_int_equal(accept_monitors("--fake --scale fit").mode, FIT_WINDOW);
	assert_int_equal(accept_monitors("--fake --scale 1:1").mode, FIT_ONE_TO_ONE);
	assert_int_equal(accept_monitors("--fake --scale=integer").mode, FIT_INTEGER);
}

static void
test_closing_and_remembering(void **state)
{
	assert_int_equal(
		accept_monitors("--fake --window-close detach").window_close, WINDOW_CLOSE_DETACH);
	assert_int_equal(
		accept_monitors("--fake --window-close ask").window_close, WINDOW_CLOSE_ASK);
	assert_int_equal(accept_monitors("--qmp s --window-close=powerdown").window_close,
		WINDOW_CLOSE_POWERDOWN);
	assert_false(accept_monitors("--fake --no-layout").remember);
	/* They all go together, and with what else is about windows. */
	assert_false(accept_monitors("--qmp s --monitors all --full-screen --zoom 150 --no-layout")
			     .remember);
}

static void
test_input(void **state)
{
	struct options options = accept("--fake");

	assert_int_equal(options.input.grab, GRAB_CLICK);
	assert_int_equal(options.input.capture, CAPTURE_KEYS_FULL_SCREEN);
	assert_false(options.input.keep_keys || options.input.lock_keys);
	assert_false(options.display.lock_keys);
	assert_string_equal(options.input.hotkeys.grab_text, "Ctrl+Alt+G");
	options =
		accept("--fake --grab hover --capture-keys always --no-release-keys --sync-locks");
	assert_int_equal(options.input.grab, GRAB_HOVER);
	assert_int_equal(options.input.capture, CAPTURE_KEYS_ALWAYS);
	assert_true(options.input.keep_keys && options.input.lock_keys);
	assert_true(options.display.lock_keys);
	options = accept("--fake --grab focus --capture-keys never -K Super_L=,1=2 -H "
			 "release-cursor=F12 --pass-keys super+l,alt+tab");
	assert_int_equal(options.input.grab, GRAB_FOCUS);
	assert_int_equal(options.input.capture, CAPTURE_KEYS_NEVER);
	assert_int_equal(options.input.remaps.n_remaps, 2);
	assert_string_equal(options.input.hotkeys.grab_text, "F12");
	assert_int_equal(options.input.pass_keys.n_chords, 2);
	options = accept("--fake --grab click --capture-keys fullscreen --grab=off");
	assert_int_equal(options.input.grab, GRAB_OFF);
}

static void
test_typing(void **state)
{
	struct options options = accept("--qmp s --send-keys ctrl+alt+f2,enter --type abc");

	assert_int_equal(options.typing.n_strokes, 5);
	assert_false(cli_wants_windows(&options));
	options = accept("--qmp s --layout de --type z --console 1");
	assert_int_equal(options.typing.strokes[0].codes[0], 21);
	assert_int_equal(options.console, 1);
}

/* What a complaint says, where it is more than which option it is about. */
static void
test_scripts(void **state)
{
	struct options options = accept("--fake -e click -e record-end --junit j.xml --artifacts a "
					"--console 2 --timeout 3");

	assert_true(options.script_given);
	assert_false(cli_wants_windows(&options));
	assert_int_equal(options.script.n_steps, 2);
	assert_int_equal(options.script.steps[1].line, 2);
	assert_string_equal(options.script.steps[1].text, "record-end");
	assert_string_equal(options.junit_file, "j.xml");
	assert_string_equal(options.artifacts, "a");
	assert_int_equal(options.console, 2);
	assert_int_equal(options.timeout_ms, 3000);
	options_finish(&options);
	assert_int_equal(options.script.n_steps, 0);
}

static void
test_control(void **state)
{
	struct options options = accept("--fake --headless --control s --ready-fd 7 --artifacts a "
					"--console all --timeout 3");

	assert_string_equal(options.control, "s");
	assert_int_equal(options.ready_fd, 7);
	assert_int_equal(options.console, CLI_CONSOLE_ALL);
	assert_int_equal(accept("--fake").ready_fd, -1);
	assert_true(cli_wants_windows(&(struct options){ .control = "s" }));
	options = accept("--fake -s a-%02d.qoi --console all --cursor --stitch");
	assert_true(options.cursor && options.stitch);
	assert_string_equal(accept("--fake -s a.raw").screenshot, "a.raw");
}

static void
test_complaints_name_what_is_wrong(void **state)
{
	static const struct {
		const char *line, *words[3];
	} cases[] = {
		{ "--fake --monitors 0,x", { "--monitors: ", "'x'", "character 3" } },
		{ "--fake --monitors 0,16", { "--monitors: ", "16 is not", "0 to 15" } },
		{ "--fake --monitors 3-1", { "--monitors: ", "3-1", "downwards" } },
		{ "--fake --monitors=", { "--monitors: ", "missing", "console" } },
		{ "--fake --monitor-mapping 1", { "--monitor-mapping: ", "'1'", "':'" } },
		{ "--fake --monitor-mapping 1:DP-1;1:DP-2",
			{ "--monitor-mapping: ", "character 8", "before" } },
		{ "--fake --monitor-mapping 1:DP-1;2:DP-1", { "--monitor-mapping: ", "'DP-1'" } },
		{ "--fake --monitor-mapping 0:DP-1", { "--monitor-mapping: ", "1 to 16" } },
		{ "--fake --monitor-mapping 1:", { "--monitor-mapping: ", "missing" } },
		{ "--fake --monitor-mapping 1:17", { "--monitor-mapping: ", "17", "1 to 16" } },
		{ "--fake --monitor-mapping=", { "--monitor-mapping: ", "NUMBER:MONITOR" } },
		{ "--fake --full-screen=", { "--full-screen: ", "'='", "connector" } },
		{ "--fake --auto-resize sometimes", { "'sometimes'", "always|never" } },
		{ "--fake --auto-resize=", { "--auto-resize: ", "always|never" } },
		{ "--fake --zoom 24", { "--zoom: ", "'24'", "25 to 400" } },
		{ "--fake --zoom 401", { "--zoom: ", "'401'", "25 to 400" } },
		{ "--fake --zoom 0", { "--zoom: ", "'0'" } },
		{ "--fake --zoom 150%", { "--zoom: ", "'150%'" } },
		{ "--fake --zoom -100", { "--zoom: ", "'-100'" } },
		{ "--fake --zoom 1.5", { "--zoom: ", "'1.5'" } },
		{ "--fake --scale 2:1", { "--scale: ", "'2:1'", "fit|1:1|integer" } },
		{ "--fake --scale=", { "--scale: ", "fit|1:1|integer" } },
		{ "--fake --scale Fit", { "--scale: ", "'Fit'" } },
		{ "--fake --window-close never", { "--window-close: ", "'never'", "powerdown" } },
		{ "--fake --window-close=", { "--window-close: ", "detach|ask|powerdown" } },
		{ "--fake --grab sometimes",
			{ "--grab: ", "'sometimes'", "click|hover|focus|off" } },
		{ "--fake --capture-keys yes", { "--capture-keys: ", "'yes'", "always|never" } },
		{ "--fake --hotkeys zoom=a", { "--hotkeys: ", "there is no action \"zoom\"" } },
		{ "--fake --hotkeys zoom-in=nokey",
			{ "--hotkeys: ", "there is no key \"nokey\"" } },
		{ "--fake --keymap Supr_L=", { "--keymap: ", "there is no key \"Supr_L\"" } },
		{ "--fake --pass-keys alt+tab+a",
			{ "--pass-keys: ", "\"a\" is one key too many" } },
		{ "--fake --pass-keys=", { "--pass-keys: " } },
		{ "--fake --send-keys ctrl+", { "--send-keys: ", "there is no key \"\"" } },
		{ "--fake --type \xc3\xa4", { "--type: ", "this keyboard has no \"\xc3\xa4\"" } },
		{ "--fake --type=", { "--type: " } },
		{ "--fake --layout xx --type a", { "--layout: ", "no layout of that name" } },
		{ "--fake --layout de", { "--layout goes before --type and --script" } },
		{ "--fake -e click --headless", { "--headless", "exclude" } },
		{ "--fake -e click --screenshot a.png", { "--screenshot", "exclude" } },
		{ "--fake -e fly", { "-e:1:1: there is no command 'fly'", "nothing was done" } },
		{ "--fake --script /nowhere/s", { "cannot read /nowhere/s", "nothing was done" } },
		{ "--fake --script /dev/null", { "the script has no command" } },
		{ "--fake --junit a.xml", { "--junit goes with --script" } },
		{ "--fake --headless --compositor-timeout 3", { "--compositor-timeout is about" } },
		{ "--fake --compositor-timeout x", { "--compositor-timeout" } },
		{ "--fake --artifacts a", { "--artifacts goes with --script" } },
		{ "--fake -e click --control s", { "--control goes with --headless" } },
		{ "--fake -s a.png --control s", { "--control goes with --headless" } },
		{ "--fake -s a.png --ready-fd 3", { "--ready-fd goes with --headless" } },
		{ "--fake --headless --ready-fd 0", { "--ready-fd" } },
		{ "--fake --headless --ready-fd x", { "--ready-fd" } },
		{ "--fake --headless --cursor", { "--cursor and --stitch go with --screenshot" } },
		{ "--fake -s a.png --stitch", { "--stitch goes with --console all" } },
		{ "--fake -s a.gif", { ".png, .ppm, .qoi or .raw" } },
		{ "--fake -s %d/a.png", { "into the file's own name" } },
		{ "--fake -s a.%dpng", { "the name must end in" } },
		{ "--fake --type a --console all", { "keys go to one console" } },
		{ "--fake --type a --screenshot a.png", { "--screenshot", "--type exclude" } },
		{ "--fake --type a --headless", { "--headless", "--type exclude" } },
		{ "--fake --type a --grab off", { "about windows" } },
		{ "--fake --monitors", { "monitors" } },
		{ "--fake --monitor-mapping", { "monitor-mapping" } },
		{ "--fake --auto-resize", { "auto-resize" } },
		{ "--fake --zoom", { "zoom" } },
		{ "--fake --scale", { "scale" } },
		{ "--fake --window-close", { "window-close" } },
		{ "--fake --even-width=yes", { "even-width" } },
		{ "--fake --no-layout=x", { "no-layout" } },
		/* The value of an option that may go without comes with '='. */
		{ "--fake --full-screen all", { "'all'", "--full-screen=OUTPUT" } },
		{ "--fake --full-screen DP-1", { "'DP-1'", "--full-screen=OUTPUT" } },
		{ "--fake --full-screen=DP-1 --monitor-mapping 1:1",
			{ "--monitor-mapping", "--full-screen" } },
		{ "--fake --monitor-mapping 1:1 --full-screen=all",
			{ "--monitor-mapping", "--full-screen" } },
		{ "--fake --input-device=", { "--input-device: ", "DEVICE" } },
		{ "--fake --input-device a --screenshot a.png", { "--input-device" } },
		{ "--qmp s --list --input-device a", { "--input-device" } },
		{ "--fake --type a --input-device a", { "--input-device" } },
		{ "--fake --headless --screenshot a.png", { "--screenshot", "--headless" } },
		{ "--qmp s --list --headless", { "--list", "--headless" } },
		{ "--fake --headless --timeout 3", { "--timeout" } },
		{ "--headless", { "which VM?" } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run;

		run_cli(&run, cases[i].line);
		print_message("'%s': %s", cases[i].line, run.err);
		assert_int_equal(run.result, CLI_ERROR);
		for (size_t j = 0; j < 3 && cases[i].words[j] != NULL; j++) {
			assert_non_null(strstr(run.err, cases[i].words[j]));
		}
		assert_non_null(strstr(run.err, "--help"));
		assert_string_equal(run.out, "");
		options_finish(&run.options);
	}
}

/* Those that say how windows are to be, where there is none. */
static void
test_windows_where_there_are_none(void **state)
{
	static const char *const abouts[] = { "--monitors 0", "--monitors all", "--full-screen",
		"--full-screen=all", "--full-screen=DP-1", "--monitor-mapping 1:1",
		"--auto-resize never", "--even-width", "--zoom 150", "--scale 1:1",
		"--scale integer", "--window-close ask", "--window-close powerdown", "--no-layout",
		"--path shm", "--untrusted", "--show-stats", "--stats-file f", "--pacing vsync",
		"--tearing", "--fifo", "--grab off", "--capture-keys never", "--hotkeys zoom-in=a",
		"--keymap a=b", "--pass-keys a", "--no-release-keys", "--sync-locks" };
	static const char *const jobs[] = { "--qmp s --list", "--qmp s --screenshot a.png",
		"--qmp s --headless" };

	for (size_t i = 0; i < sizeof(abouts) / sizeof(abouts[0]); i++) {
		for (size_t j = 0; j < sizeof(jobs) / sizeof(jobs[0]); j++) {
			char line[UNIT_PATH_SIZE], name[32];
			struct run run;

			snprintf(line, sizeof(line), "%s %s", jobs[j], abouts[i]);
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(abouts[i], " ="),
				abouts[i]);
			run_cli(&run, line);
			print_message("'%s': %s", line, run.err);
			assert_int_equal(run.result, CLI_ERROR);
			assert_non_null(strstr(run.err, name));
			assert_non_null(strstr(run.err, "about windows"));
		}
	}
}

static void
test_mistakes(void **state)
{
	/* The line, and a word of the message that says which option it is about. */
	static const struct {
		const char *line, *word;
	} cases[] = {
		{ "", "--qmp" },
		{ "--nonsense", "nonsense" },
		{ "stray", "stray" },
		{ "--fake stray", "stray" },
		{ "--qmp", "qmp" },
		{ "--qmp=", "qmp" },
		{ "--address=", "address" },
		{ "--vm= --address session", "vm" },
		{ "--fd x", "fd" },
		{ "--fd -1", "fd" },
		{ "--fd 1", "fd" },
		{ "--fd 7x", "fd" },
		{ "--fd 4294967303", "fd" },
		{ "--fake --screenshot=", "screenshot" },
		{ "--fake --screenshot a.png --console -2", "console" },
		{ "--fake --screenshot a.png --console every", "console" },
		{ "--fake --screenshot a.png --console 4294967296", "console" },
		{ "--fake --screenshot a.png --console 2147483648", "console" },
		{ "--fake --screenshot a.png --wait-stable 1.5", "wait-stable" },
		{ "--fake --screenshot a.png --timeout -3", "timeout" },
		{ "--fake --screenshot a.png --timeout 4294968", "timeout" },
		{ "--fake --screenshot - --console all", "console" },
		{ "--fake --path vulkan", "path" },
		{ "--fake --path", "path" },
		{ "--fake --qmp s", "--fake" },
		{ "--address session --qmp s", "--address" },
		{ "--address session --fd 7", "--address" },
		{ "--fake --json", "--json" },
		{ "--qmp s --vm box", "--vm" },
		{ "--qmp s --list --screenshot a.png", "--list" },
		{ "--fake --console 1", "--console" },
		{ "--fake --wait-stable 10", "--wait-stable" },
		{ "--fd 7 --list", "--list" },
		{ "--list --fake", "--list" },
		{ "--address session --list --vm box", "--vm" },
		{ "--fake --screenshot a.png --path direct", "--path" },
		{ "--fake --type a --path copy", "--path" },
		{ "--qmp s --list --untrusted", "--untrusted" },
		{ "--qmp s --list --stats-file f", "--stats-file" },
		{ "--qmp s --screenshot a.png --stats-file f", "--stats-file" },
		{ "--fake --stats-file=", "--stats-file" },
		{ "--fake --path shm --untrusted", "--untrusted" },
		{ "--fake --timeout 5", "--timeout" },
		{ "--fake --pacing fast", "immediate" },
		{ "--fake --pacing", "pacing" },
		{ "--fake --screenshot a.png --pacing auto", "--pacing" },
		{ "--qmp s --list --fifo", "--fifo" },
		{ "--qmp s --list --tearing", "--tearing" },
		{ "--fake --fifo --pacing auto", "vsync" },
		{ "--fake --screenshot a.png --timeout 0", "timeout" },
		{ "--fake --max-memory 0", "max-memory" },
		{ "--fake --max-memory 1048577", "max-memory" },
		{ "--fake --max-memory much", "max-memory" },
		{ "--fake --wait", "--wait" },
		{ "--fd 9 --reconnect", "cannot open the connection of --fd again" },
		{ "--qmp s --fd 9 --reconnect", "cannot open the connection of --fd again" },
		{ "--fake --reconnect --screenshot a.png", "--reconnect goes with windows" },
		{ "--fake --reconnect --type a", "--reconnect goes with windows" },
		{ "--fake --screenshot a.jpg", ".png" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct run run;

		run_cli(&run, cases[i].line);
		print_message("'%s'\n", cases[i].line);
		assert_int_equal(run.result, CLI_ERROR);
		assert_non_null(strstr(run.err, cases[i].word));
		assert_non_null(strstr(run.err, "--help"));
		assert_string_equal(run.out, "");
	}
}

static void
test_help_and_version(void **state)
{
	struct run run;

	run_cli(&run, "--version");
	assert_int_equal(run.result, CLI_DONE);
	assert_memory_equal(run.out, "vitrine ", 8);
	run_cli(&run, "--help");
	assert_int_equal(run.result, CLI_DONE);
	assert_string_equal(run.err, "");
}

/* One table: what --help says, the manual says too. */
static void
test_help_and_manual_name_every_option(void **state)
{
	static const char *const names[] = { "qmp", "address", "fd", "fake", "vm", "wait",
		"reconnect", "list", "json", "screenshot", "console", "wait-stable", "timeout",
		"path", "pacing", "tearing", "fifo", "untrusted", "no-sandbox", "max-memory",
		"show-stats", "stats-file",
		"monitors", "full-screen", "monitor-mapping", "auto-resize", "even-width", "zoom",
		"scale", "window-close", "grab", "capture-keys", "hotkeys", "keymap", "pass-keys",
		"no-release-keys", "sync-locks", "send-keys", "type", "layout", "no-layout",
		"verbose", "quiet", "help", "version" };
	struct unit_output manual;
	struct run run;

	run_cli(&run, "--help");
	unit_output_begin(&manual, STDOUT_FILENO);
	cli_print_manual(stdout);
	unit_output_end(&manual);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s", names[i]);
		print_message("%s\n", option);
		assert_non_null(strstr(run.out, option));
		assert_non_null(strstr(manual.text, option));
	}
}

static void
test_short_options(void **state)
{
	struct run run;

	assert_string_equal(accept("-q s -w").qmp_path, "s");
	assert_true(accept("-q s -w").wait);
	assert_true(accept("-l").list);
	assert_int_equal(accept("-q s -vv").log_level, LOG_LEVEL_DEBUG);
	assert_string_equal(accept("-a session -s a.png -c 2 -t 1").screenshot, "a.png");
	run_cli(&run, "-h");
	assert_int_equal(run.result, CLI_DONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_screenshot),
		cmocka_unit_test(test_other_options),
		cmocka_unit_test(test_input_devices),
		cmocka_unit_test(test_which_monitors),
		cmocka_unit_test(test_full_screen),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_closing_and_remembering),
		cmocka_unit_test(test_input),
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_control),
		cmocka_unit_test(test_complaints_name_what_is_wrong),
		cmocka_unit_test(test_windows_where_there_are_none),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_help_and_version),
		cmocka_unit_test(test_help_and_manual_name_every_option),
		cmocka_unit_test(test_short_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
