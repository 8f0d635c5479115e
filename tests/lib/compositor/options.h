#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "output.h"

struct compositor;

#define OPTIONS_MAX_SHM_FORMATS 32

/* What the command line says of the start; all else goes straight into the compositor. */
struct options {
	const char *socket, *log, *control; /* NULL: the default */
	uint32_t shm_formats[OPTIONS_MAX_SHM_FORMATS];
	uint32_t n_shm_formats;
	struct output_spec outputs[OUTPUTS_MAX];
	uint32_t n_outputs;
	bool no_outputs;
};

extern const char options_help[];

/* False, where the user has been told of a bad value, and is to be helped. */
bool options_parse(struct options *options, struct compositor *compositor, int argc, char **argv);
