#pragma once

#include <stddef.h>
#include <stdint.h>

#include "guest.h"

/*
 * What the user says about monitors on the command line: which monitor of the VM goes to which
 * monitor of the host, and which of the VM's are shown at all.
 *
 * Both parsers return 0, or -EINVAL: then ret_error says what is wrong and at which byte,
 * counted from 1. It repeats parts of the text as they are: for log_write() or the like.
 */

#define MONITOR_MAPPING_ERROR_SIZE 160
#define MONITOR_MAPPING_NAME_SIZE 64
/* Of the host's monitors, where they are named by number. */
#define MONITOR_MAPPING_MAX_NUMBER 16

struct monitor_mapping_pair {
	uint32_t head;   /* the VM's monitor: 0 is the first, which the user calls 1 */
	uint32_t number; /* of the host's monitor, from 1; 0: it is named */
	char name[MONITOR_MAPPING_NAME_SIZE];
};

struct monitor_mapping {
	uint32_t n_pairs;
	struct monitor_mapping_pair pairs[GUEST_MAX_HEADS]; /* no head twice, no number, no name */
};

/* A monitor of the host. */
struct monitor_mapping_output {
	const char *name; /* of its connector; may be NULL */
	int32_t x, y;     /* its top left corner in the layout of all of them, logical */
};

/*
 * "1:DP-1;2:HDMI-A-1": the VM's monitors, counted from 1 in the order of their consoles, on the
 * host's, by the name of the connector or, as virt-viewer has it, by number: "1:2;2:3". The host's
 * are counted from 1 from left to right, and those at the same column from top to bottom. Blanks
 * around each part are fine. The VM's monitors may come in any order and with gaps, which
 * virt-viewer does not allow. That a number and a name mean the same monitor does not show here.
 */
int monitor_mapping_parse(const char *text, char ret_error[static MONITOR_MAPPING_ERROR_SIZE],
	struct monitor_mapping *ret_mapping);

/*
 * Where the VM's monitor goes (head: from 0): an index into outputs. -ENOENT: the user has not
 * said; -ENODEV: to one that is not there.
 */
int32_t monitor_mapping_find(const struct monitor_mapping *mapping, uint32_t head,
	const struct monitor_mapping_output *outputs, uint32_t n_outputs);

/*
 * "0,2-3": numbers of consoles, which may come twice, or "all". Bit i of *ret_mask is console i,
 * below GUEST_MAX_HEADS.
 */
int monitor_mapping_parse_consoles(
	const char *text, char ret_error[static MONITOR_MAPPING_ERROR_SIZE], uint32_t *ret_mask);
