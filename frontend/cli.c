#include "cli-private.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "config.h"

/* Values for getopt_long that no letter has. */
#define VALUE_HELP 0x1000
#define VALUE_VERSION 0x1001
#define VALUE_FIRST_ROW 0x2000

static enum cli_result
complain(const char *text)
{
	fprintf(stderr, "vitrine: %s\nTry 'vitrine --help'.\n", text);
	return CLI_ERROR;
}

static enum cli_result
complain_about_value(const struct option_row *row, const struct options *options, const char *value)
{
	if (options->error[0] != '\0') {
		fprintf(stderr, "vitrine: --%s: %s\n", row->name, options->error);
	} else {
		fprintf(stderr, "vitrine: --%s: '%s' is not %s%s\n", row->name, value,
			strchr(row->argument, '|') != NULL ? "one of " : "a valid ", row->argument);
	}
	return complain(row->help);
}

static const struct option_row *
find_row(int value)
{
	if (value >= VALUE_FIRST_ROW) {
		return &cli_rows[value - VALUE_FIRST_ROW];
	}
	for (size_t i = 0; i < cli_n_rows; i++) {
		if (cli_rows[i].letter == value) {
			return &cli_rows[i];
		}
	}
	return NULL;
}

void
options_finish(struct options *options)
{
	script_finish(&options->script);
}

enum cli_result
cli_parse(int argc, char **argv, struct options *options)
{
	struct option long_options[CLI_MAX_ROWS + 3] = { 0 };
	char short_options[3 * CLI_MAX_ROWS + 2];
	size_t n_short = 0;
	const char *contradiction;
	int value;

	*options = (struct options){
		.fd = -1,
		.ready_fd = -1,
		.console = CLI_CONSOLE_FIRST,
		.timeout_ms = CLI_DEFAULT_TIMEOUT_S * 1000,
		.compositor_timeout_s = CLI_DEFAULT_COMPOSITOR_TIMEOUT_S,
		.log_level = LOG_LEVEL_WARNING,
		.monitors = { .auto_resize = true, .remember = true },
	};

	hotkeys_init(&options->input.hotkeys);
	assert(cli_n_rows <= CLI_MAX_ROWS);
	for (size_t i = 0; i < cli_n_rows; i++) {
		int has_arg = cli_rows[i].argument == NULL     ? no_argument
			      : cli_rows[i].argument[0] == '[' ? optional_argument
							       : required_argument;
		long_options[i] = (struct option){ cli_rows[i].name, has_arg, NULL,
			VALUE_FIRST_ROW + (int)i };
		if (cli_rows[i].letter != 0) {
			short_options[n_short++] = (char)cli_rows[i].letter;
			if (has_arg == required_argument) {
				short_options[n_short++] = ':';
			}
		}
	}
	short_options[n_short++] = 'h';
	short_options[n_short] = '\0';
	long_options[cli_n_rows] = (struct option){ "help", no_argument, NULL, VALUE_HELP };
	long_options[cli_n_rows + 1] =
		(struct option){ "version", no_argument, NULL, VALUE_VERSION };

	/* Not 1: glibc then also forgets where in a cluster of letters it was. */
	optind = 0;
	while ((value = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		const struct option_row *row;

		switch (value) {
		case 'h':
		case VALUE_HELP:
			cli_print_help();
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
		options->error[0] = '\0';
		if (row->parse(options, optarg) < 0) {
			return complain_about_value(row, options, optarg);
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vitrine: unexpected argument '%s'\n", argv[optind]);
		if (options->monitors.fullscreen == FULLSCREEN_SHOWN) {
			return complain("what is to be covered is named as --full-screen=OUTPUT "
					"or --full-screen=all");
		}
		if (options->fake && options->fake_script == NULL) {
			return complain("a script goes to the test guest as --fake=SCRIPT");
		}
		return complain("a VM is named by an option, such as --qmp SOCKET");
	}
	contradiction = cli_find_contradiction(options);
	if (options->pacing == NULL) {
		options->pacing = options->display.fifo ? &flow_vsync : &flow_auto;
	}
	if (contradiction != NULL) {
		return complain(contradiction);
	}
	return CLI_RUN;
}
