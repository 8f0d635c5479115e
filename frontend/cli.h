#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/log.h"
#include "devices/device-set.h"
#include "flow.h"
#include "importer.h"
#include "input/input-options.h"
#include "input/typing.h"
#include "monitors.h"
#include "script/script.h"
#include "wayland/display.h"

/* The command line. One table makes the parser, --help and the manual page's OPTIONS. */

#define CLI_CONSOLE_FIRST (-1) /* the first one that is on */
#define CLI_CONSOLE_ALL (-2)
/* How long --screenshot and --list wait when nothing is said. */
#define CLI_DEFAULT_TIMEOUT_S 10
#define CLI_MAX_TIMEOUT_S (24 * 60 * 60)
#define CLI_DEFAULT_COMPOSITOR_TIMEOUT_S 15
/* A tebibyte: beyond all memory, and far from overflow. */
#define CLI_MAX_MEMORY_MIB (1024 * 1024)

struct options {
	/* Target: one of these. */
	const char *qmp_path;
	const char *address; /* "session" is the session bus */
	int fd;              /* -1: none */
	bool fake;
	const char *fake_script; /* NULL: the built-in one */
	const char *vm;          /* name or UUID, where a bus has several */
	bool wait;
	bool reconnect; /* the VM's end is not ours */
	uint64_t max_memory; /* bytes of a VM's pictures; 0: the adapter's default */

	/* Job; a window without any. */
	bool list;
	bool json;
	const char *screenshot; /* file name, or "-" */
	int32_t console;        /* a number, or CLI_CONSOLE_* */
	uint32_t wait_stable_ms;
	uint32_t timeout_ms;
	bool timeout_given;
	bool headless;
	bool cursor, stitch; /* of the screenshot */
	bool script_given;
	struct script script;
	uint32_t n_script_lines; /* of -e */
	const char *junit_file;  /* NULL: none; "-" is standard output */
	const char *artifacts;   /* a folder; NULL: the one that we are in */
	const char *control;     /* a socket's path; NULL: none */
	int ready_fd;            /* -1: none */

	const struct importer *path; /* NULL: the best that works */
	bool untrusted;
	bool no_sandbox;
	bool show_stats;
	const struct flow_policy *pacing; /* never NULL */
	struct display_options display;
	bool compositor_timeout_given;
	uint32_t compositor_timeout_s; /* how long one that went away is waited for */
	struct monitors_options monitors;
	struct input_options input;
	struct typing typing;                      /* the job, if there is a stroke in it */
	const char *keyboard_layout;               /* of what is typed next */
	const char *script_layout;                 /* the same when the script begins; NULL: none */
	bool input_given;                          /* an option of those */
	const char *input_devices[DEVICE_SET_MAX]; /* evdev nodes that are the VM's own */
	uint32_t n_input_devices;
	const char *stats_file; /* NULL: none; "-" is standard output */
	enum log_level log_level;
	char error[MONITOR_MAPPING_ERROR_SIZE]; /* why a value was not taken; empty: it is obvious
						 */
};

enum cli_result {
	CLI_RUN,   /* options say what */
	CLI_DONE,  /* --help or --version were printed */
	CLI_ERROR, /* said on stderr */
};

/* Whatever comes of it, options are to be finished. */
enum cli_result cli_parse(int argc, char **argv, struct options *options);
void options_finish(struct options *options);

/* Whether it opens windows: no other job is named. */
bool cli_wants_windows(const struct options *options);

/* The OPTIONS section of the manual page, in scdoc's language. */
void cli_print_manual(FILE *out);
