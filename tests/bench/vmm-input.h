#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

/* The calls that come on a control connection: when each was there, and answers where one is due.
 */

#define INPUT_MAX_RECORDS 100000

struct input_record {
	uint64_t time_ns; /* CLOCK_MONOTONIC, when the call was readable */
	uint32_t value;   /* its first argument */
	uint32_t padding;
};

struct vmm_input {
	int fd; /* -1: nobody talks */
	uint32_t last_serial;
	uint64_t n_records, n_answered;
	struct input_record *records; /* INPUT_MAX_RECORDS */
	uint8_t inbox[4096];
	size_t inbox_size;
};

/* From now on it is read here: nothing but input may come. */
void vmm_input_listen(struct vmm_input *input, sd_event *event, int fd);
/* Writes what came since the last time to the file, and says how many on standard output. */
void vmm_input_tell(struct vmm_input *input, const char *path);
