#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cli.h"

/* What cli.c, its table of options and those who read that share. */

/* Returns 0 or -EINVAL; it may have written to options->error why. */
typedef int (*option_parse_fn)(struct options *options, const char *value);

struct option_row {
	const char *name;
	int letter;           /* 0: none */
	const char *argument; /* NULL: takes none; in brackets: optional */
	option_parse_fn parse;
	const char *help;   /* one line */
	const char *manual; /* more, for the manual page; may be NULL */
};

extern const struct option_row cli_rows[];
extern const size_t cli_n_rows;
/* More than there are. */
#define CLI_MAX_ROWS 64

/* Digits alone, up to max. 0 or -EINVAL. */
int cli_parse_number(const char *value, uint32_t max, uint32_t *ret_number);

/* cli-monitors.c: of windows and monitors. */
int cli_parse_monitors(struct options *options, const char *value);
int cli_parse_full_screen(struct options *options, const char *value);
int cli_parse_monitor_mapping(struct options *options, const char *value);
int cli_parse_auto_resize(struct options *options, const char *value);
int cli_parse_even_width(struct options *options, const char *value);
int cli_parse_zoom(struct options *options, const char *value);
int cli_parse_scale(struct options *options, const char *value);
int cli_parse_filter(struct options *options, const char *value);
int cli_parse_window_close(struct options *options, const char *value);
int cli_parse_no_layout(struct options *options, const char *value);

/* cli-input.c: of keyboard and pointer. */
int cli_parse_grab(struct options *options, const char *value);
int cli_parse_capture_keys(struct options *options, const char *value);
int cli_parse_hotkeys(struct options *options, const char *value);
int cli_parse_keymap(struct options *options, const char *value);
int cli_parse_pass_keys(struct options *options, const char *value);
int cli_parse_no_release_keys(struct options *options, const char *value);
int cli_parse_sync_locks(struct options *options, const char *value);
int cli_parse_send_keys(struct options *options, const char *value);
int cli_parse_type(struct options *options, const char *value);
int cli_parse_layout(struct options *options, const char *value);

/* cli-script.c: of scripts, and of the headless mode. */
int cli_parse_script(struct options *options, const char *value);
int cli_parse_command(struct options *options, const char *value);
/* Between two scripts: a line of its own. */
int cli_script_add_layout(struct options *options, const char *name);
int cli_parse_junit(struct options *options, const char *value);
int cli_parse_artifacts(struct options *options, const char *value);
int cli_parse_control(struct options *options, const char *value);
int cli_parse_ready_fd(struct options *options, const char *value);
int cli_parse_cursor(struct options *options, const char *value);
int cli_parse_stitch(struct options *options, const char *value);

/* cli-check.c: what does not go together, in words; NULL: all does. */
const char *cli_find_contradiction(const struct options *options);

/* cli-print.c: --help. */
void cli_print_help(void);
