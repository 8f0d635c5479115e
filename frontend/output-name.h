#pragma once

#define OUTPUT_NAME_SIZE 64
#define OUTPUT_DESCRIPTION_SIZE 128

/*
 * By what a monitor of the host is known again. Clean text (base/text.h), cut to these sizes; what
 * the compositor does not tell is empty.
 */
struct output_name {
	char name[OUTPUT_NAME_SIZE]; /* of the connector, "DP-1" */
	char make[OUTPUT_NAME_SIZE], model[OUTPUT_NAME_SIZE];
	char description[OUTPUT_DESCRIPTION_SIZE];
};
