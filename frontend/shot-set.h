#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "cursor.h"
#include "guest.h"
#include "headless/encode.h"
#include "headless/image.h"

/* The pictures of some monitors at one moment, until they are files. */

#define SHOT_ERROR_SIZE 256
/* Of a series: "shot-%03d.png". */
#define SHOT_MAX_NUMBER 99999

struct shot_picture {
	uint32_t console;
	struct image *image;
	bool has_cursor;
	struct cursor_image cursor; /* with pixels of its own */
	int32_t gx, gy;             /* its top left corner */
};

struct shot_set {
	uint32_t n_pictures;
	struct shot_picture pictures[GUEST_MAX_HEADS];
	uint32_t n_files;
	char *files[GUEST_MAX_HEADS]; /* as they were written */
};

struct shot_options {
	const char *path; /* "-": output_fd; with %d the number of a series */
	enum image_format format;
	int output_fd;
	bool all;           /* a file for each, with its console in the name */
	bool stitch;        /* one picture of them, side by side */
	struct rect region; /* of each picture; without area: all */
};

/* Frees what it holds; zeroes are fine. */
void shot_set_finish(struct shot_set *set);

/* The guest's cursor for the picture that was added last; copied. Returns 0 or -ENOMEM. */
int shot_set_add_cursor(
	struct shot_set *set, const struct cursor_image *cursor, int32_t gx, int32_t gy);

/* One colour all over each. */
bool shot_set_is_blank(const struct shot_set *set);

/*
 * Draws cursors, cuts, stitches, encodes and writes. For a worker; the images are used up. Returns
 * 0, or negative errno with why in error, clean.
 */
int shot_set_write(struct shot_set *set, const struct shot_options *options,
	char error[static SHOT_ERROR_SIZE]);

/* Whether it is the name of a series, with a number. */
bool shot_set_is_series(const char *path);
/* The name without that number: each file has numbers and dashes besides. NULL: out of memory. */
char *shot_set_series(const char *path);

/* Whether a file can have that name: 0, or -EINVAL with why in error. all: as in the options. */
int shot_set_check_path(const char *path, bool all, char error[static SHOT_ERROR_SIZE]);
