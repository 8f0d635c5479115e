#include "cli.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "headless/encode.h"

typedef int (*option_parse_fn)(struct options *options, const char *value);

struct option_row {
	const char *name;
	int letter;           /* 0: none */
	const char *argument; /* NULL: takes none; in brackets: optional */
	option_parse_fn parse;
	const char *help;   /* one line */
	const char *manual; /* more, for the manual page; may be NULL */
};

static int
parse_number(const char *value, uint32_t max, uint32_t *ret_number)
{
	char *end;
	unsigned long number;

	if (value[0] < '0' || value[0] > '9') {
		return -EINVAL;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno != 0 || *end != '\0' || number > max) {
		return -EINVAL;
	}
	*ret_number = (uint32_t)number;
	return 0;
}

static int
parse_qmp(struct options *options, const char *value)
{
	options->qmp_path = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_address(struct options *options, const char *value)
{
	options->address = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_fd(struct options *options, const char *value)
{
	uint32_t fd;

	/* 0, 1 and 2 are the standard streams. */
	if (parse_number(value, INT_MAX, &fd) < 0 || fd < 3) {
		return -EINVAL;
	}
	options->fd = (int)fd;
	return 0;
}

static int
parse_fake(struct options *options, const char *value)
{
	options->fake = true;
	options->fake_script = value;
	return 0;
}

static int
parse_vm(struct options *options, const char *value)
{
	options->vm = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_wait(struct options *options, const char *value)
{
	options->wait = true;
	return 0;
}

static int
parse_list(struct options *options, const char *value)
{
	options->list = true;
	return 0;
}

static int
parse_json(struct options *options, const char *value)
{
	options->json = true;
	return 0;
}

static int
parse_screenshot(struct options *options, const char *value)
{
	options->screenshot = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_console(struct options *options, const char *value)
{
	uint32_t console;

	if (strcmp(value, "all") == 0) {
		options->console = CLI_CONSOLE_ALL;
		return 0;
	}
	if (parse_number(value, INT_MAX, &console) < 0) {
		return -EINVAL;
	}
	options->console = (int32_t)console;
	return 0;
}

static int
parse_wait_stable(struct options *options, const char *value)
{
	return parse_number(value, CLI_MAX_TIMEOUT_S * 1000, &options->wait_stable_ms);
}

static int
parse_timeout(struct options *options, const char *value)
{
	uint32_t seconds;

	if (parse_number(value, CLI_MAX_TIMEOUT_S, &seconds) < 0 || seconds == 0) {
		return -EINVAL;
	}
	options->timeout_ms = seconds * 1000;
	options->timeout_given = true;
	return 0;
}

static int
parse_path(struct options *options, const char *value)
{
	static const struct importer *const importers[] = {
		&importer_direct,
		&importer_shm,
		&importer_gles,
		&importer_copy,
	};

	for (size_t i = 0; i < sizeof(importers) / sizeof(importers[0]); i++) {
		if (strcmp(importers[i]->name, value) == 0) {
			options->path = importers[i];
			return 0;
		}
	}
	return -EINVAL;
}

static int
parse_pacing(struct options *options, const char *value)
{
	options->pacing = flow_policy_find(value);
	return options->pacing != NULL ? 0 : -EINVAL;
}

static int
parse_tearing(struct options *options, const char *value)
{
	options->display.tearing = true;
	return 0;
}

static int
parse_fifo(struct options *options, const char *value)
{
	options->display.fifo = true;
	return 0;
}

static int
parse_untrusted(struct options *options, const char *value)
{
	options->untrusted = true;
	return 0;
}

static int
parse_show_stats(struct options *options, const char *value)
{
	options->show_stats = true;
	return 0;
}

static int
parse_stats_file(struct options *options, const char *value)
{
	options->stats_file = value;
	return *value != '\0' ? 0 : -EINVAL;
}

static int
parse_verbose(struct options *options, const char *value)
{
	if (options->log_level < LOG_LEVEL_DEBUG) {
		options->log_level++;
	}
	return 0;
}

static int
parse_quiet(struct options *options, const char *value)
{
	options->log_level = LOG_LEVEL_ERROR;
	return 0;
}

static const struct option_row rows[] = {
	{ "qmp", 'q', "SOCKET", parse_qmp, "attach to the QEMU whose QMP socket this is",
		"QEMU must run with *-display dbus,p2p=on* and a QMP socket "
		"(*-qmp unix:SOCKET,server=on,wait=off*). QMP is used for a moment and closed, so that "
		"other programs can use it. A socket that another program keeps open gives no greeting: "
		"Vitrine says so after two seconds." },
	{ "address", 'a', "ADDRESS", parse_address, "attach to a QEMU on this D-Bus bus",
		"For QEMU with *-display dbus,addr=ADDRESS*, or *-display dbus* and the session bus, "
		"which is named *session* here." },
	{ "fd", 0, "N", parse_fd, "attach through this open peer-to-peer connection",
		"A socket on which a QEMU already serves its D-Bus display, as libvirt's "
		"virDomainOpenGraphicsFD gives. *--qmp* may come with it for what only QMP can tell." },
	{ "fake", 0, "[SCRIPT]", parse_fake, "show the built-in test guest",
		"A guest made by Vitrine itself, for trying the viewer and for tests." },
	{ "vm", 0, "NAME|UUID", parse_vm, "which VM, where a bus has several", NULL },
	{ "wait", 'w', NULL, parse_wait, "wait for the VM's socket to appear", NULL },
	{ "list", 'l', NULL, parse_list, "print the VM, its consoles and who shows it",
		"Disturbs no viewer that is attached. Without a target: every VM that a viewer of this "
		"user shows, and those on the session bus." },
	{ "json", 0, NULL, parse_json, "with --list: print JSON", NULL },
	{ "screenshot", 's', "FILE", parse_screenshot, "write a picture of the VM and leave",
		"The name ends in *.png* or *.ppm*; *-* writes a PNG to standard output. Needs no "
		"compositor and no GPU. A VM that already has a window is asked through its viewer, whose "
		"input goes on. The file is complete or not there: an existing one is replaced at the end. "
		"Pictures in dma-bufs with a tiled layout cannot be read and are refused." },
	{ "console", 'c', "N|all", parse_console,
		"which console; default: the first one that is on",
		"With *all*, *shot.png* becomes *shot-0.png*, *shot-1.png* and so on, one for each console "
		"that is on." },
	{ "wait-stable", 0, "MS", parse_wait_stable,
		"with --screenshot: wait until nothing changed for so long",
		"The time-out counts from the start, this from the last change." },
	{ "timeout", 't', "S", parse_timeout,
		"with --screenshot, --list: give up after S seconds; default: 10", NULL },
	{ "path", 0, "direct|shm|gles|copy", parse_path, "use only this way to the compositor",
		"*direct*: the guest's dma-buf is the compositor's buffer. *shm*: the guest's memory is "
		"the compositor's wl_shm pool. *gles*: the GPU draws what changed of a dma-buf into a buffer "
		"that the compositor takes. *copy*: the CPU copies what changed. Without this option the "
		"first that works is used." },
	{ "pacing", 0, "auto|vsync|immediate|mailbox", parse_pacing,
		"when the guest may go on after a frame",
		"Frames go to the compositor when they come; this is about the answer that the guest "
		"waits for. *auto*, the default: at once, unless the guest draws far more often than "
		"the monitor refreshes; then when the compositor asks for the next frame. *vsync*: "
		"always then, which ties the guest to the monitor and slows guests that have a clock "
		"of their own, Linux from 6.19 on, and those with several monitors. *immediate*: "
		"always at once. *mailbox*: when a newer frame comes; only for VMs with several "
		"frames in flight, which QEMU is not. A guest that nobody sees gets about 25 frames a "
		"second with each of them." },
	{ "tearing", 0, NULL, parse_tearing, "show a frame at once, in the middle of a refresh",
		"The lowest latency, at the price of a picture that may be torn. Compositors that know "
		"tearing-control-v1 do it for full-screen windows." },
	{ "fifo", 0, NULL, parse_fifo, "show every frame of the guest, in order",
		"For recording what a guest plays: on compositors that know fifo-v1 no frame takes the "
		"place of another one, which costs latency. Brings *--pacing vsync* with it." },
	{ "untrusted", 0, NULL, parse_untrusted,
		"never share a VM's plain memory with the compositor",
		"A VM can cut its memory short and so cost the viewer its connection to the compositor; "
		"Vitrine recovers from that by copying. With this option it copies from the start." },
	{ "show-stats", 0, NULL, parse_show_stats, "show statistics over each picture",
		"Which way the picture takes, and how it gets on; once a second. Ctrl+Alt+S shows and "
		"hides them for one window." },
	{ "stats-file", 0, "FILE", parse_stats_file,
		"write what becomes of the frames, a line of JSON a second",
		"For each window, and once more at the end; see *STATISTICS*. *-* is standard output. "
		"Lines that the reader leaves no room for are dropped. When the file cannot be written "
		"that is said, and the windows go on." },
	{ "verbose", 'v', NULL, parse_verbose, "say more; twice: everything", NULL },
	{ "quiet", 0, NULL, parse_quiet, "say only errors", NULL },
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))
/* Values for getopt_long that no letter has. */
#define VALUE_HELP 0x1000
#define VALUE_VERSION 0x1001
#define VALUE_FIRST_ROW 0x2000

static void
print_synopsis(FILE *out)
{
	fprintf(out, "usage: vitrine TARGET [--screenshot FILE | --list] [options]\n"
		     "       vitrine --list\n"
		     "\n"
		     "TARGET is one of --qmp SOCKET, --address ADDRESS, --fd N, --fake[=SCRIPT].\n"
		     "Without a job, each console that is on is shown in a window.\n"
		     "\n");
}

static void
print_help(void)
{
	print_synopsis(stdout);
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct option_row *row = &rows[i];
		char left[48];
		bool optional = row->argument != NULL && row->argument[0] == '[';

		snprintf(left, sizeof(left), "--%s%s%s", row->name,
			row->argument == NULL ? "" : (optional ? "[=" : " "),
			row->argument == NULL ? "" : row->argument + optional);
		if (row->letter != 0) {
			printf("  -%c, %-24s %s\n", row->letter, left, row->help);
		} else {
			printf("      %-24s %s\n", left, row->help);
		}
	}
	printf("  -h, %-24s %s\n      %-24s %s\n", "--help", "print this", "--version",
		"print the version");
}

void
cli_print_manual(FILE *out)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct option_row *row = &rows[i];

		if (row->letter != 0) {
			fprintf(out, "*-%c*, ", row->letter);
		}
		fprintf(out, "*--%s*", row->name);
		if (row->argument != NULL && row->argument[0] == '[') {
			/* "[SCRIPT]" is written "[=SCRIPT]". */
			fprintf(out, "[=_%.*s_]", (int)strlen(row->argument) - 2,
				row->argument + 1);
		} else if (row->argument != NULL) {
			fprintf(out, " _%s_", row->argument);
		}
		/* The help line starts a sentence. */
		fprintf(out, "\n\t%c%s.", row->help[0] - 'a' + 'A', row->help + 1);
		if (row->manual != NULL) {
			fprintf(out, " %s", row->manual);
		}
		fprintf(out, "\n\n");
	}
	fprintf(out, "*-h*, *--help*\n\tPrint a summary.\n\n*--version*\n\tPrint the version.\n");
}

