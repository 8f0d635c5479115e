#pragma once

#include <stdbool.h>
#include <stdint.h>

#define OUTPUT_MAX_TEXT 64
#define OUTPUT_MAX_PIXELS 16384
#define OUTPUT_MAX_SCALE 8

/* How a monitor is set up. */
struct output_spec {
	char name[OUTPUT_MAX_TEXT]; /* "": to be chosen */
	int32_t width, height;      /* of the mode, before the transform; 0: not said */
	int32_t refresh_mhz;        /* 0: not said */
	bool placed;
	int32_t x, y;      /* logical */
	int32_t scale_120; /* 0: not said */
	int32_t transform; /* enum wl_output_transform */
	int32_t mm_width, mm_height;
	char make[OUTPUT_MAX_TEXT], model[OUTPUT_MAX_TEXT], description[2 * OUTPUT_MAX_TEXT];
};

/* What is not said otherwise: a monitor of the make "Mini" without a name, a mode or a place. */
extern const struct output_spec output_spec_default;

/* How to write one, for people. */
#define OUTPUT_SPEC_SYNTAX "[NAME:][WxH[@MHZ]][+X+Y][,KEY=VALUE...]"

/* Takes over what the text says and leaves the rest. False, with spec as it was, when it can't be
 * read. */
bool output_spec_parse(struct output_spec *spec, const char *text);

/* "1.5"; in steps of 1/120. */
bool output_scale_parse(const char *text, int32_t *ret_scale_120);