static int
count_targets(const struct options *options)
{
	/* --qmp beside --fd is no second target. */
	return (options->qmp_path != NULL || options->fd >= 0) + (options->address != NULL) +
	       options->fake;
}

static const char *
find_contradiction(const struct options *options)
{
	int n_targets = count_targets(options);
	enum image_format format;

	if (n_targets > 1) {
		return "--qmp, --address, --fd and --fake exclude each other (but for --fd with --qmp)";
	}
	if (n_targets == 0 && !options->list) {
		return "which VM? Give --qmp SOCKET, --address ADDRESS, --fd N or --fake";
	}
	if (options->list && options->screenshot != NULL) {
		return "--list and --screenshot exclude each other";
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
	if ((options->path != NULL || options->untrusted || options->show_stats) &&
		(options->screenshot != NULL || options->list)) {
		return "--path, --untrusted and --show-stats are about windows";
	}
	if (options->stats_file != NULL && (options->screenshot != NULL || options->list)) {
		return "--stats-file is about windows";
	}
	if (options->path == &importer_shm && options->untrusted) {
		return "--path shm shares the VM's memory, which --untrusted rules out";
	}
	if ((options->pacing != NULL || options->display.tearing || options->display.fifo) &&
		(options->screenshot != NULL || options->list)) {
		return "--pacing, --tearing and --fifo are about windows";
	}
	if (options->display.fifo && options->pacing != NULL && options->pacing != &flow_vsync) {
		return "--fifo shows every frame, so the guest waits for each: --pacing vsync";
	}
	if (options->timeout_given && options->screenshot == NULL && !options->list) {
		return "--timeout goes with --screenshot and --list";
	}
	if (options->wait && options->qmp_path == NULL && options->address == NULL) {
		return "--wait goes with --qmp and --address";
	}
	if (options->screenshot == NULL &&
		(options->wait_stable_ms != 0 || options->console != CLI_CONSOLE_FIRST)) {
		return "--console and --wait-stable go with --screenshot";
	}
	if (options->screenshot != NULL &&
		encode_format_from_name(options->screenshot, &format) < 0) {
		return "--screenshot: the name must end in .png or .ppm, or be - for standard output";
	}
	if (options->screenshot != NULL && strcmp(options->screenshot, "-") == 0 &&
		options->console == CLI_CONSOLE_ALL) {
		return "standard output takes one picture: --console all needs a file name";
	}
	if (options->list && options->fake) {
		return "--list looks for VMs; the test guest is none";
	}
	if (options->list && options->fd >= 0) {
		return "--list would take the connection of --fd away from its viewer; use --qmp";
	}
	return NULL;
}

static enum cli_result
complain(const char *text)
{
	fprintf(stderr, "vitrine: %s\nTry 'vitrine --help'.\n", text);
	return CLI_ERROR;
}

static const struct option_row *
find_row(int value)
{
	if (value >= VALUE_FIRST_ROW) {
		return &rows[value - VALUE_FIRST_ROW];
	}
	for (size_t i = 0; i < N_ROWS; i++) {
		if (rows[i].letter == value) {
			return &rows[i];
		}
	}
	return NULL;
}

enum cli_result
cli_parse(int argc, char **argv, struct options *ret_options)
{
	struct option long_options[N_ROWS + 3] = { 0 };
	char short_options[3 * N_ROWS + 2];
	size_t n_short = 0;
	struct options options = {
		.fd = -1,
		.console = CLI_CONSOLE_FIRST,
		.timeout_ms = CLI_DEFAULT_TIMEOUT_S * 1000,
		.log_level = LOG_LEVEL_WARNING,
	};
	const char *contradiction;
	int value;

	for (size_t i = 0; i < N_ROWS; i++) {
		int has_arg = rows[i].argument == NULL     ? no_argument
			      : rows[i].argument[0] == '[' ? optional_argument
							   : required_argument;
		long_options[i] =
			(struct option){ rows[i].name, has_arg, NULL, VALUE_FIRST_ROW + (int)i };
		if (rows[i].letter != 0) {
			short_options[n_short++] = (char)rows[i].letter;
			if (has_arg == required_argument) {
				short_options[n_short++] = ':';
			}
		}
	}
	short_options[n_short++] = 'h';
	short_options[n_short] = '\0';
	long_options[N_ROWS] = (struct option){ "help", no_argument, NULL, VALUE_HELP };
	long_options[N_ROWS + 1] = (struct option){ "version", no_argument, NULL, VALUE_VERSION };

	/* Not 1: glibc then also forgets where in a cluster of letters it was. */
	optind = 0;
	while ((value = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		const struct option_row *row;

		switch (value) {
		case 'h':
		case VALUE_HELP:
			print_help();
			return CLI_DONE;
		case VALUE_VERSION:
			printf("vitrine %s\n", VITRINE_VERSION);
			return CLI_DONE;
		case '?':
			fprintf(stderr, "Try 'vitrine --help'.\n");
			return CLI_ERROR;
		default:
			break;
		}
		row = find_row(value);
		if (row->parse(&options, optarg) < 0) {
			fprintf(stderr, "vitrine: --%s: '%s' is not %s%s\n", row->name, optarg,
				strchr(row->argument, '|') != NULL ? "one of " : "a valid ",
				row->argument);
			return complain(row->help);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vitrine: unexpected argument '%s'\n", argv[optind]);
		if (options.fake && options.fake_script == NULL) {
			return complain("a script goes to the test guest as --fake=SCRIPT");
		}
		return complain("a VM is named by an option, such as --qmp SOCKET");
	}
	contradiction = find_contradiction(&options);
	if (options.pacing == NULL) {
		options.pacing = options.display.fifo ? &flow_vsync : &flow_auto;
	}
	if (contradiction != NULL) {
		return complain(contradiction);
	}
	*ret_options = options;
	return CLI_RUN;
}
